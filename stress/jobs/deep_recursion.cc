// deep_recursion: goroutines recurse deep, meet their partner on a channel at the bottom, and come
// back, again and again, while the scanner shrinks and moves what they leave behind.
//
// Each frame has a number of its own and a pointer to its caller's counter. On its way back it adds
// one through the pointer, so a pointer that a copy forgot shows in the sum, and a frame that was
// copied wrongly in its number. Stacks go from 2 KiB to hundreds and back in each turn.
#include "stress/jobs/task.h"

namespace concertina::stress {
namespace {

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

constexpr std::uint32_t mark_of(std::uint32_t depth) { return depth * 0x9E3779B1u + 7; }

class DeepRecursion final : public Job {
 public:
  DeepRecursion() : Job("deep_recursion", kMain) {}

  void prepare(const Batch& batch, Knobs& knobs) override {
    Draws draws(batch.seed);
    const std::uint32_t pairs = batch.is_small ? 1 + draws.below(4) : 16;
    turns_ = batch.is_small ? 3 : batch.scale * 2;
    depth_max_ = batch.is_small ? 12 : 60 + draws.below(240);
    enlist(2 * pairs);
    arrived_.reset(std::size_t{pairs} * turns_);
    knobs.goroutines_max = 2 * pairs + 1;
    knobs.channels_max = pairs;
  }
  void make(Runtime& runtime) override {
    channels_.clear();
    for (std::size_t i = 0; i < size() / 2; ++i) channels_.push_back(make_channel(runtime, 64, 0));
  }

 private:
  static const Function kDive, kDiver, kMain;

  // Calls dive with a pointer to this frame's counter.
  static Action call_dive(const Task<Locals>& t, std::uint32_t depth) {
    Goroutine& g = t.goroutine;
    const std::uint32_t counter = g.below_hi(reinterpret_cast<std::uintptr_t>(&t->below));
    const std::uint32_t turn = t->turn;
    push_frame(g, kDive, kDive.frame_bytes, Site::kUserPrologue);
    const Task<Locals> callee(t.machine, g);
    callee->returns = reinterpret_cast<std::uint64_t*>(g.at(counter));
    callee->depth = depth;
    callee->mark = mark_of(depth);
    callee->turn = turn;
    return Action::kNext;
  }

  Action dive_step(const Task<Locals>& t, std::uint32_t self) {
    enum : std::uint32_t { kCalled, kSent, kReceived, kBack };
    Channel* const c = channels_[self / 2];
    const std::uint32_t value = self / 2 * turns_ + t->turn + 1;
    switch (t.state()) {
      case kCalled:
        if (t->depth != 0) {
          t.next(kBack);
          return call_dive(t, t->depth - 1);
        }
        if (self % 2 == 0) {
          t.send(c, t->element, value);
          return t.next(kSent);
        }
        t.receive(c, t->element);
        return t.next(kReceived);
      case kSent:
        t.sent(c);
        return t.next(kBack);
      case kReceived: {
        const Received got = t.received(c, t->element);
        require(got.token == value, "recursion", "not the turn's value");
        require(arrived_.add(got.token), "recursion", "a value that nobody sends");
        return t.next(kBack);
      }
      default:
        require(t->mark == mark_of(t->depth) && t->below == t->depth, "recursion",
                "a frame has changed, or a callee wrote elsewhere");
        *t->returns += t->below + 1;
        return t.finish();
    }
  }

  Action diver_step(const Task<Locals>& t, std::uint32_t) {
    if (t.state() == 0) {
      if (t->turn == turns_) return t.finish();
      t->first_depth = 1 + platform::choose(depth_max_, Site::kTest);
      t->below = 0;
      t.next(1);
      return call_dive(t, t->first_depth);
    }
    require(t->below == t->first_depth + 1, "recursion", "the calls do not add up");
    ++t->turn;
    return t.next(0, Action::kYield);  // the scanner may shrink what is left
  }

  Action main_step(const Task<Locals>& t, std::uint32_t) {
    t.start(kDiver, members_[t->turn++]);
    return t->turn == size() ? t.finish() : t.next(0, Action::kBackEdge);
  }

  std::uint32_t turns_ = 0, depth_max_ = 0;
  std::vector<Channel*> channels_;  // one a pair
};

constexpr Function DeepRecursion::kDive =
    job_function<&DeepRecursion::dive_step>("dive", 20, kLayout);
constexpr Function DeepRecursion::kDiver =
    job_function<&DeepRecursion::diver_step>("diver", 21, kLayout);
constexpr Function DeepRecursion::kMain =
    job_function<&DeepRecursion::main_step>("recursion main", 22, kLayout);

}  // namespace

std::unique_ptr<Job> make_deep_recursion() { return std::make_unique<DeepRecursion>(); }

}  // namespace concertina::stress
