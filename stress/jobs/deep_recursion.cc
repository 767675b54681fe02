// deep_recursion: goroutines recurse deep, meet their partner on a channel at the bottom, and come
// back, again and again, while the scanner shrinks and moves what they leave behind.
//
// Each frame has a number of its own and a pointer to its caller's counter. On its way back it adds
// one through the pointer, so a pointer that a copy forgot shows in the sum, and a frame that was
// copied wrongly in its number. Stacks go from 2 KiB to hundreds and back in each turn.
#include "stress/jobs/job.h"
#include "stress/jobs/task.h"

namespace concertina::stress {
namespace {

class DeepRecursion;

struct Diver {
  DeepRecursion* job;
  std::uint32_t number;
};

struct Locals {
  std::uint64_t* returns;  // the caller's `below`; nil in the oldest frame
  std::uint64_t below;     // calls that have returned, of all that this frame led to
  std::uint32_t depth;     // frames still to be made below this one
  std::uint32_t mark;      // depends on depth, to recognise the frame
  std::uint32_t turn;      // of the oldest frame
  std::uint32_t first_depth;
  unsigned char element[64];
  unsigned char padding[160];
};

constexpr std::uint16_t kPointers[] = {offsetof(TaskFrame<Locals>, locals) +
                                       offsetof(Locals, returns)};
constexpr FrameLayout kLayout{.pointers = kPointers, .pointer_count = 1};

Action dive_step(Machine& m, Goroutine& g);
Action diver_step(Machine& m, Goroutine& g);
Action main_step(Machine& m, Goroutine& g);
constexpr Function kDive = task_function<Locals>("dive", 20, &dive_step, kLayout);
constexpr Function kDiver = task_function<Locals>("diver", 21, &diver_step, kLayout);
constexpr Function kMain = task_function<Locals>("recursion main", 22, &main_step, kLayout);

constexpr std::uint32_t mark_of(std::uint32_t depth) { return depth * 0x9E3779B1u + 7; }

class DeepRecursion final : public Job {
 public:
  std::string_view name() const override { return "deep_recursion"; }
  void prepare(const Batch& batch, Knobs& knobs) override {
    Draws draws(batch.seed);
    const std::uint32_t pairs = batch.is_small ? 1 + draws.below(4) : 16;
    turns_ = batch.is_small ? 3 : batch.scale * 2;
    depth_max_ = batch.is_small ? 12 : 60 + draws.below(240);
    divers_.resize(std::size_t{2} * pairs);
    for (std::uint32_t i = 0; i < divers_.size(); ++i) divers_[i] = {this, i};
    arrived_.reset(std::size_t{pairs} * turns_);
    knobs.goroutines_max = 2 * pairs + 1;
    knobs.channels_max = pairs;
  }
  void make(Runtime& runtime) override {
    channels_.clear();
    for (std::size_t i = 0; i < divers_.size() / 2; ++i) {
      channels_.push_back(make_channel(runtime, 64, 0));
    }
  }
  const Function& main() const override { return kMain; }
  std::string check() override { return arrived_.check(); }

  std::uint32_t size() const { return static_cast<std::uint32_t>(divers_.size()); }
  Diver& diver(std::uint32_t i) { return divers_[i]; }
  std::uint32_t turns() const { return turns_; }
  std::uint32_t depth_max() const { return depth_max_; }
  Channel* channel(std::uint32_t diver) const { return channels_[diver / 2]; }
  std::uint32_t value(std::uint32_t diver, std::uint32_t turn) const {
    return diver / 2 * turns_ + turn + 1;
  }
  bool arrive(std::uint32_t value) { return arrived_.add(value); }

 private:
  std::uint32_t turns_ = 0, depth_max_ = 0;
  std::vector<Diver> divers_;
  std::vector<Channel*> channels_;
  Tally arrived_;
};

// Calls dive with a pointer to this frame's counter.
void call_dive(const Task<Locals>& t, std::uint32_t depth) {
  Goroutine& g = t.goroutine;
  const std::uint32_t counter = g.below_hi(reinterpret_cast<std::uintptr_t>(&t->below));
  const std::uint32_t turn = t->turn;
  push_frame(g, kDive, kDive.frame_bytes, Site::kUserPrologue);
  const Task<Locals> callee(t.machine, g);
  callee->returns = reinterpret_cast<std::uint64_t*>(g.at(counter));
  callee->depth = depth;
  callee->mark = mark_of(depth);
  callee->turn = turn;
}

Action dive_step(Machine& m, Goroutine& g) {
  enum : std::uint32_t { kCalled, kSent, kReceived, kBack };
  Task<Locals> t(m, g);
  const Diver& self = record_of<Diver>(g);
  DeepRecursion& job = *self.job;
  Channel* const c = job.channel(self.number);
  switch (t.state()) {
    case kCalled:
      if (t->depth != 0) {
        t.next(kBack);
        call_dive(t, t->depth - 1);
        return Action::kNext;
      }
      if (self.number % 2 == 0) {
        t.send(c, t->element, job.value(self.number, t->turn));
        return t.next(kSent);
      }
      t.receive(c, t->element);
      return t.next(kReceived);
    case kSent:
      t.sent(c);
      return t.next(kBack);
    case kReceived: {
      const Received got = t.received(c, t->element);
      require(got.token == job.value(self.number, t->turn), "recursion", "not the turn's value");
      require(job.arrive(got.token), "recursion", "a value that nobody sends");
      return t.next(kBack);
    }
    default:
      require(t->mark == mark_of(t->depth) && t->below == t->depth, "recursion",
              "a frame has changed, or a callee wrote elsewhere");
      *t->returns += t->below + 1;
      return t.finish();
  }
}

Action diver_step(Machine& m, Goroutine& g) {
  Task<Locals> t(m, g);
  const Diver& self = record_of<Diver>(g);
  DeepRecursion& job = *self.job;
  if (t.state() == 0) {
    if (t->turn == job.turns()) return t.finish();
    t->first_depth = 1 + platform::choose(job.depth_max(), Site::kTest);
    t->below = 0;
    t.next(1);
    call_dive(t, t->first_depth);
    return Action::kNext;
  }
  require(t->below == t->first_depth + 1, "recursion", "the calls do not add up");
  ++t->turn;
  return t.next(0, Action::kYield);  // the scanner may shrink what is left
}

Action main_step(Machine& m, Goroutine& g) {
  Task<Locals> t(m, g);
  DeepRecursion& job = *static_cast<DeepRecursion*>(static_cast<Job*>(g.user));
  const std::uint32_t i = t->turn++;
  require(spawn(m, g, kDiver, &job.diver(i)) != nullptr, "recursion", "a spawn was refused");
  return t->turn == job.size() ? t.finish() : t.next(0, Action::kBackEdge);
}

}  // namespace

std::unique_ptr<Job> make_deep_recursion() { return std::make_unique<DeepRecursion>(); }

}  // namespace concertina::stress
