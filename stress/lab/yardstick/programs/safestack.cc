// safestack (D. Vyukov's SafeStack, posed to the CHESS forum; in PERIOD's and SURW's evaluations):
// a stack without locks, linked by indices into an array. A pop takes the link out of the head
// element (exchange with -1) and then swings the head to it. Three threads pop an element, write
// their name into it, look whether it is still theirs, and push it back, twice each. With at least
// five preemptions in the right places two of them own one element.
//
// A failed attempt is repeated only after something that it depends on has changed, by any
// thread: the original yields there, and strategies with priorities would starve the other threads.
//
// Fixed: pops and pushes are under a lock.
#include "stress/lab/yardstick/programs/programs.h"

namespace concertina::yardstick {
namespace {

class SafeStack : public Crew<SafeStack> {
 public:
  void main() {
    for (int i = 0; i + 1 < kElements; ++i) next_[i].plant(i + 1);
    next_[kElements - 1].plant(-1);
    for (unsigned i = 0; i < kThreads; ++i) start<&SafeStack::work>(i + 1);
  }

 private:
  static constexpr unsigned kThreads = 3, kRounds = 2;
  static constexpr int kElements = 3, kNothing = -1, kAgain = -2;

  void work(unsigned self) {
    const int name = static_cast<int>(self);
    for (unsigned round = 0; round < kRounds; ++round) {
      int element = pop();
      while (element < 0) element = pop();
      owner_[element].store(name, HERE);
      expect(owner_[element].load(HERE) == name, "safestack: two threads own an element");
      push(element);
    }
  }

  int pop() {
    const std::uint32_t seen = changes_.poll();
    if (is_fixed()) lock_.lock(HERE);
    const int element = take();
    if (is_fixed()) lock_.unlock(HERE);
    if (element == kNothing) {
      platform::spin_until(changes_, [seen](std::uint32_t now) { return now != seen; }, HERE);
    }
    return element;
  }
  void push(int element) {
    if (is_fixed()) lock_.lock(HERE);
    put(element);
    if (is_fixed()) lock_.unlock(HERE);
  }

  int take() {
    if (count_.load(HERE) <= 1) return kNothing;
    const int head = head_.load(HERE);
    const int next = next_[head].exchange(-1, HERE);
    if (next < 0) return kNothing;
    int expected = head;
    if (!head_.compare_exchange(expected, next, HERE)) {
      next_[head].exchange(next, HERE);
      note_change();
      return kAgain;
    }
    note_change();
    count_.fetch_add(-1, HERE);
    return head;
  }

  void put(int element) {
    int head = head_.load(HERE);
    do {
      next_[element].store(head, HERE);
      note_change();
    } while (!head_.compare_exchange(head, element, HERE));
    note_change();
    count_.fetch_add(1, HERE);
    note_change();
  }

  // No yield points: this is not part of the algorithm.
  void note_change() { changes_.plant(changes_.poll() + 1); }

  Lock lock_;
  Shared<int> head_{0}, count_{kElements};
  Shared<int> next_[kElements], owner_[kElements];
  Shared<std::uint32_t> changes_{0};  // of the head, and of links and the count for the better
};

}  // namespace

const Program kSafeStack{"safestack", 3, Outcome::kFatal, &SafeStack::run};

}  // namespace concertina::yardstick
