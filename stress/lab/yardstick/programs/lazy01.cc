// lazy01 (SCTBench: CS.lazy01): under one lock, one thread adds 1, one adds 2, and the third fails
// when it sees both.
//
// Fixed: it fails when it sees more than both.
#include "stress/lab/yardstick/programs/programs.h"

namespace concertina::yardstick {
namespace {

class Lazy : public Crew<Lazy> {
 public:
  void main() {
    start<&Lazy::add_one>();
    start<&Lazy::add_two>();
    start<&Lazy::look>();
  }

 private:
  void add_one() {
    lock_.lock(HERE);
    sum_.store(sum_.load(HERE) + 1, HERE);
    lock_.unlock(HERE);
  }
  void add_two() {
    lock_.lock(HERE);
    sum_.store(sum_.load(HERE) + 2, HERE);
    lock_.unlock(HERE);
  }
  void look() {
    lock_.lock(HERE);
    expect(sum_.load(HERE) < (is_fixed() ? 4 : 3), "lazy01: both have been there");
    lock_.unlock(HERE);
  }

  Lock lock_;
  Shared<int> sum_{0};
};

}  // namespace

const Program kLazy01{"lazy01", 3, Outcome::kFatal, &Lazy::run};

}  // namespace concertina::yardstick
