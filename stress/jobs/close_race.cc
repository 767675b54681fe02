// close_race: channels are closed while receivers, selects, ranges and polls wait on them or just
// come to them. Each round has two channels: on the first a sender sends some values and closes it;
// the second is closed by another goroutine and never carries a value. All must learn of the close,
// with a zeroed element, and each value must arrive once before that.
//
// One batch in four is about senders instead: they wait on a channel that is closed under them, and
// the run must end in Go's panic.
#include "stress/jobs/task.h"

namespace concertina::stress {
namespace {

enum class Role : std::uint8_t { kReceiver, kSelector, kPoller, kWaiter, kSender, kCloser };
constexpr unsigned kWaitingRoles = 4;  // those that report when they have seen the close

class CloseRace final : public Job {
 public:
  CloseRace() : Job("close_race", kMain) {}

  void prepare(const Batch& batch, Knobs& knobs) override {
    Draws draws(batch.seed);
    panics_ = batch.seed % 4 == 3;
    waiting_ = batch.is_small ? 8 : 24;
    rounds_ = panics_ ? 1 : batch.is_small ? 2 : batch.scale * 100;
    values_ = 1 + draws.below(6);
    capacity_ = draws.below(3);
    element_bytes_ = draws.below(2) != 0 ? 64 : 8;
    enlist(rounds_ * per_round());
    roles_.clear();
    for (std::uint32_t round = 0; round < rounds_; ++round) {
      for (std::uint32_t i = 0; i < waiting_; ++i) {
        const auto drawn = static_cast<Role>(draws.below(kWaitingRoles));
        // At least one must receive what the sender sends.
        roles_.push_back(i == 0 ? Role::kReceiver : drawn);
      }
      roles_.insert(roles_.end(), {Role::kCloser, Role::kSender});
    }
    arrived_.reset(panics_ ? 0 : std::size_t{rounds_} * values_);
    told_.reset(panics_ ? 0 : std::size_t{rounds_} * waiting_);
    knobs.goroutines_max = batch.is_small ? kModelGoroutines : 4 * per_round();
    knobs.channels_max = 2 * rounds_ + 1;
  }
  void make(Runtime& runtime) override {
    channels_.clear();
    for (std::uint32_t i = 0; i < rounds_; ++i) {
      channels_.push_back({make_channel(runtime, element_bytes_, panics_ ? 0 : capacity_),
                           make_channel(runtime, element_bytes_, 0)});
    }
    reports_ = make_channel(runtime, 8, 0);
  }
  Outcome expected() const override { return panics_ ? Outcome::kPanic : Outcome::kExit; }
  std::string check() override {
    const std::string lost = arrived_.check();
    return lost.empty() ? told_.check() : lost;
  }

 private:
  struct Locals {
    unsigned char element[64];
    unsigned char other[64];
    std::uint32_t count;   // values sent; main: members spawned
    std::uint32_t left;    // main: reports that are still to come
    std::uint32_t closed;  // bit 0 first channel, bit 1 second
  };
  struct Round {
    Channel* first;
    Channel* second;
  };
  enum State : std::uint32_t {
    kBegin,
    kReceived,
    kSelected,
    kPolled,
    kSentOne,
    kClosedFirst,
    kClosedSecond,
    kReported
  };
  static const Function kMember, kVictim, kMain;

  std::uint32_t per_round() const { return waiting_ + 2; }

  void keep(const Received& got) {
    require(arrived_.add(got.token), "close race", "a value that nobody sends");
  }

  Action report(const Task<Locals>& t, std::uint32_t self) {
    t.send(reports_, t->element, self / per_round() * waiting_ + self % per_round() + 1);
    return t.next(kReported);
  }

  Action begin(const Task<Locals>& t, std::uint32_t self) {
    const auto [first, second] = channels_[self / per_round()];
    switch (roles_[self]) {
      case Role::kReceiver:
        t.receive(first, t->element);
        return t.next(kReceived);
      case Role::kSelector: {
        if (t->closed == 3) return report(t, self);
        const SelectArm arms[] = {
            {.channel = (t->closed & 1) != 0 ? nullptr : first, .element = t->element},
            {.channel = (t->closed & 2) != 0 ? nullptr : second, .element = t->other}};
        t.select(arms, 2, false);
        return t.next(kSelected);
      }
      case Role::kPoller:
        t.receive(first, t->element, false);
        return t.next(kPolled);
      case Role::kWaiter:
        t.receive(second, t->element);
        return t.next(kReceived);
      case Role::kSender:
        if (t->count == values_) {
          t.close(first);
          return t.next(kClosedFirst);
        }
        t.send(first, t->element, self / per_round() * values_ + ++t->count);
        return t.next(kSentOne);
      case Role::kCloser:
        break;
    }
    if (platform::choose(3, Site::kTest) != 0) return t.next(kBegin, Action::kYield);
    t.close(second);
    return t.next(kClosedSecond);
  }

  Action member_step(const Task<Locals>& t, std::uint32_t self) {
    const auto [first, second] = channels_[self / per_round()];
    switch (t.state()) {
      case kBegin:
        return begin(t, self);
      case kReceived:
      case kPolled: {
        const Received got = t.received(roles_[self] == Role::kWaiter ? second : first, t->element);
        if (t.state() == kPolled && !got.selected) return t.next(kBegin, Action::kYield);
        if (!got.ok) return report(t, self);
        keep(got);
        return t.next(kBegin, Action::kBackEdge);
      }
      case kSelected: {
        const bool is_first = t.goroutine.result.index == 0;
        const Received got =
            t.selected(is_first ? first : second, false, is_first ? t->element : t->other);
        if (got.ok) {
          keep(got);
        } else {
          t->closed |= is_first ? 1 : 2;
        }
        return t.next(kBegin, Action::kBackEdge);
      }
      case kSentOne:
        t.sent(first);
        return t.next(kBegin, Action::kBackEdge);
      case kClosedFirst:
      case kClosedSecond:
        t.closed(t.state() == kClosedFirst ? first : second);
        return t.finish();
      default:
        t.sent(reports_);
        return t.finish();
    }
  }

  // Sends where nobody receives, plainly or in a select.
  Action victim_step(const Task<Locals>& t, std::uint32_t self) {
    require(t.state() == kBegin, "close race", "a send on a closed channel has returned");
    const auto [first, second] = channels_[0];
    if (roles_[self] == Role::kSelector) {
      const SelectArm arms[] = {
          {.channel = second, .element = t->other},
          {.channel = first, .is_send = true, .element = t->element, .token = 1}};
      t.select(arms, 2, false);
    } else {
      t.send(first, t->element, 1);
    }
    return t.next(kSentOne);
  }

  Action main_of_panics(const Task<Locals>& t) {
    if (t.state() == kClosedFirst) {
      t.closed(channels_[0].first);
      return t.finish();
    }
    if (t->count < waiting_) {
      t.start(kVictim, members_[t->count++]);
      return t.next(0, Action::kYield);
    }
    // Some of them wait by now, others may yet come.
    if (t->left++ < 3) return t.next(0, Action::kYield);
    t.close(channels_[0].first);
    return t.next(kClosedFirst);
  }

  Action main_step(const Task<Locals>& t, std::uint32_t) {
    enum : std::uint32_t { kSpawn, kReceive, kGot };
    if (panics_) return main_of_panics(t);
    switch (t.state()) {
      case kSpawn:
        if (t->count == size()) return t.finish();
        t.start(kMember, members_[t->count++]);
        if (t->count % per_round() != 0) return t.next(kSpawn, Action::kBackEdge);
        t->left = waiting_;
        return t.next(kReceive);
      case kReceive:
        t.receive(reports_, t->element);
        return t.next(kGot);
      default:
        require(told_.add(t.received(reports_, t->element).token), "close race",
                "a report of nobody");
        return t.next(--t->left != 0 ? kReceive : kSpawn, Action::kBackEdge);
    }
  }

  bool panics_ = false;
  std::uint32_t waiting_ = 0;  // members of a round; a closer and a sender come after them
  std::uint32_t rounds_ = 0, values_ = 0, capacity_ = 0, element_bytes_ = 0;
  std::vector<Role> roles_;  // by member
  std::vector<Round> channels_;
  Channel* reports_ = nullptr;
  Tally told_;
};

constexpr Function CloseRace::kMember = job_function<&CloseRace::member_step>("close member", 50);
constexpr Function CloseRace::kVictim = job_function<&CloseRace::victim_step>("close victim", 51);
constexpr Function CloseRace::kMain = job_function<&CloseRace::main_step>("close main", 52);

}  // namespace

std::unique_ptr<Job> make_close_race() { return std::make_unique<CloseRace>(); }

}  // namespace concertina::stress
