// select_storm: all goroutines select. Producers offer each value on several channels at once,
// consumers receive from all of them, mixers do both in one select; some selects have a default,
// some name a channel twice, some a nil channel. Each value arrives exactly once.
// When all values have been sent main closes the channels, and consumers leave when they have seen
// each close.
#include "stress/jobs/job.h"
#include "stress/jobs/task.h"

namespace concertina::stress {
namespace {

class SelectStorm;

enum class Role : std::uint8_t { kProducer, kMixer, kConsumer };

struct Worker {
  SelectStorm* storm;
  Role role;
  std::uint32_t number;
};

constexpr unsigned kStormChannels = 8;
constexpr unsigned kSendArms = 4, kReceiveArms = 3;

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

Action worker_step(Machine& m, Goroutine& g);
Action main_step(Machine& m, Goroutine& g);
constexpr Function kWorker = task_function<Locals>("storm worker", 40, &worker_step);
constexpr Function kMain = task_function<Locals>("storm main", 41, &main_step);

class SelectStorm final : public Job {
 public:
  std::string_view name() const override { return "select_storm"; }
  void prepare(const Batch& batch, Knobs& knobs) override {
    Draws draws(batch.seed);
    const std::uint32_t crowd = batch.is_small ? 2 + draws.below(8) : 300;
    values_ = batch.is_small ? 6 : batch.scale * 10;
    for (std::uint32_t& capacity : capacities_) capacity = draws.below(4);
    element_bytes_ = draws.below(2) != 0 ? 64 : 8;
    workers_.clear();
    for (std::uint32_t i = 0; i < 3 * crowd; ++i) {
      // Senders have the low numbers.
      const Role role = i < crowd       ? Role::kProducer
                        : i < 2 * crowd ? Role::kMixer
                                        : Role::kConsumer;
      workers_.push_back({this, role, i});
    }
    senders_ = 2 * crowd;
    arrived_.reset(std::size_t{senders_} * values_);
    knobs.goroutines_max = 3 * crowd + 1;
    knobs.channels_max = kStormChannels + 1;
  }
  void make(Runtime& runtime) override {
    for (unsigned i = 0; i < kStormChannels; ++i) {
      channels_[i] = make_channel(runtime, element_bytes_, capacities_[i]);
    }
    done_ = make_channel(runtime, 8, 0);
  }
  const Function& main() const override { return kMain; }
  std::string check() override { return arrived_.check(); }

  std::uint32_t size() const { return static_cast<std::uint32_t>(workers_.size()); }
  Worker& worker(std::uint32_t i) { return workers_[i]; }
  std::uint32_t senders() const { return senders_; }
  std::uint32_t values() const { return values_; }
  Channel* channel(unsigned i) const { return i < kStormChannels ? channels_[i] : nullptr; }
  Channel* done() const { return done_; }
  std::uint32_t token(std::uint32_t worker, std::uint32_t value) const {
    return worker * values_ + value + 1;
  }
  bool arrive(std::uint32_t token) { return arrived_.add(token); }

 private:
  std::uint32_t values_ = 0, senders_ = 0, element_bytes_ = 0;
  std::uint32_t capacities_[kStormChannels] = {};
  std::vector<Worker> workers_;
  Channel* channels_[kStormChannels] = {};
  Channel* done_ = nullptr;
  Tally arrived_;
};

void add_arm(const Task<Locals>& t, unsigned channel, bool is_send) {
  t->channels[t->arms] = static_cast<std::uint8_t>(channel);
  t->sends[t->arms] = is_send;
  ++t->arms;
}

void draw_arms(const Task<Locals>& t, const Worker& self) {
  const auto draw = [] { return platform::choose(kStormChannels + 1, Site::kTest); };
  t->arms = 0;
  if (self.role == Role::kConsumer) {
    for (unsigned i = 0; i < kStormChannels; ++i) {
      if ((t->closed >> i & 1) == 0) add_arm(t, i, false);
    }
    return;
  }
  // One that is no nil channel, so that it does not wait for ever.
  add_arm(t, platform::choose(kStormChannels, Site::kTest), true);
  for (unsigned i = 1; i < kSendArms; ++i) add_arm(t, draw(), true);
  if (self.role == Role::kProducer) return;
  for (unsigned i = 0; i < kReceiveArms; ++i) add_arm(t, draw(), false);
}

void begin_select(const Task<Locals>& t, const Worker& self) {
  draw_arms(t, self);
  SelectArm arms[Task<Locals>::kArmsMax];
  for (unsigned i = 0; i < t->arms; ++i) {
    arms[i] = {.channel = self.storm->channel(t->channels[i]),
               .is_send = t->sends[i],
               .element = t->sends[i] ? t->out : t->in,
               .token = t->sends[i] ? self.storm->token(self.number, t->sent) : 0};
  }
  t.select(arms, t->arms, platform::choose(8, Site::kTest) == 0);
}

// What became of the select; kYield when nothing was ready.
Action end_select(const Task<Locals>& t, const Worker& self) {
  const std::uint16_t index = t.goroutine.result.index;
  if (index == kSelectedDefault) {
    t.selected(nullptr, false, nullptr);
    return Action::kYield;
  }
  require(index < t->arms, "select storm", "a case that does not exist was chosen");
  const unsigned channel = t->channels[index];
  const Received got = t.selected(self.storm->channel(channel), t->sends[index], t->in);
  if (t->sends[index]) {
    ++t->sent;
  } else if (got.ok) {
    require(self.storm->arrive(got.token), "select storm", "a value that nobody sends");
  } else {
    t->closed |= 1u << channel;
  }
  return Action::kBackEdge;
}

Action worker_step(Machine& m, Goroutine& g) {
  enum : std::uint32_t { kBegin, kSelected, kReported };
  Task<Locals> t(m, g);
  const Worker& self = record_of<Worker>(g);
  const bool receives_only = self.role == Role::kConsumer;
  switch (t.state()) {
    case kBegin:
      if (receives_only && t->closed == (1u << kStormChannels) - 1) return t.finish();
      if (!receives_only && t->sent == self.storm->values()) {
        t.send(self.storm->done(), t->out, self.number + 1);
        return t.next(kReported);
      }
      begin_select(t, self);
      return t.next(kSelected);
    case kSelected:
      return t.next(kBegin, end_select(t, self));
    default:
      t.sent(self.storm->done());
      return t.finish();
  }
}

Action main_step(Machine& m, Goroutine& g) {
  enum : std::uint32_t { kSpawn, kReceive, kGot, kClose, kClosed };
  Task<Locals> t(m, g);
  SelectStorm& storm = *static_cast<SelectStorm*>(static_cast<Job*>(g.user));
  switch (t.state()) {
    case kSpawn: {
      Worker& worker = storm.worker(t->next++);
      require(spawn(m, g, kWorker, &worker) != nullptr, "select storm", "a spawn was refused");
      return t.next(t->next == storm.size() ? kReceive : kSpawn, Action::kBackEdge);
    }
    case kReceive:
      if (t->sent == storm.senders()) {
        t->next = 0;
        return t.next(kClose);
      }
      t.receive(storm.done(), t->in);
      return t.next(kGot);
    case kClose:
      t.close(storm.channel(t->next));
      return t.next(kClosed);
    case kClosed:
      t.closed(storm.channel(t->next));
      if (++t->next < kStormChannels) return t.next(kClose, Action::kBackEdge);
      return t.finish();
    default:
      t.received(storm.done(), t->in);
      ++t->sent;
      return t.next(kReceive, Action::kBackEdge);
  }
}

}  // namespace

std::unique_ptr<Job> make_select_storm() { return std::make_unique<SelectStorm>(); }

}  // namespace concertina::stress
