// Four work-stealing queues (CHESS's WorkStealQueue family; SCTBench: Chess.*). The owner pushes
// and pops four items at the tail, a thief tries twice to steal at the head, and each item must be
// processed once. The protocol is that of Cilk (Frigo, Leiserson and Randall, PLDI 1998): each side
// first publishes its claim, then looks at the other's, and gives way under the thieves' lock.
//
//   owner's pop                          thief's steal, under the lock
//   O1  tail -= 1                        T1  head += 1
//   O2  head > tail: put it back,        T2  head > tail: put it back, nothing to steal
//       and once more under the lock
//   O3  take the item at tail            T3  take the item before head
//
// A push must not fill the ring's last slot: a thief between T1 and T3 has claimed an item that it
// has not read yet. When only one slot is left, push makes room under the lock.
//
// The family by what an access is and by the defect:
//                      plain loads and stores      interlocked operations
//   fills the ring     work_steal_queue            interlocked_work_steal_queue
//   shares its log     state_work_steal_queue      interlocked_work_steal_queue_with_state
//
// Those named "state" note each operation for a checker, in a vector that both sides append to
// without a lock: a side that still has the old storage when the other has made it larger writes to
// freed memory.
#include "stress/lab/yardstick/programs/programs.h"

namespace concertina::yardstick {
namespace {

// Plain variables and a mutex.
struct Plain {
  using Guard = Lock;
  static int read(Shared<int>& word, Site at) { return word.load(at); }
  static void write(Shared<int>& word, int value, Site at) { word.store(value, at); }
};

// Every access is an atomic update, and so is the lock: the thread that changes it from 0 to 1 has
// it.
struct Interlocked {
  class Guard {
   public:
    void lock(Site at) {
      while (word_.exchange(1, at) != 0) {
        platform::spin_until(word_, [](int word) { return word == 0; }, HERE);
      }
    }
    void unlock(Site at) { word_.exchange(0, at); }

   private:
    Shared<int> word_{0};
  };
  static int read(Shared<int>& word, Site at) { return word.fetch_add(0, at); }
  static void write(Shared<int>& word, int value, Site at) { word.exchange(value, at); }
};

enum class Defect { kFillsTheRing, kSharesItsLog };

template <class Access, Defect kDefect>
class WorkSteal : public Crew<WorkSteal<Access, kDefect>> {
 public:
  void main() {
    this->template start<&WorkSteal::own>();
    this->template start<&WorkSteal::steal_some>();
  }

  void end() {
    for (int i = 0; i < kItems; ++i) {
      expect(processed_[i].poll() == 1, "work_steal_queue: an item not processed once");
    }
  }

 private:
  static constexpr int kItems = 4, kAttempts = 2, kNone = -1;
  static constexpr int kSlotsFirst = 2, kSlotsMax = 8;
  bool has(Defect defect) const { return kDefect == defect && !this->is_fixed(); }

  void own() {
    for (int i = 0; i < kItems; i += 2) {
      push(i);
      push(i + 1);
      process(pop());
    }
    for (int i = 0; i < kItems / 2; ++i) process(pop());
  }
  void steal_some() {
    for (int i = 0; i < kAttempts; ++i) process(steal());
  }
  void process(int item) {
    if (item == kNone) return;
    processed_[item].store(processed_[item].load(HERE) + 1, HERE);
  }

  int steal() {
    note();
    guard_.lock(HERE);
    const int head = Access::read(head_, HERE);
    int item = kNone;
    Access::write(head_, head + 1, HERE);
    if (head < Access::read(tail_, HERE)) {
      item = slot(head).load(HERE);
    } else {
      Access::write(head_, head, HERE);
    }
    guard_.unlock(HERE);
    return item;
  }

  int pop() {
    note();
    const int tail = Access::read(tail_, HERE) - 1;
    Access::write(tail_, tail, HERE);
    if (Access::read(head_, HERE) <= tail) return slot(tail).load(HERE);
    Access::write(tail_, tail + 1, HERE);
    return pop_alone();
  }
  int pop_alone() {
    guard_.lock(HERE);
    const int tail = Access::read(tail_, HERE) - 1;
    int item = kNone;
    if (Access::read(head_, HERE) <= tail) {
      Access::write(tail_, tail, HERE);
      item = slot(tail).load(HERE);
    } else {
      Access::write(head_, 0, HERE);
      Access::write(tail_, 0, HERE);
    }
    guard_.unlock(HERE);
    return item;
  }

  void push(int item) {
    note();
    const int tail = Access::read(tail_, HERE);
    const int spare = has(Defect::kFillsTheRing) ? 0 : 1;
    if (tail - Access::read(head_, HERE) >= slots_ - spare) return push_alone(item);
    slot(tail).store(item, HERE);
    Access::write(tail_, tail + 1, HERE);
  }
  // Makes the ring larger; the items begin at its start.
  void push_alone(int item) {
    guard_.lock(HERE);
    const int head = Access::read(head_, HERE);
    const int count = Access::read(tail_, HERE) - head;
    int kept[kSlotsMax];
    for (int i = 0; i < count; ++i) kept[i] = slot(head + i).load(HERE);
    slots_ *= 2;
    for (int i = 0; i < count; ++i) slot(i).store(kept[i], HERE);
    slot(count).store(item, HERE);
    Access::write(head_, 0, HERE);
    Access::write(tail_, count + 1, HERE);
    guard_.unlock(HERE);
  }

  // Appends to the log. Storage n has room for 2^n notes, and is freed when the next one is there.
  void note() {
    if (kDefect != Defect::kSharesItsLog) return;
    if (this->is_fixed()) log_lock_.lock(HERE);
    const int size = log_size_.load(HERE);
    int storage = log_storage_.load(HERE);
    if (size >= 1 << storage && storage + 1 < kStoragesMax) {
      is_freed_[storage].store(1, HERE);
      log_storage_.store(++storage, HERE);
    }
    expect(is_freed_[storage].load(HERE) == 0, "work_steal_queue: a note in freed memory");
    log_size_.store(size + 1, HERE);
    if (this->is_fixed()) log_lock_.unlock(HERE);
  }

  Shared<int>& slot(int index) { return items_[index & (slots_ - 1)]; }

  typename Access::Guard guard_;
  Shared<int> head_{0}, tail_{0};
  Shared<int> items_[kSlotsMax];
  Shared<int> processed_[kItems];
  static constexpr int kStoragesMax = 5;  // for the ten notes of a run
  Lock log_lock_;
  Shared<int> log_size_{0}, log_storage_{0};
  Shared<int> is_freed_[kStoragesMax];
  int slots_ = kSlotsFirst;  // in use; the owner's, changed under the guard
};

}  // namespace

const Program kWorkStealQueue{"work_steal_queue", 2, Outcome::kFatal,
                              &WorkSteal<Plain, Defect::kFillsTheRing>::run};
const Program kInterlockedWorkStealQueue{"interlocked_work_steal_queue", 2, Outcome::kFatal,
                                         &WorkSteal<Interlocked, Defect::kFillsTheRing>::run};
const Program kStateWorkStealQueue{"state_work_steal_queue", 2, Outcome::kFatal,
                                   &WorkSteal<Plain, Defect::kSharesItsLog>::run};
const Program kInterlockedWorkStealQueueWithState{
    "interlocked_work_steal_queue_with_state", 2, Outcome::kFatal,
    &WorkSteal<Interlocked, Defect::kSharesItsLog>::run};

}  // namespace concertina::yardstick
