// pointer_receive: receives through a pointer to a caller's local. A pair of goroutines has a
// channel; the receiver calls down some frames, hands the pointer on, and the last one receives, or
// selects, into the local far above it: the slot that a waker writes lies in an old frame, and all
// that is below it is copied under the channel's lock. Values arrive in order; elements have up to
// 4096 bytes.
#include "stress/jobs/task.h"

namespace concertina::stress {
namespace {

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
constexpr FrameLayout kLayout{.pointers = kPointers, .pointer_count = 1};

class PointerReceive final : public Job {
 public:
  PointerReceive() : Job("pointer_receive", kMain) {}

  void prepare(const Batch& batch, Knobs& knobs) override {
    constexpr std::uint32_t kSizes[] = {8, 64, 1024, kElementMax};
    Draws draws(batch.seed);
    const std::uint32_t pairs = batch.is_small ? 1 + draws.below(10) : 64;
    values_ = batch.is_small ? 10 : batch.scale * 50;
    enlist(2 * pairs);
    sizes_.clear();
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

 private:
  static const Function kSender, kOwner, kCallee, kMain;

  std::uint32_t token(std::uint32_t self, std::uint32_t value) const {
    return self / 2 * values_ + value + 1;
  }

  Action sender_step(const Task<Owner>& t, std::uint32_t self) {
    Channel* const c = channels_[self / 2];
    if (t.state() == 1) {
      t.sent(c);
      ++t->value;
    }
    if (t->value == values_) return t.finish();
    t.send(c, t->element, token(self, t->value));
    return t.next(1);
  }

  // Pushes a callee's frame with a pointer to the element.
  static Action call_callee(Goroutine& g, const unsigned char* element, std::uint32_t depth,
                            bool does_select) {
    const std::uint32_t target = g.below_hi(reinterpret_cast<std::uintptr_t>(element));
    push_frame(g, kCallee, kCallee.frame_bytes, Site::kUserPrologue);
    Callee& callee = top_frame<TaskFrame<Callee>>(g)->locals;
    callee.target = reinterpret_cast<unsigned char*>(g.at(target));
    callee.depth = depth;
    callee.does_select = does_select;
    return Action::kNext;
  }

  Action owner_step(const Task<Owner>& t, std::uint32_t self) {
    if (t.state() == 1) {
      const auto seen = fuzzers::read_element(t->element, channels_[self / 2]->element_bytes);
      require(!seen.is_torn && seen.token == token(self, t->value), "pointer receive",
              "the caller's local does not hold the value whose turn it is");
      require(t->guard_before == kGuard && t->guard_after == kGuard, "pointer receive",
              "what lies beside the local has changed");
      require(arrived_.add(seen.token), "pointer receive", "a value that nobody sends");
      ++t->value;
    }
    if (t->value == values_) return t.finish();
    t->guard_before = t->guard_after = kGuard;
    t.next(1);
    const std::uint32_t depth = platform::choose(5, Site::kTest);
    const bool does_select = platform::choose(2, Site::kTest) != 0;
    return call_callee(t.goroutine, t->element, depth, does_select);
  }

  Action callee_step(const Task<Callee>& t, std::uint32_t self) {
    enum : std::uint32_t { kCalled, kReceived, kSelected, kReturned };
    Channel* const c = channels_[self / 2];
    switch (t.state()) {
      case kCalled: {
        if (t->depth != 0) {
          t.next(kReturned);
          return call_callee(t.goroutine, t->target, t->depth - 1, t->does_select);
        }
        if (!t->does_select) {
          t.receive(c, t->target);
          return t.next(kReceived);
        }
        // The first arm's element lies in this frame, the others' far above.
        const SelectArm arms[] = {{.channel = silent_, .element = t->padding},
                                  {.channel = c, .element = t->target},
                                  {.channel = nullptr},
                                  {.channel = c, .element = t->target}};
        t.select(arms, 4, false);
        return t.next(kSelected);
      }
      case kReceived:
        require(t.received(c, t->target).ok, "pointer receive", "told closed, and nobody closes");
        return t.finish();
      case kSelected: {
        const std::uint16_t chosen = t.goroutine.result.index;
        require(chosen == 1 || chosen == 3, "pointer receive",
                "a case was chosen that cannot be ready");
        require(t.selected(c, false, t->target).ok, "pointer receive",
                "told closed, and nobody closes");
        return t.finish();
      }
      default:
        return t.finish();
    }
  }

  Action main_step(const Task<Callee>& t, std::uint32_t) {
    const std::uint32_t i = t->depth++;
    t.start(i % 2 == 0 ? kSender : kOwner, members_[i]);
    return t->depth == size() ? t.finish() : t.next(0, Action::kBackEdge);
  }

  std::uint32_t values_ = 0, capacity_ = 0;
  std::vector<std::uint32_t> sizes_;
  std::vector<Channel*> channels_;  // one a pair, of these element sizes
  Channel* silent_ = nullptr;       // nobody ever sends on it
};

constexpr Function PointerReceive::kSender =
    job_function<&PointerReceive::sender_step>("pointer sender", 30);
constexpr Function PointerReceive::kOwner =
    job_function<&PointerReceive::owner_step>("pointer owner", 31);
constexpr Function PointerReceive::kCallee =
    job_function<&PointerReceive::callee_step>("pointer callee", 32, kLayout);
constexpr Function PointerReceive::kMain =
    job_function<&PointerReceive::main_step>("pointer main", 33, kLayout);

}  // namespace

std::unique_ptr<Job> make_pointer_receive() { return std::make_unique<PointerReceive>(); }

}  // namespace concertina::stress
