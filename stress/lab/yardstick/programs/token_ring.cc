// token_ring (SCTBench: CS.token_ring): three threads pass a value round, each from its
// predecessor's variable to its own, in whatever order they happen to run; a fourth expects, when
// all have done so, that all variables are equal.
//
// Fixed: each waits for its predecessor.
#include "stress/lab/yardstick/programs/programs.h"

namespace concertina::yardstick {
namespace {

class TokenRing : public Crew<TokenRing> {
 public:
  void main() {
    start<&TokenRing::first>();
    start<&TokenRing::second>();
    start<&TokenRing::third>();
    start<&TokenRing::check>();
  }

 private:
  static bool is_set(bool flag) { return flag; }

  void first() {
    x1_.store((x3_.load(HERE) + 1) % 4, HERE);
    did1_.store(true, HERE);
  }
  void second() {
    if (is_fixed()) platform::spin_until(did1_, is_set, HERE);
    x2_.store(x1_.load(HERE), HERE);
    did2_.store(true, HERE);
  }
  void third() {
    if (is_fixed()) platform::spin_until(did2_, is_set, HERE);
    x3_.store(x2_.load(HERE), HERE);
    did3_.store(true, HERE);
  }
  void check() {
    if (!did1_.load(HERE) || !did2_.load(HERE) || !did3_.load(HERE)) return;
    const int x2 = x2_.load(HERE);
    expect(x1_.load(HERE) == x2 && x2 == x3_.load(HERE), "token_ring: the variables differ");
  }

  Shared<int> x1_{1}, x2_{2}, x3_{1};
  Shared<bool> did1_{false}, did2_{false}, did3_{false};
};

}  // namespace

const Program kTokenRing{"token_ring", 4, Outcome::kFatal, &TokenRing::run};

}  // namespace concertina::yardstick
