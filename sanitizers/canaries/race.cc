// Planted races for ThreadSanitizer: two virtual threads, one OS thread, an element that both touch
// through the platform's copy primitive. The twins order the two accesses and must be silent.
#include <array>
#include <cstdint>
#include <new>
#include <vector>

#include "canary.h"

namespace concertina::canaries {
namespace {

constexpr std::size_t kElementBytesMax = 4096;

enum class Order {
  kNone,    // the race
  kAtomic,  // release store, acquire spin
  kMutex,   // both under one lock
};

struct Shared {
  std::size_t element_bytes = 0;
  Order order = Order::kNone;
  platform::Atomic<std::uint32_t> written{0};
  platform::Atomic<std::uint32_t> read{0};
  platform::Mutex mutex{LockRank::kChannel};
  std::array<std::uint8_t, kElementBytesMax> element{};
};

// Not inline: a copy to a local that nobody reads would be optimised away.
[[gnu::noinline]] void access(Shared& shared, void* to, const void* from) {
  if (shared.order == Order::kMutex) shared.mutex.lock(Site::kTest);
  platform::copy(to, from, shared.element_bytes, Site::kTest);
  if (shared.order == Order::kMutex) shared.mutex.unlock(Site::kTest);
}

void reader(void* argument) {
  auto& shared = *static_cast<Shared*>(argument);
  std::array<std::uint8_t, kElementBytesMax> mine{};
  if (shared.order == Order::kAtomic) {
    platform::spin_until(
        shared.written, [](std::uint32_t value) { return value != 0; }, Site::kTest);
  }
  access(shared, mine.data(), shared.element.data());
  shared.read.store(1, Site::kTest);
}

void writer(std::size_t element_bytes, Order order) {
  auto* const shared = new (platform::allocate(sizeof(Shared))) Shared;
  shared->element_bytes = element_bytes;
  shared->order = order;
  platform::start_thread(&reader, shared, Site::kTest);
  std::array<std::uint8_t, kElementBytesMax> mine{};
  mine.fill(7);
  access(*shared, shared->element.data(), mine.data());
  shared->written.store(1, Site::kTest);
  platform::spin_until(shared->read, [](std::uint32_t value) { return value != 0; }, Site::kTest);
}

// Both threads announce events and take steps while neither orders the other: nothing of the
// simulator's own bookkeeping may look like a race.
constexpr unsigned kAnnouncements = 100;

void announce(void* done) {
  for (unsigned i = 0; i < kAnnouncements; ++i) {
    platform::record(event::LenSeen{.length = i});
    (void)platform::choose(3, Site::kTest);
    (void)platform::prologue(Site::kTest);
    (void)platform::allocate(16);
    const platform::Atomic<std::uint32_t> object(i);
    if (object.load(Site::kTest) != i) return;
    platform::sleep_ns(1, Site::kTest);
  }
  static_cast<platform::Atomic<std::uint32_t>*>(done)->store(1, Site::kTest);
}

void announce_on_two_threads() {
  auto* const done = new (platform::allocate(sizeof(platform::Atomic<std::uint32_t>)))
      platform::Atomic<std::uint32_t>(0);
  platform::start_thread(&announce, done, Site::kTest);
  platform::Atomic<std::uint32_t> mine(0);
  announce(&mine);
  platform::spin_until(*done, [](std::uint32_t value) { return value != 0; }, Site::kTest);
}

constexpr Canary kCanaries[] = {
    {"race-1", [](void*) { writer(1, Order::kNone); }},
    {"race-8", [](void*) { writer(8, Order::kNone); }},
    {"race-4096", [](void*) { writer(4096, Order::kNone); }},
    {"race-1-twin", [](void*) { writer(1, Order::kAtomic); }},
    {"race-8-twin", [](void*) { writer(8, Order::kAtomic); }},
    {"race-4096-twin", [](void*) { writer(4096, Order::kAtomic); }},
    {"race-1-locked-twin", [](void*) { writer(1, Order::kMutex); }},
    {"race-4096-locked-twin", [](void*) { writer(4096, Order::kMutex); }},
    {"bookkeeping-twin", [](void*) { announce_on_two_threads(); }},
};

}  // namespace

std::span<const Canary> race_canaries() { return kCanaries; }

}  // namespace concertina::canaries

// The simulator keeps its events in such a vector and is compiled without instrumentation. This
// instrumented copy of the same functions must not take the place of its own at link time.
template class std::vector<concertina::Event>;
