// close_race: channels are closed while receivers, selects, ranges and polls wait on them or just
// come to them. Each round has two channels: on the first a sender sends some values and closes it;
// the second is closed by another goroutine and never carries a value. All must learn of the close,
// with a zeroed element, and each value must arrive once before that.
//
// One batch in four is about senders instead: they wait on a channel that is closed under them, and
// the run must end in Go's panic.
#include "stress/jobs/job.h"
#include "stress/jobs/task.h"

namespace concertina::stress {
namespace {

class CloseRace;

enum class Role : std::uint8_t { kReceiver, kSelector, kPoller, kWaiter, kSender, kCloser };
constexpr unsigned kWaitingRoles = 4;  // those that report when they have seen the close

struct Member {
  CloseRace* race;
  Role role;
  std::uint32_t round;
  std::uint32_t number;  // among all that report
};

struct Locals {
  unsigned char element[64];
  unsigned char other[64];
  std::uint32_t count;   // values sent; main: members spawned
  std::uint32_t left;    // main: reports that are still to come
  std::uint32_t closed;  // bit 0 first channel, bit 1 second
};

Action member_step(Machine& m, Goroutine& g);
Action victim_step(Machine& m, Goroutine& g);
Action main_step(Machine& m, Goroutine& g);
constexpr Function kMember = task_function<Locals>("close member", 50, &member_step);
constexpr Function kVictim = task_function<Locals>("close victim", 51, &victim_step);
constexpr Function kMain = task_function<Locals>("close main", 52, &main_step);

class CloseRace final : public Job {
 public:
  std::string_view name() const override { return "close_race"; }
  void prepare(const Batch& batch, Knobs& knobs) override {
    Draws draws(batch.seed);
    panics_ = batch.seed % 4 == 3;
    const std::uint32_t waiting = batch.is_small ? 8 : 24;
    rounds_ = panics_ ? 1 : batch.is_small ? 2 : batch.scale * 100;
    values_ = 1 + draws.below(6);
    capacity_ = draws.below(3);
    element_bytes_ = draws.below(2) != 0 ? 64 : 8;
    per_round_ = waiting + 2;
    members_.clear();
    for (std::uint32_t round = 0; round < rounds_; ++round) {
      for (std::uint32_t i = 0; i < waiting; ++i) {
        members_.push_back(
            {this, static_cast<Role>(draws.below(kWaitingRoles)), round, round * waiting + i});
      }
      members_.push_back({this, Role::kCloser, round, 0});
      members_.push_back({this, Role::kSender, round, 0});
      // At least one must receive what the sender sends.
      members_[std::size_t{round} * per_round_].role = Role::kReceiver;
    }
    arrived_.reset(panics_ ? 0 : std::size_t{rounds_} * values_);
    told_.reset(panics_ ? 0 : std::size_t{rounds_} * waiting);
    knobs.goroutines_max = batch.is_small ? kModelGoroutines : 4 * per_round_;
    knobs.channels_max = 2 * rounds_ + 1;
  }
  void make(Runtime& runtime) override {
    channels_.clear();
    for (std::uint32_t i = 0; i < rounds_; ++i) {
      channels_.push_back(make_channel(runtime, element_bytes_, panics_ ? 0 : capacity_));
      channels_.push_back(make_channel(runtime, element_bytes_, 0));
    }
    reports_ = make_channel(runtime, 8, 0);
  }
  const Function& main() const override { return kMain; }
  Outcome expected() const override { return panics_ ? Outcome::kPanic : Outcome::kExit; }
  std::string check() override {
    const std::string lost = arrived_.check();
    return lost.empty() ? told_.check() : lost;
  }

  bool panics() const { return panics_; }
  std::uint32_t rounds() const { return rounds_; }
  std::uint32_t per_round() const { return per_round_; }
  std::uint32_t values() const { return values_; }
  Member& member(std::uint32_t round, std::uint32_t i) {
    return members_[std::size_t{round} * per_round_ + i];
  }
  Channel* first(std::uint32_t round) const { return channels_[std::size_t{2} * round]; }
  Channel* second(std::uint32_t round) const { return channels_[std::size_t{2} * round + 1]; }
  Channel* reports() const { return reports_; }
  std::uint32_t token(std::uint32_t round, std::uint32_t i) const {
    return round * values_ + i + 1;
  }
  bool arrive(std::uint32_t token) { return arrived_.add(token); }
  bool tell(std::uint32_t number) { return told_.add(number); }

 private:
  bool panics_ = false;
  std::uint32_t rounds_ = 0, per_round_ = 0, values_ = 0, capacity_ = 0, element_bytes_ = 0;
  std::vector<Member> members_;
  std::vector<Channel*> channels_;  // two a round
  Channel* reports_ = nullptr;
  Tally arrived_, told_;
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

void keep(CloseRace& race, const Received& got) {
  require(race.arrive(got.token), "close race", "a value that nobody sends");
}

Action report(const Task<Locals>& t, const Member& self) {
  t.send(self.race->reports(), t->element, self.number + 1);
  return t.next(kReported);
}

void select_open(const Task<Locals>& t, const Member& self) {
  CloseRace& race = *self.race;
  const SelectArm arms[] = {
      {.channel = (t->closed & 1) != 0 ? nullptr : race.first(self.round), .element = t->element},
      {.channel = (t->closed & 2) != 0 ? nullptr : race.second(self.round), .element = t->other}};
  t.select(arms, 2, false);
}

Action begin(const Task<Locals>& t, const Member& self) {
  CloseRace& race = *self.race;
  switch (self.role) {
    case Role::kReceiver:
      t.receive(race.first(self.round), t->element);
      return t.next(kReceived);
    case Role::kSelector:
      if (t->closed == 3) return report(t, self);
      select_open(t, self);
      return t.next(kSelected);
    case Role::kPoller:
      t.receive(race.first(self.round), t->element, false);
      return t.next(kPolled);
    case Role::kWaiter:
      t.receive(race.second(self.round), t->element);
      return t.next(kReceived);
    case Role::kSender:
      if (t->count == race.values()) {
        t.close(race.first(self.round));
        return t.next(kClosedFirst);
      }
      t.send(race.first(self.round), t->element, race.token(self.round, t->count++));
      return t.next(kSentOne);
    case Role::kCloser:
      break;
  }
  if (platform::choose(3, Site::kTest) != 0) return t.next(kBegin, Action::kYield);
  t.close(race.second(self.round));
  return t.next(kClosedSecond);
}

Action member_step(Machine& m, Goroutine& g) {
  Task<Locals> t(m, g);
  const Member& self = record_of<Member>(g);
  CloseRace& race = *self.race;
  Channel* const from =
      self.role == Role::kWaiter ? race.second(self.round) : race.first(self.round);
  switch (t.state()) {
    case kBegin:
      return begin(t, self);
    case kReceived: {
      const Received got = t.received(from, t->element);
      if (!got.ok) return report(t, self);
      keep(race, got);
      return t.next(kBegin, Action::kBackEdge);
    }
    case kPolled: {
      const Received got = t.received(from, t->element);
      if (!got.selected) return t.next(kBegin, Action::kYield);
      if (!got.ok) return report(t, self);
      keep(race, got);
      return t.next(kBegin, Action::kBackEdge);
    }
    case kSelected: {
      const bool is_first = g.result.index == 0;
      const Received got = t.selected(is_first ? race.first(self.round) : race.second(self.round),
                                      false, is_first ? t->element : t->other);
      if (got.ok) {
        keep(race, got);
      } else {
        t->closed |= is_first ? 1 : 2;
      }
      return t.next(kBegin, Action::kBackEdge);
    }
    case kSentOne:
      t.sent(race.first(self.round));
      return t.next(kBegin, Action::kBackEdge);
    case kClosedFirst:
    case kClosedSecond:
      t.closed(t.state() == kClosedFirst ? race.first(self.round) : race.second(self.round));
      return t.finish();
    default:
      t.sent(race.reports());
      return t.finish();
  }
}

// Sends where nobody receives, plainly or in a select.
Action victim_step(Machine& m, Goroutine& g) {
  Task<Locals> t(m, g);
  const Member& self = record_of<Member>(g);
  CloseRace& race = *self.race;
  require(t.state() == kBegin, "close race", "a send on a closed channel has returned");
  Channel* const c = race.first(0);
  if (self.role == Role::kSelector) {
    const SelectArm arms[] = {{.channel = race.second(0), .element = t->other},
                              {.channel = c, .is_send = true, .element = t->element, .token = 1}};
    t.select(arms, 2, false);
  } else {
    t.send(c, t->element, 1);
  }
  return t.next(kSentOne);
}

Action main_of_panics(const Task<Locals>& t, CloseRace& race) {
  if (t.state() == kClosedFirst) {
    t.closed(race.first(0));
    return t.finish();
  }
  if (t->count + 2 < race.per_round()) {
    Member& member = race.member(0, t->count++);
    require(spawn(t.machine, t.goroutine, kVictim, &member) != nullptr, "close race",
            "a spawn was refused");
    return t.next(0, Action::kYield);
  }
  // Some of them wait by now, others may yet come.
  if (t->left++ < 3) return t.next(0, Action::kYield);
  t.close(race.first(0));
  return t.next(kClosedFirst);
}

Action main_step(Machine& m, Goroutine& g) {
  enum : std::uint32_t { kSpawn, kReceive, kGot };
  Task<Locals> t(m, g);
  CloseRace& race = *static_cast<CloseRace*>(static_cast<Job*>(g.user));
  if (race.panics()) return main_of_panics(t, race);
  switch (t.state()) {
    case kSpawn: {
      if (t->closed == race.rounds()) return t.finish();  // here it counts rounds
      Member& member = race.member(t->closed, t->count++);
      require(spawn(m, g, kMember, &member) != nullptr, "close race", "a spawn was refused");
      if (t->count < race.per_round()) return t.next(kSpawn, Action::kBackEdge);
      t->count = 0;
      t->left = race.per_round() - 2;
      return t.next(kReceive);
    }
    case kReceive:
      t.receive(race.reports(), t->element);
      return t.next(kGot);
    default:
      require(race.tell(t.received(race.reports(), t->element).token), "close race",
              "a report of nobody");
      if (--t->left != 0) return t.next(kReceive, Action::kBackEdge);
      ++t->closed;
      return t.next(kSpawn, Action::kBackEdge);
  }
}

}  // namespace

std::unique_ptr<Job> make_close_race() { return std::make_unique<CloseRace>(); }

}  // namespace concertina::stress
