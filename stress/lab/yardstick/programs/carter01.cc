// carter01 (SCTBench: CS.carter01): two kinds of visitors exclude each other from a room; the first
// of a kind takes the room's lock, the last gives it back. Both kinds count themselves under one
// lock, and the first of a kind waits for the room while it holds that: then nobody can leave.
// Two more threads do nothing.
//
// Fixed: each kind has a lock of its own to count under.
#include "stress/lab/yardstick/programs/programs.h"

namespace concertina::yardstick {
namespace {

class Carter : public Crew<Carter> {
 public:
  void main() {
    start<&Carter::visit>(0);
    start<&Carter::visit>(1);
    start<&Carter::idle>();
    start<&Carter::idle>();
  }

 private:
  void visit(unsigned kind) {
    Lock& counting = counting_[is_fixed() ? kind : 0];
    Shared<int>& visitors = visitors_[kind];
    counting.lock(HERE);
    const int before = visitors.load(HERE);
    visitors.store(before + 1, HERE);
    if (before == 0) room_.lock(HERE);
    counting.unlock(HERE);

    counting.lock(HERE);
    const int after = visitors.load(HERE) - 1;
    visitors.store(after, HERE);
    if (after == 0) room_.unlock(HERE);
    counting.unlock(HERE);
  }
  void idle() {}

  Lock room_, counting_[2];
  Shared<int> visitors_[2];
};

}  // namespace

const Program kCarter01{"carter01", 4, Outcome::kHung, &Carter::run};

}  // namespace concertina::yardstick
