// Deviating: another strategy, overruled where the schedule's deviations say so.
//
// A thread reaches a key when the operation of that site and path becomes its pending one. Threads
// reach one place at a time, between two calls of the simulator, so an arrival is seen at the next
// call: `pick` and `executing` first note which threads have arrived since.
#pragma once

#include <array>

#include "schedule/key_table.h"
#include "schedule/schedule.h"

namespace concertina::fuzzers {

class Deviating final : public Chooser {
 public:
  /// `strategy` decides whatever the deviations leave open; it must outlive the run.
  void reset(const Schedule& schedule, Chooser& strategy);

  void started(ThreadId thread) override;
  ThreadId pick(ThreadMask enabled, ThreadId current, const Pending* pending) override;
  void executing(ThreadId thread, const Pending* pending) override;
  std::uint32_t choose(std::uint32_t n, Site site, SpawnPath path) override;
  void made(ObjectId object, SpawnPath path) override { strategy_->made(object, path); }
  bool observes() const override { return wishes_any_ || strategy_->observes(); }
  bool names_objects() const override { return strategy_->names_objects(); }

 private:
  void note_arrivals(const Pending* pending);
  void count_down();
  ThreadMask preferred_among(ThreadMask enabled, const Pending* pending) const;

  Chooser* strategy_ = nullptr;
  bool wishes_any_ = false;  // holds or preferences
  ThreadMask arriving_ =
      0;  // moved on since the last call; their pending operation is not yet noted
  ThreadMask held_ = 0;
  ThreadMask preferred_ = 0;
  std::array<std::uint8_t, kThreadsMax> decisions_left_{};  // of the held and the preferred threads
  std::array<std::uint8_t, KeyTable::kKeysMax> hold_values_{};
  KeyMask preferences_ = 0;  // of the keys of `holds_`: those that prefer
  std::array<std::uint8_t, KeyTable::kKeysMax> choose_values_{};
  KeyTable holds_;  // and preferences
  KeyTable chooses_;
};

}  // namespace concertina::fuzzers
