// StackEventTable: the stack events and stack knobs of a schedule, asked by the runtime at each
// site.
#pragma once

#include <array>

#include "schedule/key_table.h"
#include "schedule/schedule.h"

namespace concertina::fuzzers {

class StackEventTable final : public StackEvents {
 public:
  StackEventTable() = default;
  explicit StackEventTable(const Schedule& schedule) { reset(schedule); }

  /// Forgets all counts and takes the events of another schedule. Allocates nothing.
  void reset(const Schedule& schedule);

  const SiteSet& sites() const override { return sites_; }
  bool wants(Site site) const { return sites_.contains(site); }

  /// The first event of the schedule that is reached here; else a move if all prologues move.
  StackAction at(SpawnPath path, Site site) override;

  /// Is it one of the sites whose names end in "-prologue"?
  static bool is_prologue(Site site);

 private:
  bool move_everywhere_ = false;
  SiteSet sites_;
  std::array<StackAction, kStackEventsMax> actions_{};
  KeyTable keys_;
};

}  // namespace concertina::fuzzers
