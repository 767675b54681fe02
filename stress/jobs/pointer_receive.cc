// pointer_receive: receives through a pointer to a caller's local. A pair of goroutines has a
// channel; the receiver calls down some frames, hands the pointer on, and the last one receives, or
// selects, into the local far above it: the slot that a waker writes lies in an old frame, and all
// that is below it is copied under the channel's lock. Values arrive in order; elements have up to
// 4096 bytes.
#include "stress/jobs/job.h"
#include "stress/jobs/task.h"

namespace concertina::stress {
namespace {

class PointerReceive;

struct End {
  PointerReceive* job;
  std::uint32_t number;
};

constexpr std::size_t kElementMax = 4096;

struct Owner {  // the frame that has the element; the sender's, too
  std::uint32_t value;
  std::uint64_t guard_before;
  unsigned char element[kElementMax];
  std::uint64_t guard_after;
};

struct Callee {
  unsigned char* target;  // the owner's element
  std::uint32_t depth;
  bool does_select;
  unsigned char padding[48];
};

constexpr std::uint64_t kGuard = 0x5afe'5afe'5afe'5afe;
constexpr std::uint16_t kPointers[] = {offsetof(TaskFrame<Callee>, locals) +
                                       offsetof(Callee, target)};

Action sender_step(Machine& m, Goroutine& g);
Action owner_step(Machine& m, Goroutine& g);
Action callee_step(Machine& m, Goroutine& g);
Action main_step(Machine& m, Goroutine& g);
constexpr Function kSender = task_function<Owner>("pointer sender", 30, &sender_step);
constexpr Function kOwner = task_function<Owner>("pointer owner", 31, &owner_step);
constexpr Function kCallee = task_function<Callee>("pointer callee", 32, &callee_step,
                                                   {.pointers = kPointers, .pointer_count = 1});
constexpr Function kMain = task_function<Callee>("pointer main", 33, &main_step,
                                                 {.pointers = kPointers, .pointer_count = 1});

class PointerReceive final : public Job {
 public:
  std::string_view name() const override { return "pointer_receive"; }
  void prepare(const Batch& batch, Knobs& knobs) override {
    constexpr std::uint32_t kSizes[] = {8, 64, 1024, kElementMax};
    Draws draws(batch.seed);
    const std::uint32_t pairs = batch.is_small ? 1 + draws.below(10) : 64;
    values_ = batch.is_small ? 10 : batch.scale * 50;
    ends_.resize(std::size_t{2} * pairs);
    sizes_.clear();
    for (std::uint32_t i = 0; i < ends_.size(); ++i) ends_[i] = {this, i};
    for (std::uint32_t i = 0; i < pairs; ++i) sizes_.push_back(kSizes[draws.below(4)]);
    capacity_ = draws.below(3);
    arrived_.reset(std::size_t{pairs} * values_);
    knobs.goroutines_max = 2 * pairs + 1;
    knobs.channels_max = pairs + 1;
  }
  void make(Runtime& runtime) override {
    channels_.clear();
    for (const std::uint32_t bytes : sizes_) {
      channels_.push_back(make_channel(runtime, bytes, capacity_));
    }
    silent_ = make_channel(runtime, 8, 0);
  }
  const Function& main() const override { return kMain; }
  std::string check() override { return arrived_.check(); }

  std::uint32_t size() const { return static_cast<std::uint32_t>(ends_.size()); }
  End& end(std::uint32_t i) { return ends_[i]; }
  std::uint32_t values() const { return values_; }
  Channel* channel(std::uint32_t end) const { return channels_[end / 2]; }
  /// Nobody ever sends on it.
  Channel* silent() const { return silent_; }
  std::uint32_t token(std::uint32_t end, std::uint32_t value) const {
    return end / 2 * values_ + value + 1;
  }
  bool arrive(std::uint32_t token) { return arrived_.add(token); }

 private:
  std::uint32_t values_ = 0, capacity_ = 0;
  std::vector<End> ends_;
  std::vector<std::uint32_t> sizes_;
  std::vector<Channel*> channels_;
  Channel* silent_ = nullptr;
  Tally arrived_;
};

Action sender_step(Machine& m, Goroutine& g) {
  Task<Owner> t(m, g);
  const End& self = record_of<End>(g);
  Channel* const c = self.job->channel(self.number);
  if (t.state() == 1) {
    t.sent(c);
    ++t->value;
  }
  if (t->value == self.job->values()) return t.finish();
  t.send(c, t->element, self.job->token(self.number, t->value));
  return t.next(1);
}

// Pushes a callee's frame with a pointer to the element at that distance below stack.hi.
void call_callee(Goroutine& g, std::uint32_t target, std::uint32_t depth, bool does_select) {
  push_frame(g, kCallee, kCallee.frame_bytes, Site::kUserPrologue);
  Callee& callee = top_frame<TaskFrame<Callee>>(g)->locals;
  callee.target = reinterpret_cast<unsigned char*>(g.at(target));
  callee.depth = depth;
  callee.does_select = does_select;
}

Action owner_step(Machine& m, Goroutine& g) {
  Task<Owner> t(m, g);
  const End& self = record_of<End>(g);
  PointerReceive& job = *self.job;
  if (t.state() == 1) {
    const auto seen = fuzzers::read_element(t->element, job.channel(self.number)->element_bytes);
    require(!seen.is_torn && seen.token == job.token(self.number, t->value), "pointer receive",
            "the caller's local does not hold the value whose turn it is");
    require(t->guard_before == kGuard && t->guard_after == kGuard, "pointer receive",
            "what lies beside the local has changed");
    require(job.arrive(seen.token), "pointer receive", "a value that nobody sends");
    ++t->value;
  }
  if (t->value == job.values()) return t.finish();
  t->guard_before = t->guard_after = kGuard;
  const std::uint32_t target = g.below_hi(reinterpret_cast<std::uintptr_t>(t->element));
  t.next(1);
  const std::uint32_t depth = platform::choose(5, Site::kTest);
  call_callee(g, target, depth, platform::choose(2, Site::kTest) != 0);
  return Action::kNext;
}

Action callee_step(Machine& m, Goroutine& g) {
  enum : std::uint32_t { kCalled, kReceived, kSelected, kReturned };
  Task<Callee> t(m, g);
  const End& self = record_of<End>(g);
  Channel* const c = self.job->channel(self.number);
  switch (t.state()) {
    case kCalled: {
      if (t->depth != 0) {
        t.next(kReturned);
        const std::uint32_t target = g.below_hi(reinterpret_cast<std::uintptr_t>(t->target));
        call_callee(g, target, t->depth - 1, t->does_select);
        return Action::kNext;
      }
      if (!t->does_select) {
        t.receive(c, t->target);
        return t.next(kReceived);
      }
      // The first arm's element lies in this frame, the others' far above.
      const SelectArm arms[] = {{.channel = self.job->silent(), .element = t->padding},
                                {.channel = c, .element = t->target},
                                {.channel = nullptr},
                                {.channel = c, .element = t->target}};
      t.select(arms, 4, false);
      return t.next(kSelected);
    }
    case kReceived:
      require(t.received(c, t->target).ok, "pointer receive", "told closed, and nobody closes");
      return t.finish();
    case kSelected:
      require(g.result.index == 1 || g.result.index == 3, "pointer receive",
              "a case was chosen that cannot be ready");
      require(t.selected(c, false, t->target).ok, "pointer receive",
              "told closed, and nobody closes");
      return t.finish();
    default:
      return t.finish();
  }
}

Action main_step(Machine& m, Goroutine& g) {
  Task<Callee> t(m, g);
  PointerReceive& job = *static_cast<PointerReceive*>(static_cast<Job*>(g.user));
  const std::uint32_t i = t->depth++;
  const Function& function = i % 2 == 0 ? kSender : kOwner;
  require(spawn(m, g, function, &job.end(i)) != nullptr, "pointer receive", "a spawn was refused");
  return t->depth == job.size() ? t.finish() : t.next(0, Action::kBackEdge);
}

}  // namespace

std::unique_ptr<Job> make_pointer_receive() { return std::make_unique<PointerReceive>(); }

}  // namespace concertina::stress
