// Priorities: one random priority for each pending operation, as in POS (pos.h), for the strategies
// that are built on it.
//
// What threads have pending is kept here once more, in the form in which it is asked about at every
// step: a thread's pending operation changes only when the thread moves, so each step has one to
// note and need not look at all of them.
//
//   1  started, executed   the thread moves: what it comes to is not known yet
//   2  catch_up            all that moved are at their next operations: these are noted
//   3  highest, before...  answers about what was noted
//
// Every thread that is asked about was `started`.
#pragma once

#include <array>

#include "base/check.h"
#include "schedule/conflict.h"
#include "schedule/random.h"
#include "schedule/simd.h"

namespace concertina::fuzzers {

class Priorities {
 public:
  void reset(std::uint64_t seed) {
    random_ = Random(seed);
    threads_ = moved_count_ = 0;
    all_ = starting_ = waiting_ = ThreadMask{};
  }

  void started(ThreadId thread) {
    CHECK(thread < kThreadsMax, "the simulator numbers its threads from 0");
    CHECK(!contains(all_, thread), "a thread starts once in a run");
    CHECK(moved_count_ < kThreadsMax, "a thread moves once between two looks");
    if (thread >= threads_) threads_ = thread + 1U;
    all_ |= bit(thread);
    waits_[thread] = shifts_[thread] = 0;
    drawn_[thread] = draw();
    moved_[moved_count_++] = thread;
  }

  /// False when catch_up would have nothing to do: in `executing`, after a `pick`.
  bool have_moved() const { return moved_count_ != 0; }
  /// First thing in `pick` and in `executing`. `note(thread, operation)` is called for each thread
  /// that has moved.
  template <class Note>
  void catch_up(const Pending* pending, Note note) {
    for (unsigned i = 0; i < moved_count_; ++i) {
      const ThreadId thread = moved_[i];
      arrive(thread, pending[thread]);
      note(thread, pending[thread]);
    }
    moved_count_ = 0;
  }
  void catch_up(const Pending* pending) {
    if (have_moved()) catch_up(pending, [](ThreadId, const Pending&) {});
  }

  /// The thread is about to perform its pending operation: the next one is another, and so is the
  /// race of those that conflict with it.
  void executed(ThreadId thread, const Pending& done) {
    COSTLY_CHECK(moved_count_ < kThreadsMax, "a thread moves once between two looks");
    drawn_[thread] = draw();
    if (only_waits(done)) {
      if (waits_[thread] < kWaitsMax) ++waits_[thread];
    } else if (done.is_write) {
      waits_[thread] = 0;
    }
    moved_[moved_count_++] = thread;
    if (done.object == 0) return;
    const ThreadMask rivals = done.is_write ? on_object(done.object) : writing(done.object);
    for (const ThreadId rival : members(rivals & ~bit(thread))) set_priority(rival, draw());
  }

  ThreadId highest(ThreadMask of) const {
    const ThreadMask starting = of & starting_;
    COSTLY_CHECK(moved_count_ == 0, "priorities are those of operations that were all noted");
    if (!is_empty(starting)) return lowest(starting);
    const auto best = static_cast<ThreadId>(kNameBits & ~priorities_.highest(of, threads_));
    COSTLY_CHECK(contains(of, best), "the highest priority names one of the threads asked about");
    return best;
  }
  /// Those of them that go before the thread, which is not starting.
  ThreadMask before(ThreadId thread, ThreadMask of) const {
    COSTLY_CHECK(contains(all_, thread),
                 "priorities are compared with that of a thread that was started");
    return priorities_.higher_than(priorities_[thread], of, threads_);
  }

  /// Threads whose pending operation is on the object; on the thread's; that only wait.
  ThreadMask on_object(ObjectId object) const {
    return accesses_.equal_to(access_of(object, true), all_, threads_, kWriteBit);
  }
  ThreadMask on_object_of(ThreadId thread) const {
    return accesses_.equal_to(accesses_[thread], all_, threads_, kWriteBit);
  }
  ThreadMask waiting() const { return waiting_; }
  unsigned threads() const { return threads_; }
  ThreadMask all() const { return all_; }

  Random& random() { return random_; }

 private:
  // A priority's lowest bits name its thread, so that all differ and the highest says whose it is.
  static constexpr std::int32_t kNameBits = 127;
  static_assert(kThreadsMax <= kNameBits + 1);
  static constexpr unsigned kDrawnBits = 30;
  /// Of a thread start, hardly ever drawn: it conflicts with nothing, so running it first loses no
  /// order of what does, and the thread's first real operation takes part in the race.
  static constexpr std::uint32_t kFirst = Lanes::kHighestMax;
  /// Of the 23 bits that are drawn and kept, four are left to the threads that have spun longest:
  /// with none, the lowest of them would spin for ever.
  static constexpr std::uint8_t kWaitsMax = 18;

  std::uint32_t draw() { return static_cast<std::uint32_t>(random_.next() >> (64 - kDrawnBits)); }

  static constexpr std::int32_t kWriteBit = 1;
  static std::int32_t access_of(ObjectId object, bool is_write) {
    return static_cast<std::int32_t>(object << 1 | (is_write ? 1U : 0U));
  }

  ThreadMask writing(ObjectId object) const {
    return accesses_.equal_to(access_of(object, true), all_, threads_);
  }

  void arrive(ThreadId thread, const Pending& operation) {
    accesses_[thread] = access_of(operation.object, operation.is_write);
    const bool waits = only_waits(operation);
    if (waits || shifts_[thread] != 0) {
      put(waiting_, thread, waits);
      shifts_[thread] = waits ? static_cast<std::uint8_t>(1 + waits_[thread]) : std::uint8_t{0};
    }
    const bool starts = operation.kind == OperationKind::kStart;
    if (starts || contains(starting_, thread)) put(starting_, thread, starts);
    set_priority(thread, starts ? kFirst : drawn_[thread]);
  }

  /// One that spins is in the lower half of the range, then in the lower quarter, and so on until
  /// its thread writes something: a few threads that spin would else outrun for very long one whose
  /// draw was low.
  void set_priority(ThreadId thread, std::uint32_t drawn) {
    priorities_[thread] = static_cast<std::int32_t>(drawn >> shifts_[thread] | kNameBits) -
                          static_cast<std::int32_t>(thread);
  }

  Random random_;
  unsigned threads_ = 0;
  unsigned moved_count_ = 0;
  std::array<ThreadId, kThreadsMax> moved_{};  // since catch_up
  ThreadMask all_{};
  ThreadMask starting_{};  // their pending operation is a thread start
  ThreadMask waiting_{};   // only_waits
  Lanes priorities_;
  Lanes accesses_;  // of the pending operation: the object, twice, and kWriteBit
  std::array<std::uint32_t, kThreadsMax> drawn_{};  // for the next operation of those that moved
  std::array<std::uint8_t, kThreadsMax> shifts_{};  // of the priority: of those that wait
  std::array<std::uint8_t, kThreadsMax> waits_{};   // in a row
};

}  // namespace concertina::fuzzers
