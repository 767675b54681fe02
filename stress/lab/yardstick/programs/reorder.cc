// reorder_N (SCTBench: CS.reorder_N): N-1 setters write a = 1 and then b = -1; a checker accepts
// (0, 0) and (1, -1). It looks at each variable again for the second pair, so what it must catch is
// the time between some setter's first write and the first second write of all.
//
// Fixed: a setter's writes and a checker's reads are under one lock.
#include "stress/lab/yardstick/programs/programs.h"

namespace concertina::yardstick {
namespace {

template <unsigned kThreads>
class Reorder : public Crew<Reorder<kThreads>> {
 public:
  void main() {
    for (unsigned i = 0; i + 1 < kThreads; ++i) this->template start<&Reorder::set>();
    this->template start<&Reorder::check>();
  }

 private:
  void set() {
    if (this->is_fixed()) lock_.lock(HERE);
    a_.store(1, HERE);
    b_.store(-1, HERE);
    if (this->is_fixed()) lock_.unlock(HERE);
  }
  void check() {
    if (this->is_fixed()) lock_.lock(HERE);
    expect(
        (a_.load(HERE) == 0 && b_.load(HERE) == 0) || (a_.load(HERE) == 1 && b_.load(HERE) == -1),
        "reorder: half of a setter's work");
    if (this->is_fixed()) lock_.unlock(HERE);
  }

  Lock lock_;
  Shared<int> a_{0}, b_{0};
};

}  // namespace

const Program kReorder3{"reorder_3", 3, Outcome::kFatal, &Reorder<3>::run};
const Program kReorder5{"reorder_5", 5, Outcome::kFatal, &Reorder<5>::run};
const Program kReorder10{"reorder_10", 10, Outcome::kFatal, &Reorder<10>::run};
const Program kReorder20{"reorder_20", 20, Outcome::kFatal, &Reorder<20>::run};
const Program kReorder50{"reorder_50", 50, Outcome::kFatal, &Reorder<50>::run};
const Program kReorder100{"reorder_100", 100, Outcome::kFatal, &Reorder<100>::run};

}  // namespace concertina::yardstick
