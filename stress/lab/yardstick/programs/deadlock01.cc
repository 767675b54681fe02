// deadlock01 (SCTBench: CS.deadlock01): two threads take two locks, in opposite order.
//
// Fixed: in the same order.
#include "stress/lab/yardstick/programs/programs.h"

namespace concertina::yardstick {
namespace {

class Deadlock : public Crew<Deadlock> {
 public:
  void main() {
    start<&Deadlock::first>();
    start<&Deadlock::second>();
  }

 private:
  void first() {
    a_.lock(HERE);
    b_.lock(HERE);
    counter_.store(counter_.load(HERE) + 1, HERE);
    b_.unlock(HERE);
    a_.unlock(HERE);
  }
  void second() {
    Lock& outer = is_fixed() ? a_ : b_;
    Lock& inner = is_fixed() ? b_ : a_;
    outer.lock(HERE);
    inner.lock(HERE);
    counter_.store(counter_.load(HERE) - 1, HERE);
    inner.unlock(HERE);
    outer.unlock(HERE);
  }

  Lock a_, b_;
  Shared<int> counter_{0};
};

}  // namespace

const Program kDeadlock01{"deadlock01", 2, Outcome::kHung, &Deadlock::run};

}  // namespace concertina::yardstick
