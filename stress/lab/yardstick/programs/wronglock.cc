// wronglock, wronglock_3 (SCTBench: CS.wronglock, _3): one thread increments a variable under a
// lock and expects to see that; seven, or three, increment it under another lock.
//
// Fixed: under the same lock.
#include "stress/lab/yardstick/programs/programs.h"

namespace concertina::yardstick {
namespace {

template <unsigned kWriters>
class WrongLock : public Crew<WrongLock<kWriters>> {
 public:
  void main() {
    this->template start<&WrongLock::check>();
    for (unsigned i = 0; i < kWriters; ++i) this->template start<&WrongLock::write>();
  }

 private:
  void check() {
    right_.lock(HERE);
    const int before = data_.load(HERE);
    data_.store(data_.load(HERE) + 1, HERE);
    expect(data_.load(HERE) == before + 1, "wronglock: somebody else wrote");
    right_.unlock(HERE);
  }
  void write() {
    Lock& lock = this->is_fixed() ? right_ : wrong_;
    lock.lock(HERE);
    data_.store(data_.load(HERE) + 1, HERE);
    lock.unlock(HERE);
  }

  Lock right_, wrong_;
  Shared<int> data_{0};
};

}  // namespace

const Program kWrongLock{"wronglock", 8, Outcome::kFatal, &WrongLock<7>::run};
const Program kWrongLock3{"wronglock_3", 4, Outcome::kFatal, &WrongLock<3>::run};

}  // namespace concertina::yardstick
