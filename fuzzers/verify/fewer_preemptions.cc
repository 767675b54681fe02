#include "verify/fewer_preemptions.h"

#include <algorithm>
#include <span>

#include "base/check.h"

namespace concertina::fuzzers {
namespace {

constexpr std::uint32_t kStepsMax = 8192;
constexpr std::uint32_t kDrawsMax = 2048;
constexpr unsigned kMovesMax = 3;       // in one try
constexpr unsigned kPatience = 10'000;  // runs without a better one, then back to the best
constexpr unsigned kWorsePercent = 10;  // how often a run that is worse is taken
constexpr unsigned kWorseMax = 2;       // preemptions more than the best

/// What one thread does on end.
struct Segment {
  std::size_t begin = 0;
  std::size_t end = 0;
};

std::vector<Segment> segments_of(const std::vector<ThreadId>& order) {
  std::vector<Segment> segments;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || order[i] != order[i - 1]) segments.push_back({i, i});
    segments.back().end = i + 1;
  }
  return segments;
}

enum class Move : std::uint8_t {
  kGoOn,
  kGoOnAPart,
  kWait,
  kWaitInPart,
  kSwap,
  kLeaveOut,
  kCut,
  kCount
};

}  // namespace

bool can_be_reduced(const RunLog& log) {
  return log.step_count < kStepsMax && log.draw_count < kDrawsMax;
}

std::pair<unsigned, unsigned> cost_of(const RunLog& log) {
  const std::span<const Step> steps = log.steps();
  unsigned switches = 0;
  for (std::size_t i = 1; i < steps.size(); ++i) {
    switches += steps[i].thread != steps[i - 1].thread ? 1 : 0;
  }
  return {log.preemptions, switches};
}

FewerPreemptions::FewerPreemptions(const RunLog& failing, std::uint64_t seed) : random_(seed) {
  CHECK(can_be_reduced(failing), "a run whose log is cut cannot be made again");
  current_->copy_schedule(failing);
  best_->copy_schedule(failing);
}

std::vector<ThreadId> FewerPreemptions::next() {
  std::vector<ThreadId> order;
  for (const Step& step : current_->steps()) order.push_back(step.thread);
  for (unsigned left = random_.between(1, kMovesMax); left > 0; --left) move(order);
  return order;
}

void FewerPreemptions::move(std::vector<ThreadId>& order) {
  const std::vector<Segment> segments = segments_of(order);
  if (segments.empty()) return;
  const auto first = random_.below(static_cast<std::uint32_t>(segments.size()));
  const Segment segment = segments[first];
  CHECK(segments.back().end == order.size(), "segments cover the whole order");
  CHECK(segment.begin < segment.end, "a segment has a step");
  const ThreadId thread = order[segment.begin];
  const auto later = std::find_if(segments.begin() + first + 1, segments.end(),
                                  [&](Segment other) { return order[other.begin] == thread; });
  const auto at = [&](std::size_t index) {
    return order.begin() + static_cast<std::ptrdiff_t>(index);
  };
  const auto part_of = [&](Segment whole) {
    return random_.below(static_cast<std::uint32_t>(whole.end - whole.begin));
  };
  const auto what = static_cast<Move>(random_.below(static_cast<std::uint32_t>(Move::kCount)));
  if (what == Move::kCut) {
    order.resize(segment.end);
  } else if (what == Move::kLeaveOut) {
    order.erase(at(segment.begin), at(segment.end));
  } else if (what == Move::kSwap) {
    if (first + 1 == segments.size()) return;
    std::rotate(at(segment.begin), at(segment.end), at(segments[first + 1].end));
  } else if (later != segments.end()) {
    const bool goes_on = what == Move::kGoOn || what == Move::kGoOnAPart;
    if (goes_on) {
      const std::size_t kept = what == Move::kGoOn ? 0 : part_of(*later);
      std::rotate(at(segment.end), at(later->begin), at(later->end - kept));
    } else {
      const std::size_t kept = what == Move::kWait ? 0 : part_of(segment);
      std::rotate(at(segment.begin + kept), at(segment.end), at(later->begin));
    }
  }
}

void FewerPreemptions::ran(const RunLog& log, bool fails) {
  ++since_better_;
  if (fails && cost_of(log) < cost_of(*best_)) {
    best_->copy_schedule(log);
    since_better_ = 0;
  }
  CHECK(cost_of(*best_) <= cost_of(*current_), "no run costs less than the best");
  const bool may_be_worse =
      log.preemptions <= best_->preemptions + kWorseMax && random_.percent(kWorsePercent);
  if (fails && (cost_of(log) <= cost_of(*current_) || may_be_worse)) {
    current_->copy_schedule(log);
  } else if (since_better_ >= kPatience) {
    current_->copy_schedule(*best_);
    since_better_ = 0;
  }
}

}  // namespace concertina::fuzzers
