#include "platform/threads/run.h"

#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "base/hash.h"

namespace concertina::threaded {
namespace {

constexpr std::uint64_t kWakePauseNs = 1'000'000;
constexpr unsigned kRelaxRounds = 64;
constexpr unsigned kYieldRounds = 16;
constexpr std::uint64_t kNapMinNs = 20'000;
constexpr std::uint64_t kNapMaxNs = 1'000'000;

}  // namespace

thread_local constinit Thread* current_thread = nullptr;

// --- Thread ---

void Thread::leave() {
  CHECK(current_thread == this, "a thread leaves its own stack, and nobody else's");
  longjmp(exit, 1);
}

void Thread::sleep_on(const FutexWord& word, std::uint32_t value, std::uint64_t timeout_ns) {
  CHECK(sleeps_on.load(std::memory_order_relaxed) == nullptr, "a thread sleeps on one word");
  sleeps_on.store(&word, std::memory_order_seq_cst);            // T1
  if (!run->is_stopped()) futex_wait(word, value, timeout_ns);  // T2, T3
  sleeps_on.store(nullptr, std::memory_order_relaxed);
}

void Thread::wait_while(const FutexWord& word, std::uint32_t value, std::uint64_t timeout_ns) {
  sleep_on(word, value, timeout_ns);
  if (run->is_stopped()) leave();
}

void Thread::sleep_ns(std::uint64_t ns) {
  const std::uint64_t begin = monotonic_ns();
  for (std::uint64_t passed = 0; passed < ns; passed = monotonic_ns() - begin) {
    wait_while(nap, 0, ns - passed);
  }
}

std::uint32_t Thread::draw(std::uint32_t n) {  // xorshift64*
  CHECK(random != 0, "xorshift does not leave 0");
  random ^= random >> 12;
  random ^= random << 25;
  random ^= random >> 27;
  const std::uint64_t high = (random * 0x2545F4914F6CDD1Dull) >> 32;
  return static_cast<std::uint32_t>(high * n >> 32);
}

StackAction Thread::draw_stack_action() {
  const Config& config = run->config();
  if (config.grow_one_in != 0 && draw(config.grow_one_in) == 0) return StackAction::kGrow;
  if (config.move_one_in != 0 && draw(config.move_one_in) == 0) return StackAction::kMove;
  if (config.shrink_one_in != 0 && draw(config.shrink_one_in) == 0) return StackAction::kShrink;
  if (config.preempt_one_in != 0 && draw(config.preempt_one_in) == 0) return StackAction::kPreempt;
  if (config.assist_one_in != 0 && draw(config.assist_one_in) == 0) return StackAction::kAssist;
  return StackAction::kNone;
}

void Backoff::pause() {
  if (!wait()) thread_.leave();
}

bool Backoff::wait() {
  if (thread_.run->is_stopped()) return false;
  const unsigned round = round_++;
  if (round < kRelaxRounds) {
    relax();
  } else if (round < kRelaxRounds + kYieldRounds) {
    sched_yield();
  } else {
    const unsigned doublings = std::min(round - kRelaxRounds - kYieldRounds, 6u);
    thread_.sleep_on(thread_.nap, 0, std::min(kNapMinNs << doublings, kNapMaxNs));
  }
  return !thread_.run->is_stopped();
}

// --- Run ---

// calloc: pages that no event reaches cost nothing.
Run::Run(const Config& config) : config_(config) {
  if ((config_.move_one_in | config_.grow_one_in | config_.shrink_one_in | config_.preempt_one_in |
       config_.assist_one_in | config_.interrupt_one_in) != 0) {
    call_attention(kAttendPrologue);
  }
  if (!records()) return;
  call_attention(kAttendRecords);
  events_ = static_cast<Event*>(std::calloc(config_.events_max, sizeof(Event)));
  if (events_ == nullptr) throw std::bad_alloc();
}

Run::~Run() {
  static_assert(std::is_trivially_destructible_v<Event>);
  std::free(events_);
  for (Block* block = blocks_.load(std::memory_order_relaxed); block != nullptr;) {
    Block* const next = block->next;
    std::free(block);
    block = next;
  }
}

Report Run::run(void (*entry)(void*), void* argument) {
  create_thread(entry, argument);
  await_end();
  collect_threads();
  // Joined: whatever the threads did happens before this.
  const std::uint32_t count =
      std::min(event_count_.load(std::memory_order_relaxed), config_.events_max);
  return Report{outcome_, std::move(message_), std::vector<Event>(events_, events_ + count)};
}

void Run::await_end() {
  const std::uint64_t begin = monotonic_ns();
  for (;;) {
    const std::uint32_t state = state_.load(std::memory_order_acquire);
    if (state == kStopped) return;
    std::uint64_t left = kForEver;
    if (config_.limit_ns != 0) {
      const std::uint64_t passed = monotonic_ns() - begin;
      if (passed >= config_.limit_ns && announce_end(Outcome::kHung, "time limit of the run")) {
        return;
      }
      left = passed < config_.limit_ns ? config_.limit_ns - passed : kWakePauseNs;
    }
    futex_wait(state_, state, left);
  }
}

// D2 and D3, then the joins.
void Run::collect_threads() {
  while (const std::uint32_t alive = alive_.load(std::memory_order_acquire)) {
    const unsigned count = std::min(thread_count_.load(std::memory_order_acquire), kThreadsMax);
    for (unsigned i = 0; i < count; ++i) {
      const FutexWord* const word = threads_[i].sleeps_on.load(std::memory_order_seq_cst);
      if (word != nullptr) futex_wake(*word, kAllSleepers);
    }
    futex_wait(alive_, alive, kWakePauseNs);
  }
  // A starter counts as alive until it has noted whether its thread was created.
  const unsigned count = std::min(thread_count_.load(std::memory_order_acquire), kThreadsMax);
  for (unsigned i = 0; i < count; ++i) {
    if (threads_[i].was_created) pthread_join(threads_[i].handle, nullptr);
  }
}

void Run::call_attention(std::uint32_t bit) {
  for (Thread& thread : threads_) thread.attention.fetch_or(bit, std::memory_order_relaxed);
}

void Run::release_attention(std::uint32_t bit) {
  for (Thread& thread : threads_) thread.attention.fetch_and(~bit, std::memory_order_release);
}

void Run::begin_freezing() {
  const std::lock_guard lock(freezers_lock_);
  if (freezers_++ == 0) call_attention(kAttendFreezing);
}

void Run::end_freezing() {
  const std::lock_guard lock(freezers_lock_);
  CHECK(freezers_ != 0, "who ends freezing has begun it");
  if (--freezers_ == 0) release_attention(kAttendFreezing);
}

// True for the first.
bool Run::announce_end(Outcome outcome, std::string_view message) {
  std::uint32_t expected = kRunning;
  if (!state_.compare_exchange_strong(expected, kStopping, std::memory_order_seq_cst)) return false;
  call_attention(kAttendStop);
  CHECK(outcome != Outcome::kFatal || !message.empty(), "what broke is said");
  outcome_ = outcome;
  message_ = message;
  state_.store(kStopped, std::memory_order_release);  // pairs with the acquire in await_end
  futex_wake(state_, kAllSleepers);
  return true;
}

void Run::stop(Outcome outcome, std::string_view message) {
  announce_end(outcome, message);
  current_thread->leave();
}

void Run::start_thread(void (*entry)(void*), void* argument) { create_thread(entry, argument); }

void Run::create_thread(void (*entry)(void*), void* argument) {
  const unsigned index = thread_count_.fetch_add(1, std::memory_order_acq_rel);
  if (index >= kThreadsMax) stop(Outcome::kBudget, "threads per run");
  Thread& thread = threads_[index];
  thread.run = this;
  thread.id = static_cast<ThreadId>(index);
  thread.random = scatter((config_.seed ^ scatter(index + kGoldenRatio)) + kGoldenRatio) | 1;
  thread.entry = entry;
  thread.argument = argument;
  alive_.fetch_add(1, std::memory_order_relaxed);
  woke();
  if (pthread_create(&thread.handle, nullptr, &thread_main, &thread) == 0) {
    thread.was_created = true;
    return;
  }
  alive_.fetch_sub(1, std::memory_order_relaxed);
  // Counted awake for ever: the run ends otherwise.
  if (current_thread != nullptr) stop(Outcome::kBudget, "threads of the operating system");
  announce_end(Outcome::kBudget, "threads of the operating system");
}

void* Run::thread_main(void* argument) {
  Thread& thread = *static_cast<Thread*>(argument);
  Run& run = *thread.run;
  CHECK(current_thread == nullptr, "a thread belongs to one run");
  current_thread = &thread;
  if (setjmp(thread.exit) == 0) thread.entry(thread.argument);
  current_thread = nullptr;
  run.falls_asleep();
  // Release: the driver, which reads 0, sees what this thread noted about those that it started.
  if (run.alive_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    futex_wake(run.alive_, kAllSleepers);
  }
  return nullptr;
}

void Run::falls_asleep() {
  const std::uint32_t before = awake_.fetch_sub(1, std::memory_order_relaxed);
  // A sleeper that leaves a run which is over was taken off already.
  CHECK(before != 0 || is_stopped(), "a thread that falls asleep was counted as awake");
  if (before != 1) return;
  announce_end(Outcome::kHung, "no thread can take a step");
}

void* Run::allocate(std::size_t bytes) {
  if (bytes > SIZE_MAX - sizeof(Block)) return nullptr;
  void* const memory = std::calloc(1, sizeof(Block) + bytes);
  if (memory == nullptr) return nullptr;
  auto* const block = static_cast<Block*>(memory);
  // Relaxed: the list is not followed before all threads have been joined, and an edge between any
  // two threads that allocate would hide races.
  block->next = blocks_.load(std::memory_order_relaxed);
  while (!blocks_.compare_exchange_weak(block->next, block, std::memory_order_relaxed)) continue;
  return block + 1;
}

void Run::record(Event event) {
  if (config_.observer != nullptr) config_.observer->seen(event, current_thread->id);
  if (config_.events_max == 0) return;
  // Relaxed: of two events of which one happens before the other, that one has the lower number
  // (coherence); and an edge between any two threads that record would hide races.
  const std::uint32_t index = event_count_.fetch_add(1, std::memory_order_relaxed);
  if (index >= config_.events_max) [[unlikely]]
    stop(Outcome::kBudget, "events per run");
  event.thread = current_thread->id;
  event.step = index;
  new (&events_[index]) Event(event);
}

}  // namespace concertina::threaded
