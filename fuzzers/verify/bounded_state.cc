// The state of a BoundedSearch as text: counters, what is shared, and the stack, a line a node.
#include <charconv>

#include "base/check.h"
#include "verify/bounded.h"

namespace concertina::fuzzers {
namespace {

constexpr std::string_view kMark = "bounded-search 2";
constexpr unsigned kPickNode = 0;
constexpr unsigned kFreeNode = 1;
constexpr unsigned kPrivateNode = 2;
constexpr unsigned kDrawNode = 3;
constexpr std::uint64_t kOptionsMax = ~ThreadMask{0};
constexpr std::uint64_t kLearningMax = 1 << 10;
constexpr std::uint64_t kDrawsMax = 1 << 26;  // of that; each takes a nanosecond
constexpr std::uint64_t kAnyCount = ~std::uint64_t{0};

void put(std::string& text, std::string_view word, std::uint64_t number) {
  text += word;
  text += ' ';
  text += std::to_string(number);
  text += '\n';
}

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  void expect(std::string_view word) {
    is_good_ = is_good_ && rest_.starts_with(word);
    if (is_good_) rest_.remove_prefix(word.size());
  }
  /// At most `max`; 0 once something was wrong.
  std::uint64_t number(std::uint64_t max) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    is_good_ = is_good_ && error == std::errc{} && value <= max;
    if (!is_good_) return 0;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }
  std::uint64_t line(std::string_view word, std::uint64_t max = kAnyCount) {
    expect(word);
    expect(" ");
    const std::uint64_t value = number(max);
    expect("\n");
    return value;
  }
  bool is_good() const { return is_good_; }
  bool is_at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool is_good_ = true;
};

}  // namespace

std::string BoundedSearch::save() const {
  CHECK(schedules_ + cuts_ <= runs_, "each schedule, and each cut, was a run");
  CHECK(planned_ == stack_.size(), "a search is saved between two runs");
  std::string text(kMark);
  text += '\n';
  put(text, "bound", bound_);
  put(text, "learning", learning_);
  put(text, "draws", draws_);
  put(text, "schedules", schedules_);
  put(text, "cuts", cuts_);
  put(text, "restarts", restarts_);
  put(text, "runs", runs_);
  std::uint64_t shared = 0;
  for (const bool is_shared : is_shared_) shared += is_shared ? 1 : 0;
  put(text, "shared", shared);
  for (std::size_t i = 0; i < is_shared_.size(); ++i) {
    if (is_shared_[i]) put(text, "slot", i);
  }
  put(text, "nodes", stack_.size());
  for (const Node& node : stack_) {
    const unsigned kind = node.is_draw      ? kDrawNode
                          : node.is_free    ? kFreeNode
                          : node.is_private ? kPrivateNode
                                            : kPickNode;
    text += std::to_string(kind);
    for (const unsigned field :
         {unsigned{node.preemptions}, unsigned{node.chosen}, node.options, node.left, node.done}) {
      text += ' ';
      text += std::to_string(field);
    }
    text += '\n';
  }
  return text;
}

/// Every option has its place: it was tried, is being tried, or is to be.
bool BoundedSearch::is_sound(const Node& node) const {
  const unsigned before = stack_.empty() ? 0 : stack_.back().preemptions_after();
  if (node.preemptions != before || node.preemptions > bound_) return false;
  if (node.is_draw) {
    return node.chosen < node.options && node.left < node.options && node.done == 0;
  }
  if (node.chosen >= kThreadsMax || (node.done & node.left) != 0) return false;
  const ThreadMask chosen = bit(node.chosen);
  const ThreadMask others = node.done | node.left;
  return (others & chosen) == 0 && (others | chosen) == node.options;
}

bool BoundedSearch::restore(std::string_view text, const Schedule& schedule) {
  is_shared_.fill(false);
  Reader in(text);
  in.expect(kMark);
  in.expect("\n");
  start(static_cast<unsigned>(in.line("bound", StateCache::kPreemptionsMax)), schedule);
  learning_ = static_cast<unsigned>(in.line("learning", kLearningMax));
  draws_ = in.line("draws", kDrawsMax);
  random_ = Random();
  for (std::uint64_t i = 0; i < draws_; ++i) random_.next();
  schedules_ = in.line("schedules");
  cuts_ = in.line("cuts");
  restarts_ = in.line("restarts");
  runs_ = in.line("runs");
  for (std::uint64_t left = in.line("shared", kSlots); left > 0 && in.is_good(); --left) {
    is_shared_[in.line("slot", kSlots - 1)] = true;
  }
  for (std::uint64_t left = in.line("nodes", kNodesMax); left > 0 && in.is_good(); --left) {
    Node node;
    const std::uint64_t kind = in.number(kDrawNode);
    node.is_draw = kind == kDrawNode;
    node.is_free = kind == kFreeNode;
    node.is_private = kind == kPrivateNode;
    const auto field = [&in](std::uint64_t max) {
      in.expect(" ");
      return in.number(max);
    };
    node.preemptions = static_cast<std::uint8_t>(field(StateCache::kPreemptionsMax));
    node.chosen = static_cast<std::uint8_t>(field(0xff));
    node.options = static_cast<ThreadMask>(field(kOptionsMax));
    node.left = static_cast<ThreadMask>(field(kOptionsMax));
    node.done = static_cast<ThreadMask>(field(kOptionsMax));
    in.expect("\n");
    if (!is_sound(node)) return false;
    stack_.push_back(node);
  }
  planned_ = stack_.size();
  const bool is_counted = schedules_ <= runs_ && cuts_ <= runs_ - schedules_ &&
                          (stack_.empty() || schedules_ + cuts_ > 0) &&
                          (learning_ == 0 || (stack_.empty() && schedules_ + cuts_ == 0));
  // There is one way to write a state.
  const bool is_whole = in.is_good() && in.is_at_end() && is_counted && save() == text;
  if (options_.runs_to_learn == 0) learning_ = 0;
  return is_whole;
}

}  // namespace concertina::fuzzers
