#include "schedule/stack_event_table.h"

#include <string_view>

namespace concertina::fuzzers {
namespace {

constexpr std::array<bool, kSiteCount + 1> kIsPrologue = {
#define SITE(name, text) std::string_view(text).ends_with("-prologue"),
#include "base/check.h"
#include "base/site.def"
#undef SITE
};

// Every prologue, computed once.
const SiteSet& prologues() {
  static const SiteSet set = [] {
    SiteSet all;
    for (unsigned i = 0; i < kSiteCount; ++i) {
      if (kIsPrologue[i]) all.add(static_cast<Site>(i));
    }
    return all;
  }();
  return set;
}

}  // namespace

bool StackEventTable::is_prologue(Site site) { return kIsPrologue[static_cast<unsigned>(site)]; }

void StackEventTable::reset(const Schedule& schedule) {
  move_everywhere_ = schedule.move_at_every_prologue;
  sites_ = move_everywhere_ ? prologues() : SiteSet{};
  keys_.clear();
  unsigned size = 0;
  for (const StackEvent& event : schedule.stack_events) {
    if (size == kStackEventsMax) break;
    CHECK(event.key.site < Site::kCount, "a stack event names a site, or its bit is another's");
    CHECK(event.action != StackAction::kNone, "a stack event does something");
    actions_[size++] = event.action;
    keys_.add(event.key);
    if (event.key.site < Site::kCount) sites_.add(event.key.site);
  }
}

StackAction StackEventTable::at(SpawnPath path, Site site) {
  // A thread without a goroutine has no stack to act on; it must not use up an event of any path.
  if (path == kSchedulerPath || path == kScannerPath) return StackAction::kNone;
  const KeyMask reached = keys_.pass(path, site);
  if (reached != 0) {
    const auto first = static_cast<unsigned>(__builtin_ctz(reached));
    CHECK(first < kStackEventsMax, "a key that is reached is that of an event");
    return actions_[first];
  }
  return move_everywhere_ && is_prologue(site) ? StackAction::kMove : StackAction::kNone;
}

}  // namespace concertina::fuzzers
