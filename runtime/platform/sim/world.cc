#include "platform/sim/world.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/check.h"

namespace concertina::simulator {
namespace {

// "virtual thread 0", ..., made when this is compiled: they are looked at by ThreadSanitizer.
struct ThreadNames {
  static constexpr std::string_view kPrefix = "virtual thread ";
  char text[kThreadsMax][20] = {};

  UNCOUNTED consteval ThreadNames() {
    for (unsigned i = 0; i < kThreadsMax; ++i) {
      char* end = text[i];
      for (const char c : kPrefix) *end++ = c;
      if (i >= 100) *end++ = static_cast<char>('0' + i / 100);
      if (i >= 10) *end++ = static_cast<char>('0' + i / 10 % 10);
      *end = static_cast<char>('0' + i % 10);
    }
  }
};
constexpr ThreadNames kThreadNames;

constexpr unsigned bit_of(StackAction action) { return 1u << static_cast<unsigned>(action); }

}  // namespace

World::World()
    : own_events_(std::make_unique_for_overwrite<EventLog>()), events_(own_events_.get()) {}
World::~World() = default;

void World::tell_of_touch(ObjectId object, bool is_write) {
  config_.chooser->touched(object, is_write);
}

void World::reset(const Config& config) {
  CHECK(config.events_max <= EventLog::kMax, "the events of a run fit into its log");
  CHECK(config.log == nullptr || config.steps_max <= RunLog::kStepsMax,
        "the steps of a run fit into its log");
  config_ = config;
  accesses_are_watched = false;  // until the world stands
  arena_.reset();
  events_ = config.log != nullptr ? &config.log->events : own_events_.get();
  events_->count = 0;
  thread_count_ = 0;
  current_ = 0;
  enabled_ = 0;
  steps_ = decisions_ = 0;
  hash_ = 0x436f6e63657274ull;
  now_ns_ = 0;
  objects_ = 0;
  chooser_observes_ = config.chooser->observes();
  chooser_names_objects_ = config.chooser->names_objects();
  is_observed_ = config.log != nullptr || chooser_observes_;
  stack_event_sites_ = config.stack_events != nullptr ? config.stack_events->sites() : SiteSet{};
  scan_requests_head_ = scan_requests_tail_ = 0;
  scan_queue_ = ObjectState{++objects_, 0};  // nobody's: no thread has started
  if (config.log != nullptr) {
    config.log->clear();
    config.log->add_object(scan_queue_.id, kAnyPath);
  }
  outcome_ = Outcome::kExit;
  message_ = {};
  accesses_are_watched = config.chooser->watches();
}

Report World::run(const Config& config, void (*entry)(void*), void* argument) {
  CHECK(config.chooser != nullptr, "every run has a chooser");
  CHECK(entry != nullptr, "a run begins with something");
  World* const outer = in_progress_;
  CHECK(outer != this, "a world runs one run at a time");
  in_progress_ = this;
  reset(config);
  driver_.adopt_caller();
  start_thread(entry, argument, Site::kThreadStart);
  threads_[0].fiber.resume_from(driver_);
  // Somebody called stop. What the virtual threads did happens before whatever the caller does
  // next.
  for (unsigned i = 0; i < thread_count_; ++i) threads_[i].fiber.acquire_past();
  Report report;
  report.outcome = outcome_;
  report.message = message_;
  report.hash = hash_;
  report.steps = steps_;
  report.decisions = decisions_;
  fill_thread_reports(report);
  if (config_.log != nullptr) config_.log->decisions = decisions_;  // one may have had no step
  accesses_are_watched = outer != nullptr && outer->config_.chooser->watches();
  in_progress_ = outer;
  return report;
}

void World::fill_thread_reports(Report& report) const {
  if (outcome_ != Outcome::kHung && outcome_ != Outcome::kFatal) return;
  for (unsigned i = 0; i < thread_count_; ++i) {
    const Thread& thread = threads_[i];
    ThreadAtEnd entry{step_of(static_cast<ThreadId>(i), pending_[i])};
    entry.goroutine = thread.goroutine;
    entry.is_enabled = contains(enabled_, entry.thread);
    if (thread.wanted != nullptr) {
      entry.lock_holder =
          static_cast<int>(thread.wanted->holder.load(std::memory_order_relaxed)) - 1;
    }
    report.threads.push_back(entry);
  }
}

void World::stop(Outcome outcome, std::string_view message) {
  CHECK(in_progress_ == this && thread_count_ != 0, "a run is stopped by one of its threads");
  outcome_ = outcome;
  message_ = message;
  mix(static_cast<std::uint64_t>(outcome) + 1);
  driver_.resume_from(threads_[current_].fiber);
  std::abort();  // an abandoned thread is never resumed
}

void World::record(Event event) {
  static_assert(offsetof(Event, slot_a) == 8 && offsetof(Event, slot_b) == 12);
  COSTLY_CHECK(is_well_formed(event), event_name(event.kind));
  event.thread = current_;
  event.step = steps_;
  std::uint64_t halves[2];
  std::memcpy(halves, &event, sizeof(halves));
  mix(halves[0]);
  mix(halves[1]);
  const std::uint32_t count = events_->count;
  ASSERTION(if (count == config_.events_max) [[unlikely]] stop(Outcome::kBudget, "events per run"));
  if (accesses_are_watched) [[unlikely]]
    config_.chooser->recorded(event);
  events_->events.at[count] = event;
  std::atomic_signal_fence(std::memory_order_release);
  events_->count = count + 1;  // last: a reader after our death never sees half an event
}

// The path is kept up to date by set_goroutine.
void World::announce(Site site, OperationKind kind, bool is_write, ObjectId object) {
  Pending& pending = pending_[current_];
  pending.site = site;
  pending.kind = kind;
  pending.is_write = is_write;
  pending.is_spinning = kind == OperationKind::kSpin;
  pending.object = object;
}

void World::yield_point(Site site, OperationKind kind, bool is_write, ObjectId object) {
  announce(site, kind, is_write, object);
  reschedule();
}

void World::access(Site site, OperationKind kind, bool is_write, ObjectState& object) {
  announce(site, kind, is_write, object.id);
  reschedule();
  object.users |= bit(current_);
}

// Returns in the calling thread once it has been picked.
inline void World::reschedule() {
  const ThreadMask enabled = enabled_;
  ThreadId next;
  if (has_at_most_one(enabled)) {
    ASSERTION(if (is_empty(enabled))
                  [[unlikely]] stop(Outcome::kHung, "no virtual thread can take a step"));
    next = lowest(enabled);
  } else {
    ++decisions_;
    next = config_.chooser->pick(enabled, current_, pending_.data());
    COSTLY_CHECK(next < kThreadsMax && contains(enabled, next),
                 "a chooser picks an enabled thread");
  }
  if (next != current_) {
    const ThreadId self = current_;
    current_ = next;
    threads_[next].fiber.resume_from(threads_[self].fiber);
  }
  execute_step();
}

// The current thread is about to perform what it announced.
inline void World::execute_step() {
  ++steps_;
  ASSERTION(if (steps_ > config_.steps_max) [[unlikely]] stop(Outcome::kBudget, "steps per run"));
  const Pending& pending = pending_[current_];
  mix((static_cast<std::uint64_t>(pending.object) << 24) ^
      (static_cast<std::uint64_t>(pending.site) << 8) ^ current_);
  if (is_observed_) [[unlikely]] {
    if (config_.log != nullptr) log_step(*config_.log);
    if (chooser_observes_) config_.chooser->executing(current_, pending_.data());
  }
  if (stack_event_sites_.contains(pending.site)) meet_stack_event();
}

// Before the step takes effect: a thread that could run instead is still enabled. One that spins in
// vain is not (wait_for_change), so switching away from it is no preemption.
void World::log_step(RunLog& log) const {
  Step step = step_of(current_, pending_[current_]);
  step.goroutine = threads_[current_].goroutine;
  if (log.decisions != decisions_) {
    log.decisions = decisions_;
    step.is_decision = true;
    const ThreadId before = log.steps().back().thread;
    step.is_preemption = before != current_ && contains(enabled_, before);
  }
  log.add(step);
}

void World::meet_stack_event() {
  const Pending& pending = pending_[current_];
  touch(kStackEvents, true);
  apply(config_.stack_events->at(pending.path, pending.site), pending.path);
}

void World::apply(StackAction action, SpawnPath path) {
  switch (action) {
    case StackAction::kNone:
      return;
    case StackAction::kGrow:  // these take effect at the goroutine's next prologue
    case StackAction::kMove:
    case StackAction::kShrink:
    case StackAction::kPreempt:
    case StackAction::kAssist:
    case StackAction::kInterrupt:  // and this in user code
      threads_[current_].wishes |= bit_of(action);
      return;
    case StackAction::kScanShrink:
      post_scan_request({path, false});
      return;
    case StackAction::kScanMove:
      post_scan_request({path, true});
      return;
  }
}

StackAction World::prologue(Site site) {
  Thread& thread = threads_[current_];
  if (stack_event_sites_.contains(site)) {
    const SpawnPath path = pending_[current_].path;
    touch(kStackEvents, true);
    apply(config_.stack_events->at(path, site), path);
  }
  if (thread.wishes == 0) [[likely]]
    return StackAction::kNone;
  // One copy serves all wishes for one; other requests wait for the prologues after it.
  constexpr unsigned kCopies =
      bit_of(StackAction::kGrow) | bit_of(StackAction::kMove) | bit_of(StackAction::kShrink);
  for (const auto action : {StackAction::kGrow, StackAction::kMove, StackAction::kShrink}) {
    if ((thread.wishes & bit_of(action)) == 0) continue;
    thread.wishes &= ~kCopies;
    return action;
  }
  for (const auto action : {StackAction::kPreempt, StackAction::kAssist}) {
    if ((thread.wishes & bit_of(action)) == 0) continue;
    thread.wishes &= ~bit_of(action);
    return action;
  }
  return StackAction::kNone;
}

bool World::is_interrupted(Site site) {
  if (stack_event_sites_.contains(site)) {
    const SpawnPath path = pending_[current_].path;
    touch(kStackEvents, true);
    apply(config_.stack_events->at(path, site), path);
  }
  Thread& thread = threads_[current_];
  const bool is_wanted = (thread.wishes & bit_of(StackAction::kInterrupt)) != 0;
  thread.wishes &= ~bit_of(StackAction::kInterrupt);
  return is_wanted;
}

void World::before_lock(LockState& lock, Site site) {
  Thread& thread = threads_[current_];
  COSTLY_CHECK(thread.wanted == nullptr, "a thread waits for one lock at a time");
  thread.wanted = &lock;
  lock.waiting |= bit(current_);
  if (lock.holder.load(std::memory_order_relaxed) != 0) enabled_ &= ~bit(current_);
  yield_point(site, OperationKind::kLock, true, lock.id);
}

void World::after_lock(LockState& lock, LockRank rank) {
  COSTLY_CHECK(threads_[current_].wanted == &lock, "a thread takes the lock that it announced");
  COSTLY_CHECK(contains(enabled_, current_), "a thread that runs is enabled");
  threads_[current_].wanted = nullptr;
  lock.waiting &= ~bit(current_);
  enabled_ &= ~lock.waiting;  // the others' pending operation cannot take effect now
  took(lock.id, rank, lock.order);
}

void World::after_unlock(LockState& lock) {
  COSTLY_CHECK(lock.holder.load(std::memory_order_relaxed) == 0, "an unlocked lock has no holder");
  enabled_ |= lock.waiting;
  gave_back(lock.id, lock.rank);
}

void World::took(ObjectId lock, LockRank rank, std::uint32_t order) {
  Thread& thread = threads_[current_];
  ++thread.held;
  record(event::LockAcquired{
      .goroutine = thread.goroutine, .rank = rank, .lock = lock, .order = order});
}

void World::gave_back(ObjectId lock, LockRank rank) {
  Thread& thread = threads_[current_];
  CHECK(thread.held != 0, "a thread gives back what it took");
  --thread.held;
  record(event::LockReleased{.goroutine = thread.goroutine, .rank = rank, .lock = lock});
}

void World::may_take(ObjectId lock, LockRank rank, std::uint32_t order) {
  const Thread& thread = threads_[current_];
  if (thread.held == 0) return;
  record(event::MayLock{.goroutine = thread.goroutine, .rank = rank, .lock = lock, .order = order});
}

void World::changed(ObjectState& object) {
  touch(object.id, true);
  enabled_ |= object.waiting;
  object.waiting = 0;
  object.writer = current_ + 1u;
}

bool World::has_another_writer(ObjectId object) const {
  for (unsigned i = 0; i < thread_count_; ++i) {
    const Pending& pending = pending_[i];
    if (pending.object == object && pending.is_write && i != current_) return true;
  }
  return false;
}

bool World::wrote_last(const ObjectState& object) const { return object.writer == current_ + 1u; }

bool World::is_unshared(const ObjectState& object) const {
  if (!is_empty(object.users & ~bit(current_))) return false;
  for (unsigned i = 0; i < thread_count_; ++i) {
    if (pending_[i].object == object.id && i != current_) return false;
  }
  return true;
}

bool World::is_at_rest(const LockState& lock) const {
  for (unsigned i = 0; i < thread_count_; ++i) {
    if (i == current_) continue;
    const Pending& next = pending_[i];
    const bool has_begun = next.kind != OperationKind::kStart || next.is_write;
    const bool sleeps =
        next.kind == OperationKind::kSleep || next.kind == OperationKind::kScanRequest;
    if (has_begun && !sleeps && threads_[i].wanted != &lock) return false;
  }
  return lock.holder.load(std::memory_order_relaxed) == current_ + 1u;
}

void World::wait_for_change(ObjectState& object, Site site, OperationKind kind) {
  COSTLY_CHECK(!contains(object.waiting, current_), "a thread waits for one change at a time");
  ASSERTION(if (kind == OperationKind::kSleep && object.waiting != 0)
                [[unlikely]] stop(Outcome::kFatal, "note: it has a sleeper already"));
  object.waiting |= bit(current_);
  enabled_ &= ~bit(current_);
  yield_point(site, kind, false, object.id);
}

// A sleeper stays enabled: picking it is letting the time pass until its alarm.
void World::sleep_ns(std::uint64_t ns, Site site) {
  touch(kClock, false);
  threads_[current_].wake_ns = now_ns_ + ns;
  yield_point(site, OperationKind::kPause, false, 0);
  touch(kClock, true);
  if (now_ns_ < threads_[current_].wake_ns) now_ns_ = threads_[current_].wake_ns;
}

std::uint32_t World::choose(std::uint32_t n, Site site) {
  if (n <= 1) return 0;
  const std::uint32_t choice = config_.chooser->choose(n, site, pending_[current_].path);
  CHECK(choice < n, "a chooser draws in range");
  mix(choice);
  if (config_.log != nullptr) config_.log->add(Draw{steps_, choice});
  return choice;
}

void World::thread_main(void* argument) {
  World& world = *static_cast<World*>(argument);
  CHECK(world.current_ < world.thread_count_, "only a thread that was started runs");
  Thread& self = world.threads_[world.current_];
  world.execute_step();
  self.entry(self.argument);
  world.enabled_ &= ~bit(world.current_);
  world.announce(Site::kThreadStart, OperationKind::kSleep, false, 0);
  world.reschedule();
  std::abort();  // a thread that has ended is never enabled again
}

void World::start_thread(void (*entry)(void*), void* argument, Site site) {
  CHECK(entry != nullptr, "a thread has something to run");
  ASSERTION(if (thread_count_ == kThreadsMax) stop(Outcome::kBudget, "virtual threads per run"));
  if (thread_count_ != 0) yield_point(site, OperationKind::kStart, true, 0);
  const auto id = static_cast<ThreadId>(thread_count_++);
  Thread& thread = threads_[id];
  thread.entry = entry;
  thread.argument = argument;
  thread.wanted = nullptr;
  thread.held = 0;
  thread.goroutine = kNoGoroutine;
  thread.wishes = 0;
  thread.fiber.restart(&World::thread_main, this, kThreadNames.text[id]);
  pending_[id] = {Site::kThreadStart, OperationKind::kStart, false, false, 0, kSchedulerPath};
  enabled_ |= bit(id);
  config_.chooser->started(id);
}

void World::post_scan_request(const ScanRequest& request) {
  if (scan_requests_tail_ - scan_requests_head_ == kScanRequestsMax) return;  // it has work enough
  CHECK(scan_requests_tail_ - scan_requests_head_ < kScanRequestsMax, "the queue has room");
  scan_requests_[scan_requests_tail_++ % kScanRequestsMax] = request;
  changed(scan_queue_);
}

bool World::has_scan_request() const {
  touch(scan_queue_.id, false);
  return scan_requests_head_ != scan_requests_tail_;
}

ScanRequest World::await_scan_request(Site site) {
  if (scan_requests_head_ != scan_requests_tail_) {
    yield_point(site, OperationKind::kScanRequest, false, scan_queue_.id);
  }
  while (scan_requests_head_ == scan_requests_tail_) {  // another scanner may have been faster
    wait_for_change(scan_queue_, site, OperationKind::kScanRequest);
  }
  touch(scan_queue_.id, true);
  return scan_requests_[scan_requests_head_++ % kScanRequestsMax];
}

ObjectId World::new_object() {
  touch(kObjectNames, true);
  const ObjectId id = ++objects_;
  if (config_.log != nullptr) config_.log->add_object(id, pending_[current_].path);
  if (chooser_names_objects_) [[unlikely]]
    config_.chooser->made(id, pending_[current_].path);
  return id;
}
void* World::allocate(std::size_t bytes) { return arena_.allocate(bytes); }
std::uint32_t World::step() {
  touch(kStepNumber, false);
  return steps_;
}
std::uint64_t World::now_ns() {
  touch(kClock, false);
  return now_ns_;
}
ThreadId World::thread() const { return current_; }

void World::set_goroutine(GoroutineId id, SpawnPath path) {
  threads_[current_].goroutine = id;
  pending_[current_].path = path;
}

}  // namespace concertina::simulator
