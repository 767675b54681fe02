#include "verify/footprint.h"

#include "base/check.h"
#include "base/hash.h"
#include "base/sanitizer.h"
#include "platform/sim/world.h"
#include "trace/kinds.h"

namespace concertina::fuzzers {
namespace {

std::uint16_t slot_of(ObjectId object) {
  if (object < kObjectSlots) return static_cast<std::uint16_t>(object);
  switch (object) {
    case kObjectNames:
      return kNamesSlot;
    case kStackEvents:
      return kPlacesSlot;
    case kStepNumber:
      return kWindowSlot;
    case kClock:
      return kClockSlot;
    default:
      return kOtherSlot;
  }
}

std::uint16_t slot_of_channel(ChannelId c) {
  return c < kChannelSlots ? static_cast<std::uint16_t>(kFirstChannelSlot + c) : kOtherSlot;
}

std::uint16_t slot_of_goroutine(GoroutineId g) {
  return g < kGoroutineSlots ? static_cast<std::uint16_t>(kFirstGoroutineSlot + g) : kOtherSlot;
}

/// A goroutine's question or its answer; the effect on the channel is another event.
constexpr Kinds kAsking{EventKind::kOpSend,      EventKind::kOpReceive,    EventKind::kOpClose,
                        EventKind::kOpSelect,    EventKind::kOpSelectCase, EventKind::kDoneSend,
                        EventKind::kDoneReceive, EventKind::kDoneClose,    EventKind::kDoneSelect,
                        EventKind::kLenSeen,     EventKind::kCapSeen,      EventKind::kNotReady};

/// What becomes of spans, and what is cut from them: the oracle `heap` judges their order.
constexpr Kinds kSpans{EventKind::kSpanTaken, EventKind::kSpanFreed, EventKind::kCycleBegin,
                       EventKind::kCycleEnd, EventKind::kCacheFlushed};
constexpr Kinds kPieces{EventKind::kStackAllocated, EventKind::kStackFreed, EventKind::kObjectMade,
                        EventKind::kObjectFreed};

/// The goroutine that another one acts on; none for most events.
GoroutineId target_of(const Event& event) {
  if (event.kind == EventKind::kSpawned) return as<event::Spawned>(event).child;
  if (event.kind == EventKind::kReadied) return as<event::Readied>(event).target;
  return partner_of(event).goroutine;
}

/// The channel that the event is about. For a copy under channel locks their mode stands in for it,
/// as channel 1 or 2: coarser than need be, but safe, as such a copy conflicts with more for it.
ChannelId subject_of(const Event& event) {
  if (event.kind != EventKind::kCopyBegin) return channel_of(event);
  return static_cast<ChannelId>(as<event::CopyBegin>(event).locks);
}

}  // namespace

void Footprint::add(Access access) {
  COSTLY_CHECK(access.slot < kSlots, "an access is to a slot of the table");
  for (unsigned i = 0; i < size; ++i) {
    if (accesses[i].slot != access.slot) continue;
    if (accesses[i].mode != access.mode) accesses[i].mode = Mode::kWrite;
    return;
  }
  if (size == kAccessesMax) {
    touches_all = true;
    return;
  }
  accesses[size++] = access;
}

bool conflict(const Footprint& a, const Footprint& b) {
  if (a.touches_all || b.touches_all) return true;
  for (unsigned i = 0; i < a.size; ++i) {
    for (unsigned j = 0; j < b.size; ++j) {
      if (a.accesses[i].slot == b.accesses[j].slot &&
          !commute(a.accesses[i].mode, b.accesses[j].mode)) {
        return true;
      }
    }
  }
  return false;
}

void Following::begin() {
  pending_ = nullptr;
  threads_ = 0;
  is_open_ = false;
}

void Following::close() {
  if (!is_open_) return;
  is_open_ = false;
  COSTLY_CHECK(step_.size <= Footprint::kAccessesMax,
               "a footprint has as many accesses as it has room for");
  COSTLY_CHECK(!contains(step_.started, step_.thread), "a thread is started by another one");
  closed(step_);
}

void Following::finish(bool was_stopped) {
  step_.touches_all |= was_stopped;
  close();
}

// Called on a virtual thread, from within `pick`.
void Following::cut() {
  sanitizer::look_again();
  simulator::World::current().stop(Outcome::kBudget, "the explorer has been here before");
}

void Following::started(ThreadId thread) {
  CHECK(thread < kThreadsMax, "the simulator numbers its threads from 0");
  CHECK(!contains(threads_, thread), "a thread starts once in a run");
  threads_ |= ThreadMask{1} << thread;
  if (is_open_) step_.started |= ThreadMask{1} << thread;
}

ThreadId Following::pick(ThreadMask enabled, ThreadId current, const Pending* pending) {
  pending_ = pending;
  sanitizer::look_away();
  close();
  const ThreadId chosen = decide(enabled, current, pending);
  COSTLY_CHECK(contains(enabled, chosen), "an explorer decides for a thread that is enabled");
  sanitizer::look_again();
  return chosen;
}

void Following::executing(ThreadId thread, const Pending* pending) {
  pending_ = pending;
  sanitizer::look_away();
  close();
  const Pending& now = pending[thread];
  COSTLY_CHECK((threads_ & bit(thread)) != 0, "a thread that runs was started");
  static_cast<Step&>(step_) = step_of(thread, now);
  step_.touches_all = false;
  step_.started = 0;
  step_.draws = 0;
  step_.size = 0;
  is_open_ = true;
  opened(thread, now);
  const Mode mode = now.is_write ? Mode::kWrite : Mode::kRead;
  if (now.object != 0) step_.add({slot_of(now.object), mode});
  if (now.kind == OperationKind::kCopy) step_.add({kMemorySlot, Mode::kWrite});
  if (now.kind == OperationKind::kStart && now.is_write) step_.add({kThreadsSlot, Mode::kWrite});
  sanitizer::look_again();
}

std::uint32_t Following::choose(std::uint32_t n, Site site, SpawnPath) {
  sanitizer::look_away();
  const std::uint32_t drawn = draw(n, site);
  CHECK(drawn < n, "an explorer draws in range");
  sanitizer::look_again();
  if (draw_matters(n, site)) {
    step_.draws = hash_with(step_.draws, drawn + 1);
  }
  return drawn;
}

void Following::touched(ObjectId object, bool is_write) {
  if (is_open_) step_.add({slot_of(object), is_write ? Mode::kWrite : Mode::kRead});
}

void Following::recorded(const Event& event) {
  if (!is_open_) return;
  if (event.kind == EventKind::kLockAcquired || event.kind == EventKind::kLockReleased ||
      event.kind == EventKind::kMayLock || event.kind == EventKind::kStatusHeld) {
    return;
  }
  if (event.kind == EventKind::kLocalWritten || event.kind == EventKind::kLocalRead) {
    step_.add({kMemorySlot, Mode::kRead});
    return;
  }
  if (event.goroutine != kNoGoroutine)
    step_.add({slot_of_goroutine(event.goroutine), Mode::kWrite});
  if (const GoroutineId target = target_of(event); target != kNoGoroutine) {
    step_.add({slot_of_goroutine(target), Mode::kWrite});
  }
  const ChannelId channel = subject_of(event);
  const bool is_effect = channel != kNilChannel && !kAsking.has(event.kind);
  if (channel != kNilChannel) {
    step_.add({slot_of_channel(channel), is_effect ? Mode::kWrite : Mode::kRead});
  }
  const bool is_work = kReadByWork.has(event.kind);
  if (is_work) step_.add({kWorkSlot, Mode::kWrite});
  if (kSpans.has(event.kind)) step_.add({kHeapSlot, Mode::kWrite});
  if (kPieces.has(event.kind)) step_.add({kHeapSlot, Mode::kMark});
  if (is_work || is_effect) step_.add({kWindowSlot, Mode::kMark});
}

// A machine that looks for work passes over its own processor, so of two there is one other, and
// the draw of where to begin changes nothing (runtime/sched/find_runnable.cc).
bool draw_matters(std::uint32_t n, Site site) { return n > (site == Site::kStealOrder ? 2U : 1U); }

}  // namespace concertina::fuzzers
