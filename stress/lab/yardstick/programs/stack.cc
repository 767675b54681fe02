// stack (SCTBench: CS.stack): ten pushes and ten pops under one lock. A flag says that there is
// something to pop; nobody ever clears it.
//
// Fixed: a pop clears it when it takes the last element.
#include "stress/lab/yardstick/programs/programs.h"

namespace concertina::yardstick {
namespace {

class Stack : public Crew<Stack> {
 public:
  void main() {
    start<&Stack::push>();
    start<&Stack::pop>();
  }

 private:
  static constexpr int kSlots = 10;

  void push() {
    for (int i = 0; i < kSlots; ++i) {
      lock_.lock(HERE);
      const int top = top_.load(HERE);
      slots_[top].store(i, HERE);
      top_.store(top + 1, HERE);
      has_elements_.store(true, HERE);
      lock_.unlock(HERE);
    }
  }
  void pop() {
    for (int i = 0; i < kSlots; ++i) {
      lock_.lock(HERE);
      if (has_elements_.load(HERE)) {
        const int top = top_.load(HERE);
        expect(top > 0, "stack: a pop of nothing");
        top_.store(top - 1, HERE);
        (void)slots_[top - 1].load(HERE);
        if (is_fixed() && top == 1) has_elements_.store(false, HERE);
      }
      lock_.unlock(HERE);
    }
  }

  Lock lock_;
  Shared<bool> has_elements_{false};
  Shared<int> top_{0};
  Shared<int> slots_[kSlots];
};

}  // namespace

const Program kStack{"stack", 2, Outcome::kFatal, &Stack::run};

}  // namespace concertina::yardstick
