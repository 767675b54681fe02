// circular_buffer (SCTBench: CS.circular_buffer): a producer and a consumer take turns by two
// flags, seven turns each. A turn at the wrong time is skipped, but it counts: the consumer expects
// as i-th element what the producer made in its i-th turn.
//
// Fixed: they wait for their turn.
#include "stress/lab/yardstick/programs/programs.h"

namespace concertina::yardstick {
namespace {

class CircularBuffer : public Crew<CircularBuffer> {
 public:
  void main() {
    start<&CircularBuffer::produce>();
    start<&CircularBuffer::consume>();
  }

 private:
  static constexpr int kTurns = 7, kSlots = 10;
  static bool is_set(bool flag) { return flag; }

  void produce() {
    for (int i = 0; i < kTurns; ++i) {
      if (is_fixed()) platform::spin_until(producer_goes_, is_set, HERE);
      lock_.lock(HERE);
      if (producer_goes_.load(HERE)) {
        const int next = next_.load(HERE);
        slots_[next].store(i, HERE);
        next_.store((next + 1) % kSlots, HERE);
        producer_goes_.store(false, HERE);
        consumer_goes_.store(true, HERE);
      }
      lock_.unlock(HERE);
    }
  }
  void consume() {
    for (int i = 0; i < kTurns; ++i) {
      if (is_fixed()) platform::spin_until(consumer_goes_, is_set, HERE);
      lock_.lock(HERE);
      if (consumer_goes_.load(HERE)) {
        const int first = first_.load(HERE);
        first_.store((first + 1) % kSlots, HERE);
        expect(slots_[first].load(HERE) == i, "circular_buffer: another element");
        consumer_goes_.store(false, HERE);
        producer_goes_.store(true, HERE);
      }
      lock_.unlock(HERE);
    }
  }

  Lock lock_;
  Shared<bool> producer_goes_{true}, consumer_goes_{false};
  Shared<int> first_{0}, next_{0};
  Shared<int> slots_[kSlots];
};

}  // namespace

const Program kCircularBuffer{"circular_buffer", 2, Outcome::kFatal, &CircularBuffer::run};

}  // namespace concertina::yardstick
