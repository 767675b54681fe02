#include "stack/requests.h"

#include "base/limits.h"
#include "stack/stack.h"

namespace concertina::inline CONCERTINA_PLATFORM {
namespace {

void announce_asked(const Goroutine& g, std::uint32_t bits) {
  // Those that were answered before A2 are asked no more.
  bits &= g.preempt.inspect();
  platform::record(event::Asked{.goroutine = g.id, .bits = static_cast<std::uint16_t>(bits)});
}

void notify(Goroutine& g) { g.stack_guard.store(kStackPreempt, Site::kStackGuard); }

}  // namespace

void ask(Goroutine& g, std::uint32_t bits, Site site) {
  require(bits != 0 && (bits & ~kPreemptAll) == 0, "request", "for nothing that there is");
  std::uint32_t seen = g.preempt.poll();
  while (!g.preempt.compare_exchange(seen, seen | bits, site)) {  // A1
  }
  notify(g);  // A2
  announce_asked(g, bits);
}

void publish_guard(Goroutine& g) {
  const std::uintptr_t old =
      g.stack_guard.exchange(g.stack.lo + kStackGuard, Site::kStackGuard);  // O1
  const std::uint32_t asked = g.preempt.load(Site::kPreemptLook);           // O2
  if (asked == 0) return;
  // Nobody but the stack's owner clears bits, so the notice does not come too late.
  notify(g);
  if (old == kStackPreempt) {
    platform::record(
        event::AskedAgain{.goroutine = g.id, .bits = static_cast<std::uint16_t>(asked)});
  }
}

std::uint32_t take_requests(Goroutine& g, std::uint32_t bits) {
  std::uint32_t seen = g.preempt.poll();
  while (!g.preempt.compare_exchange(seen, seen & ~bits, Site::kPreemptPoll)) {
  }
  publish_guard(g);
  const std::uint32_t taken = seen & bits;
  if (taken != 0) {
    platform::record(event::Answered{.goroutine = g.id, .bits = static_cast<std::uint16_t>(taken)});
  }
  return taken;
}

void put_off_requests(Goroutine& g) {
  g.stack_guard.exchange(g.stack.lo + kStackGuard, Site::kStackGuard);
}

void recall_requests(Goroutine& g) {
  if (must_stop(g)) return;
  const std::uint32_t asked = g.preempt.inspect();
  notify(g);
  platform::record(event::AskedAgain{
      .goroutine = g.id, .was_put_off = true, .bits = static_cast<std::uint16_t>(asked)});
}

void forget_requests(Goroutine& g) {
  std::uint32_t seen = g.preempt.poll();
  while (!g.preempt.compare_exchange(seen, seen & kPreemptAssist, Site::kScanPreemptStore)) {
  }
  if ((seen & ~kPreemptAssist) != 0) publish_guard(g);
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
