// The part of the sim platform that touches the program's memory, and therefore is compiled with
// ThreadSanitizer's instrumentation (world.cc and fiber.cc are not).
#include "platform.h"

#include <cstring>
#include <new>

#include "platform/fatal.h"

namespace concertina::inline sim::platform {
namespace {

// Carries "what the starter did happens before the started thread's first step".
struct StartCell {
  std::atomic<bool> go{false};
  void (*entry)(void*) = nullptr;
  void* argument = nullptr;
};

bool are_apart(const void* one, const void* other, std::size_t bytes) {
  const auto a = reinterpret_cast<std::uintptr_t>(one);
  const auto b = reinterpret_cast<std::uintptr_t>(other);
  return (a < b ? b - a : a - b) >= bytes;
}

void start_cell_main(void* cell) {
  auto& start = *static_cast<StartCell*>(cell);
  require(start.go.load(std::memory_order_acquire), "start_thread",
          "a thread runs before its starter let it");
  start.entry(start.argument);
}

}  // namespace

void rule_broken(std::string_view operation, std::string_view rule) { fatal(operation, rule); }

void Mutex::taken_twice() const { lock_taken_twice(state_.rank, state_.order); }
void Mutex::taken_from_another() {
  rule_broken("lock order", "it was taken while another thread held it");
}
void Mutex::unlocked_for_another() {
  rule_broken("lock order", "a thread unlocks what it does not hold");
}

void* allocate(std::size_t bytes) {
  void* const memory = World::current().allocate(bytes);
  ASSERTION(if (memory == nullptr) stop(Outcome::kBudget, "arena bytes per run"));
  return memory;
}

void start_thread(void (*entry)(void*), void* argument, Site site) {
  require(entry != nullptr, "start_thread", "a thread has nothing to run");
  auto* const start = new (allocate(sizeof(StartCell))) StartCell;
  start->entry = entry;
  start->argument = argument;
  start->go.store(true, std::memory_order_release);
  World::current().start_thread(&start_cell_main, start, site);
}

simulator::Report run(World& world, const simulator::Config& config, void (*entry)(void*),
                      void* argument) {
  StartCell start;
  start.entry = entry;
  start.argument = argument;
  start.go.store(true, std::memory_order_release);
  return world.run(config, &start_cell_main, &start);
}

void fill(void* memory, std::size_t bytes, unsigned char value) {
  simulator::fill_unseen(memory, bytes, value);
}

bool is_filled(const void* memory, std::size_t bytes, unsigned char value) {
  return simulator::is_filled_unseen(memory, bytes, value);
}

void copy(void* to, const void* from, std::size_t bytes, Site site, ObjectId object) {
  require(bytes == 0 || (to != nullptr && from != nullptr), "copy", "from nowhere, or to there");
  require(are_apart(to, from, bytes), "copy", "the ranges overlap");
  auto* const target = static_cast<std::byte*>(to);
  auto* const source = static_cast<const std::byte*>(from);
  std::size_t done = 0;
  if (bytes > kCopyAtomicBytes) {
    World::current().yield_point(site, OperationKind::kCopy, true, object);
    done = bytes / 2 & ~std::size_t{7};
    std::memcpy(target, source, done);
  }
  World::current().yield_point(site, OperationKind::kCopy, true, object);
  if (bytes > done) std::memcpy(target + done, source + done, bytes - done);
}

void clear(void* to, std::size_t bytes, Site site, ObjectId object) {
  require(bytes == 0 || to != nullptr, "clear", "nowhere");
  auto* const target = static_cast<std::byte*>(to);
  std::size_t done = 0;
  if (bytes > kCopyAtomicBytes) {
    World::current().yield_point(site, OperationKind::kCopy, true, object);
    done = bytes / 2 & ~std::size_t{7};
    std::memset(target, 0, done);
  }
  World::current().yield_point(site, OperationKind::kCopy, true, object);
  if (bytes > done) std::memset(target + done, 0, bytes - done);
}

}  // namespace concertina::inline sim::platform
