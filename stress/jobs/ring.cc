// ring: goroutines in a ring of unbuffered channels, and tokens that go round it.
//
// A value says which token it is and how many hops it has made, so each goroutine knows whether the
// token may be here now: one that was lost, repeated, overtaken by another life of itself or
// given to the wrong goroutine is seen where it happens. With fewer tokens than goroutines one can
// always receive. A token that has made all its hops goes to main, which expects each one once.
#include <algorithm>

#include "stress/jobs/task.h"

namespace concertina::stress {
namespace {

constexpr unsigned kTokenBits = 13;
constexpr std::uint32_t kTokensMax = (1u << kTokenBits) - 1;
constexpr std::uint32_t kHopsMax = (1u << (32 - kTokenBits)) - 1;

class Ring final : public Job {
 public:
  Ring() : Job("ring", kMain) {}

  void prepare(const Batch& batch, Knobs& knobs) override {
    constexpr std::uint32_t kSizes[] = {8, 24, 64};
    Draws draws(batch.seed);
    enlist(batch.is_small ? 2 + draws.below(kModelGoroutines - 2) : 10'000);
    element_bytes_ = kSizes[draws.below(3)];
    tokens_ = std::min(1 + draws.below(size() / 2), kTokensMax);
    if (!batch.is_small) tokens_ = size() / 2;
    hops_ = std::min(batch.scale * 10, kHopsMax);
    arrived_.reset(tokens_);
    knobs.goroutines_max = size() + 1;
    knobs.channels_max = size() + 1;
  }
  void make(Runtime& runtime) override {
    channels_.clear();
    for (std::size_t i = 0; i <= size(); ++i) {
      channels_.push_back(make_channel(runtime, element_bytes_, 0));
    }
  }

 private:
  struct Locals {
    unsigned char element[64];
    std::uint32_t next;  // member to spawn; values so far
    std::uint32_t token;
  };
  static const Function kMember, kMain;

  Channel* channel(std::uint32_t member) const { return channels_[member % size()]; }
  Channel* finish_line() const { return channels_.back(); }
  /// Tokens are numbered from 1 and begin at every other member.
  std::uint32_t first_token_of(std::uint32_t member) const {
    return member % 2 == 0 && member / 2 < tokens_ ? member / 2 + 1 : 0;
  }
  bool is_due(std::uint32_t member, std::uint32_t value) const {
    const std::uint32_t token = value & kTokensMax, hops = value >> kTokenBits;
    return token >= 1 && token <= tokens_ && hops >= 1 && hops <= hops_ &&
           ((token - 1) * 2 + hops) % size() == member;
  }
  bool is_over(std::uint32_t value) const { return value >> kTokenBits == hops_; }

  Action member_step(const Task<Locals>& t, std::uint32_t self) {
    enum : std::uint32_t { kBegin, kReceive, kGot, kSent };
    Channel* const next = channel(self + 1);
    switch (t.state()) {
      case kBegin: {
        const std::uint32_t token = first_token_of(self);
        if (token == 0) return t.next(kReceive);
        t->token = next->id;
        t.send(next, t->element, 1u << kTokenBits | token);
        return t.next(kSent);
      }
      case kReceive:
        t.receive(channel(self), t->element);
        return t.next(kGot);
      case kGot: {
        const Received got = t.received(channel(self), t->element);
        if (!got.ok) return t.finish();
        require(is_due(self, got.token), "ring", "a token that cannot be here now");
        Channel* const to = is_over(got.token) ? finish_line() : next;
        t->token = to->id;
        t.send(to, t->element, is_over(got.token) ? got.token : got.token + (1u << kTokenBits));
        return t.next(kSent);
      }
      default:
        t.sent(t->token == next->id ? next : finish_line());
        return t.next(kReceive, Action::kBackEdge);
    }
  }

  Action main_step(const Task<Locals>& t, std::uint32_t) {
    enum : std::uint32_t { kSpawn, kReceive, kGot, kClose, kClosed };
    switch (t.state()) {
      case kSpawn:
        t.start(kMember, members_[t->next++]);
        if (t->next < size()) return t.next(kSpawn, Action::kBackEdge);
        t->next = 0;
        return t.next(kReceive);
      case kReceive:
        if (t->next < tokens_) {
          t.receive(finish_line(), t->element);
          return t.next(kGot);
        }
        t->next = 0;
        return t.next(kClose);
      case kClose:
        t.close(channel(t->next));
        return t.next(kClosed);
      case kClosed:
        t.closed(channel(t->next));
        if (++t->next < size()) return t.next(kClose, Action::kBackEdge);
        return t.finish();
      default: {
        const Token value = t.received(finish_line(), t->element).token;
        require(is_over(value) && arrived_.add(value & kTokensMax), "ring",
                "a token at the finish that has hops left");
        ++t->next;
        return t.next(kReceive, Action::kBackEdge);
      }
    }
  }

  std::uint32_t element_bytes_ = 0, tokens_ = 0, hops_ = 0;
  std::vector<Channel*> channels_;  // by member; the last one is main's
};

constexpr Function Ring::kMember = job_function<&Ring::member_step>("ring member", 0);
constexpr Function Ring::kMain = job_function<&Ring::main_step>("ring main", 1);

}  // namespace

std::unique_ptr<Job> make_ring() { return std::make_unique<Ring>(); }

}  // namespace concertina::stress
