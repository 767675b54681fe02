// queue (SCTBench: CS.queue): a producer puts 20 values into an array queue and writes each into a
// log; a consumer takes them and compares with the log. Two flags make them take turns, but a turn
// at the wrong time is skipped, and the consumer compares with the log's entry of its turn.
//
// Fixed: both wait for their turns. (The original's other defect, indices that wrap one too late,
// needs more than its 20 elements to show.)
#include "stress/lab/yardstick/programs/programs.h"

namespace concertina::yardstick {
namespace {

class Queue : public Crew<Queue> {
 public:
  void main() {
    start<&Queue::produce>();
    start<&Queue::consume>();
  }

 private:
  static constexpr int kSlots = 20;
  static bool is_set(bool flag) { return flag; }
  static int value(int i) { return 3 * i + 7; }

  void put(int i) {
    const int tail = tail_.load(HERE);
    slots_[tail].store(value(i), HERE);
    amount_.store(amount_.load(HERE) + 1, HERE);
    tail_.store(tail + 1, HERE);
    log_[i].store(value(i), HERE);
  }
  void produce() {
    lock_.lock(HERE);
    put(0);
    lock_.unlock(HERE);
    for (int i = 1; i < kSlots; ++i) {
      if (is_fixed()) platform::spin_until(producer_goes_, is_set, HERE);
      lock_.lock(HERE);
      if (producer_goes_.load(HERE)) {
        put(i);
        producer_goes_.store(false, HERE);
        consumer_goes_.store(true, HERE);
      }
      lock_.unlock(HERE);
    }
  }
  void consume() {
    // The first turn of the producer hands nothing over, so there are one fewer for the consumer.
    for (int i = 0; i < kSlots - 1; ++i) {
      if (is_fixed()) platform::spin_until(consumer_goes_, is_set, HERE);
      lock_.lock(HERE);
      if (consumer_goes_.load(HERE)) {
        const int head = head_.load(HERE);
        const int taken = slots_[head].load(HERE);
        amount_.store(amount_.load(HERE) - 1, HERE);
        head_.store(head + 1, HERE);
        expect(taken == log_[i].load(HERE), "queue: not what the log says");
        consumer_goes_.store(false, HERE);
        producer_goes_.store(true, HERE);
      }
      lock_.unlock(HERE);
    }
  }

  Lock lock_;
  Shared<bool> producer_goes_{true}, consumer_goes_{false};
  Shared<int> head_{0}, tail_{0}, amount_{0};
  Shared<int> slots_[kSlots], log_[kSlots];
};

}  // namespace

const Program kQueue{"queue", 2, Outcome::kFatal, &Queue::run};

}  // namespace concertina::yardstick
