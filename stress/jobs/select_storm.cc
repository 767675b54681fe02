// select_storm: all goroutines select. Producers offer each value on several channels at once,
// consumers receive from all of them, mixers do both in one select; some selects have a default,
// some name a channel twice, some a nil channel. Each value arrives exactly once.
// When all values have been sent main closes the channels, and consumers leave when they have seen
// each close.
#include "stress/jobs/task.h"

namespace concertina::stress {
namespace {

constexpr unsigned kStormChannels = 8;
constexpr unsigned kSendArms = 4, kReceiveArms = 3;

class SelectStorm final : public Job {
 public:
  SelectStorm() : Job("select_storm", kMain) {}

  void prepare(const Batch& batch, Knobs& knobs) override {
    Draws draws(batch.seed);
    crowd_ = batch.is_small ? 2 + draws.below(8) : 300;
    values_ = batch.is_small ? 6 : batch.scale * 10;
    for (std::uint32_t& capacity : capacities_) capacity = draws.below(4);
    element_bytes_ = draws.below(2) != 0 ? 64 : 8;
    enlist(3 * crowd_);
    arrived_.reset(std::size_t{senders()} * values_);
    knobs.goroutines_max = 3 * crowd_ + 1;
    knobs.channels_max = kStormChannels + 1;
  }
  void make(Runtime& runtime) override {
    for (unsigned i = 0; i < kStormChannels; ++i) {
      channels_[i] = make_channel(runtime, element_bytes_, capacities_[i]);
    }
    done_ = make_channel(runtime, 8, 0);
  }

 private:
  struct Locals {
    unsigned char out[64];
    unsigned char in[64];
    std::uint32_t sent;    // values
    std::uint32_t closed;  // bit a channel
    std::uint32_t next;    // main's
    std::uint16_t arms;
    std::uint8_t channels[Task<int>::kArmsMax];  // by arm; kStormChannels is nil
    bool sends[Task<int>::kArmsMax];
  };
  static const Function kWorker, kMain;

  // Producers have the lowest numbers, then come mixers, then consumers.
  std::uint32_t senders() const { return 2 * crowd_; }
  bool is_consumer(std::uint32_t worker) const { return worker >= senders(); }
  bool is_producer(std::uint32_t worker) const { return worker < crowd_; }

  static void add_arm(const Task<Locals>& t, unsigned channel, bool is_send) {
    t->channels[t->arms] = static_cast<std::uint8_t>(channel);
    t->sends[t->arms] = is_send;
    ++t->arms;
  }

  void draw_arms(const Task<Locals>& t, std::uint32_t self) const {
    const auto draw = [] { return platform::choose(kStormChannels + 1, Site::kTest); };
    t->arms = 0;
    if (is_consumer(self)) {
      for (unsigned i = 0; i < kStormChannels; ++i) {
        if ((t->closed >> i & 1) == 0) add_arm(t, i, false);
      }
      return;
    }
    // One that is no nil channel, so that it does not wait for ever.
    add_arm(t, platform::choose(kStormChannels, Site::kTest), true);
    for (unsigned i = 1; i < kSendArms; ++i) add_arm(t, draw(), true);
    if (is_producer(self)) return;
    for (unsigned i = 0; i < kReceiveArms; ++i) add_arm(t, draw(), false);
  }

  void begin_select(const Task<Locals>& t, std::uint32_t self) const {
    draw_arms(t, self);
    SelectArm arms[Task<Locals>::kArmsMax];
    for (unsigned i = 0; i < t->arms; ++i) {
      arms[i] = {.channel = channels_[t->channels[i]],
                 .is_send = t->sends[i],
                 .element = t->sends[i] ? t->out : t->in,
                 .token = t->sends[i] ? self * values_ + t->sent + 1 : 0};
    }
    t.select(arms, t->arms, platform::choose(8, Site::kTest) == 0);
  }

  // What became of the select; kYield when nothing was ready.
  Action end_select(const Task<Locals>& t) {
    const std::uint16_t index = t.goroutine.result.index;
    if (index == kSelectedDefault) {
      t.selected(nullptr, false, nullptr);
      return Action::kYield;
    }
    require(index < t->arms, "select storm", "a case that does not exist was chosen");
    const unsigned channel = t->channels[index];
    const Received got = t.selected(channels_[channel], t->sends[index], t->in);
    if (t->sends[index]) {
      ++t->sent;
    } else if (got.ok) {
      require(arrived_.add(got.token), "select storm", "a value that nobody sends");
    } else {
      t->closed |= 1u << channel;
    }
    return Action::kBackEdge;
  }

  Action worker_step(const Task<Locals>& t, std::uint32_t self) {
    enum : std::uint32_t { kBegin, kSelected, kReported };
    switch (t.state()) {
      case kBegin:
        if (is_consumer(self) && t->closed == (1u << kStormChannels) - 1) return t.finish();
        if (!is_consumer(self) && t->sent == values_) {
          t.send(done_, t->out, self + 1);
          return t.next(kReported);
        }
        begin_select(t, self);
        return t.next(kSelected);
      case kSelected:
        return t.next(kBegin, end_select(t));
      default:
        t.sent(done_);
        return t.finish();
    }
  }

  Action main_step(const Task<Locals>& t, std::uint32_t) {
    enum : std::uint32_t { kSpawn, kReceive, kGot, kClose, kClosed };
    switch (t.state()) {
      case kSpawn:
        t.start(kWorker, members_[t->next++]);
        return t.next(t->next == size() ? kReceive : kSpawn, Action::kBackEdge);
      case kReceive:
        if (t->sent == senders()) {
          t->next = 0;
          return t.next(kClose);
        }
        t.receive(done_, t->in);
        return t.next(kGot);
      case kClose:
        t.close(channels_[t->next]);
        return t.next(kClosed);
      case kClosed:
        t.closed(channels_[t->next]);
        if (++t->next < kStormChannels) return t.next(kClose, Action::kBackEdge);
        return t.finish();
      default:
        t.received(done_, t->in);
        ++t->sent;
        return t.next(kReceive, Action::kBackEdge);
    }
  }

  std::uint32_t crowd_ = 0, values_ = 0, element_bytes_ = 0;
  std::uint32_t capacities_[kStormChannels] = {};
  Channel* channels_[kStormChannels + 1] = {};  // the last one is nil
  Channel* done_ = nullptr;
};

constexpr Function SelectStorm::kWorker =
    job_function<&SelectStorm::worker_step>("storm worker", 40);
constexpr Function SelectStorm::kMain = job_function<&SelectStorm::main_step>("storm main", 41);

}  // namespace

std::unique_ptr<Job> make_select_storm() { return std::make_unique<SelectStorm>(); }

}  // namespace concertina::stress
