// The state of a BoundedSearch as text: counters, what is shared, and the stack, a line a node.
#include <charconv>

#include "explore/bounded.h"

namespace concertina::fuzzers {
namespace {

constexpr std::string_view kMark = "bounded-search 1";
constexpr unsigned kPickNode = 0;
constexpr unsigned kFreeNode = 1;
constexpr unsigned kPrivateNode = 2;
constexpr unsigned kDrawNode = 3;

void put(std::string& text, std::string_view word, std::uint64_t number) {
  text += word;
  text += ' ';
  text += std::to_string(number);
  text += '\n';
}

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool expect(std::string_view word) {
    const bool matches = rest_.starts_with(word);
    if (matches) rest_.remove_prefix(word.size());
    is_good_ = is_good_ && matches;
    return matches;
  }
  std::uint64_t number() {
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    is_good_ = is_good_ && error == std::errc{};
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }
  std::uint64_t line(std::string_view word) {
    expect(word);
    const std::uint64_t value = number();
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
  std::string text(kMark);
  text += '\n';
  put(text, "bound", bound_);
  put(text, "learning", learning_);
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
    for (const unsigned field : {unsigned{node.preemptions}, unsigned{node.chosen}, node.options,
                                 node.left, node.done}) {
      text += ' ';
      text += std::to_string(field);
    }
    text += '\n';
  }
  return text;
}

bool BoundedSearch::restore(std::string_view text, const Schedule& schedule) {
  Reader in(text);
  in.expect(kMark);
  in.expect("\n");
  start(static_cast<unsigned>(in.line("bound")), schedule);
  learning_ = static_cast<unsigned>(in.line("learning"));
  schedules_ = in.line("schedules");
  cuts_ = in.line("cuts");
  restarts_ = in.line("restarts");
  runs_ = in.line("runs");
  for (std::uint64_t left = in.line("shared"); left > 0 && in.is_good(); --left) {
    const std::uint64_t slot = in.line("slot");
    if (slot >= is_shared_.size()) return false;
    is_shared_[slot] = true;
  }
  for (std::uint64_t left = in.line("nodes"); left > 0 && in.is_good(); --left) {
    Node node;
    const std::uint64_t kind = in.number();
    node.is_draw = kind == kDrawNode;
    node.is_free = kind == kFreeNode;
    node.is_private = kind == kPrivateNode;
    node.preemptions = static_cast<std::uint8_t>(in.number());
    node.chosen = static_cast<std::uint8_t>(in.number());
    node.options = static_cast<ThreadMask>(in.number());
    node.left = static_cast<ThreadMask>(in.number());
    node.done = static_cast<ThreadMask>(in.number());
    in.expect("\n");
    stack_.push_back(node);
  }
  planned_ = stack_.size();
  return in.is_good() && in.is_at_end();
}

}  // namespace concertina::fuzzers
