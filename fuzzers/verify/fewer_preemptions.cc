#include "verify/fewer_preemptions.h"

#include <algorithm>

#include "schedule/thread_mask.h"

namespace concertina::fuzzers {
namespace {

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

unsigned RunNotes::switches() const {
  unsigned count = 0;
  for (std::uint32_t i = 1; i < step_count; ++i) count += threads[i] != threads[i - 1] ? 1 : 0;
  return count;
}

std::pair<unsigned, unsigned> cost_of(const RunNotes& notes) {
  return {notes.preemptions, notes.switches()};
}

// --- Noting --------------------------------------------------------------------------------------

void Noting::reset(Chooser& strategy, RunNotes& notes) {
  strategy_ = &strategy;
  notes_ = &notes;
  notes.preemptions = notes.step_count = notes.draw_count = notes.trail.count = 0;
  current_ = 0;
}

ThreadId Noting::pick(ThreadMask enabled, ThreadId current, const Pending* pending) {
  const ThreadId chosen = strategy_->pick(enabled, current, pending);
  const bool is_free = (enabled & bit(current)) == 0 || pending[current].is_spinning;
  if (!is_free && chosen != current) ++notes_->preemptions;
  notes_->trail.add(chosen);
  return chosen;
}

void Noting::executing(ThreadId thread, const Pending* pending) {
  if (strategy_->observes()) strategy_->executing(thread, pending);
  current_ = thread;
  if (notes_->step_count < RunNotes::kStepsMax) notes_->threads[notes_->step_count++] = thread;
}

std::uint32_t Noting::choose(std::uint32_t n, Site site, SpawnPath path) {
  const std::uint32_t drawn = strategy_->choose(n, site, path);
  notes_->trail.add(drawn);
  if (notes_->draw_count < RunRecord::kDrawsMax) {
    notes_->draws[notes_->draw_count++] = {current_, static_cast<std::uint8_t>(drawn)};
  }
  return drawn;
}

// --- Reducing ------------------------------------------------------------------------------------

FewerPreemptions::FewerPreemptions(const RunNotes& failing, std::uint64_t seed)
    : current_(failing), best_(failing), random_(seed) {}

std::vector<ThreadId> FewerPreemptions::next() {
  std::vector<ThreadId> order(current_.threads, current_.threads + current_.step_count);
  for (unsigned left = random_.between(1, kMovesMax); left > 0; --left) move(order);
  return order;
}

void FewerPreemptions::move(std::vector<ThreadId>& order) {
  const std::vector<Segment> segments = segments_of(order);
  if (segments.empty()) return;
  const auto first = random_.below(static_cast<std::uint32_t>(segments.size()));
  const Segment segment = segments[first];
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

void FewerPreemptions::ran(const RunNotes& notes, bool fails) {
  ++since_better_;
  if (fails && cost_of(notes) < cost_of(best_)) {
    best_ = notes;
    since_better_ = 0;
  }
  const bool may_be_worse =
      notes.preemptions <= best_.preemptions + kWorseMax && random_.percent(kWorsePercent);
  if (fails && (cost_of(notes) <= cost_of(current_) || may_be_worse)) {
    current_ = notes;
  } else if (since_better_ >= kPatience) {
    current_ = best_;
    since_better_ = 0;
  }
}

}  // namespace concertina::fuzzers
