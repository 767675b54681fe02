// twostage (SCTBench: CS.twostage, _20, _50, _100): a writer sets d1 under one lock, then d2 = d1 +
// 1 under another; a reader reads d1 and d2 in the same way, and expects the second stage to have
// been done once it has seen the first. It fails between the stages, as long as no writer has done
// its second.
//
// Fixed: a third lock is held over both stages.
#include "stress/lab/yardstick/programs/programs.h"

namespace concertina::yardstick {
namespace {

template <unsigned kWriters, unsigned kReaders>
class TwoStage : public Crew<TwoStage<kWriters, kReaders>> {
 public:
  void main() {
    for (unsigned i = 0; i < kWriters; ++i) this->template start<&TwoStage::write>();
    for (unsigned i = 0; i < kReaders; ++i) this->template start<&TwoStage::read>();
  }

 private:
  void write() {
    if (this->is_fixed()) both_.lock(HERE);
    first_.lock(HERE);
    d1_.store(1, HERE);
    first_.unlock(HERE);
    second_.lock(HERE);
    d2_.store(d1_.load(HERE) + 1, HERE);
    second_.unlock(HERE);
    if (this->is_fixed()) both_.unlock(HERE);
  }
  void read() {
    if (this->is_fixed()) both_.lock(HERE);
    first_.lock(HERE);
    const int d1 = d1_.load(HERE);
    first_.unlock(HERE);
    if (d1 != 0) {
      second_.lock(HERE);
      expect(d2_.load(HERE) == d1 + 1, "twostage: the second stage is missing");
      second_.unlock(HERE);
    }
    if (this->is_fixed()) both_.unlock(HERE);
  }

  Lock first_, second_, both_;
  Shared<int> d1_{0}, d2_{0};
};

}  // namespace

const Program kTwoStage{"twostage", 2, Outcome::kFatal, &TwoStage<1, 1>::run};
const Program kTwoStage20{"twostage_20", 20, Outcome::kFatal, &TwoStage<10, 10>::run};
const Program kTwoStage50{"twostage_50", 50, Outcome::kFatal, &TwoStage<40, 10>::run};
const Program kTwoStage100{"twostage_100", 100, Outcome::kFatal, &TwoStage<99, 1>::run};

}  // namespace concertina::yardstick
