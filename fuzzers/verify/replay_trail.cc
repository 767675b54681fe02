#include "verify/replay_trail.h"

#include "base/check.h"

namespace concertina::fuzzers {
namespace {

constexpr std::uint32_t kValueMax = 255;  // of a deviation, and of a key's occurrence

}  // namespace

std::vector<std::uint8_t> trail_of(const RunLog& log) {
  std::vector<std::uint8_t> trail;
  const std::span<const Draw> draws = log.draws();
  std::size_t next_draw = 0;
  for (std::uint32_t i = 0; i < log.step_count; ++i) {
    const Step& step = log.steps()[i];
    if (step.is_decision) trail.push_back(step.thread);
    for (; next_draw < draws.size() && draws[next_draw].step == i + 1; ++next_draw) {
      trail.push_back(static_cast<std::uint8_t>(draws[next_draw].value));
    }
  }
  return trail;
}

// --- TrailPlayer ---------------------------------------------------------------------------------

void TrailPlayer::reset(std::span<const std::uint8_t> chosen, const Schedule& schedule) {
  chosen_ = chosen;
  next_ = 0;
  misses_ = 0;
  policy_.reset(schedule);
}

ThreadId TrailPlayer::pick(ThreadMask enabled, ThreadId current, const Pending* pending) {
  if (next_ < chosen_.size()) {
    const ThreadId wanted = chosen_[next_++];
    if (wanted < kThreadsMax && (enabled & bit(wanted)) != 0) return wanted;
    ++misses_;
  }
  return policy_.pick(enabled, current, pending);
}

std::uint32_t TrailPlayer::choose(std::uint32_t n, Site site, SpawnPath path) {
  const std::uint32_t usual = policy_.choose(n, site, path);
  if (next_ >= chosen_.size()) return usual;
  const std::uint32_t wanted = chosen_[next_++];
  if (wanted < n) return wanted;
  ++misses_;
  return usual;
}

// --- WriteDown -----------------------------------------------------------------------------------

void WriteDown::reset(std::span<const std::uint8_t> chosen, const Schedule& schedule,
                      WrittenDeviations* written) {
  TrailPlayer::reset(chosen, schedule);
  usual_.reset(schedule);
  written_ = written;
  written_->count = 0;
  written_->is_exact = true;
  arriving_ = held_ = 0;
  decision_ = 0;
  picked_ = -1;
  waits_.fill({});
  for (std::vector<Count>* counts : {&passes_, &draws_}) {
    counts->clear();
    counts->reserve(kPlacesMax);  // nothing is allocated on behalf of a virtual thread
  }
}

std::uint32_t WriteDown::pass(std::vector<Count>& counts, SpawnPath path, Site site) {
  const std::uint64_t key = std::uint64_t{path} << 8 | static_cast<unsigned>(site);
  for (Count& place : counts) {
    if (place.key == key) return place.count++;
  }
  if (counts.size() == kPlacesMax) {
    written_->is_exact = false;
    return 0;
  }
  counts.push_back({key, 1});
  return 0;
}

void WriteDown::started(ThreadId thread) { arriving_ |= bit(thread); }

// In the order in which Deviating counts them.
void WriteDown::note_arrivals(const Pending* pending) {
  for (; arriving_ != 0; arriving_ = without_lowest(arriving_)) {
    const ThreadId thread = lowest(arriving_);
    const Pending& reached = pending[thread];
    const std::uint32_t occurrence = pass(passes_, reached.path, reached.site);
    waits_[thread] = {reached.path, reached.site, occurrence, decision_, kNotHeld};
  }
}

int WriteDown::new_item(DeviationKind kind, SpawnPath path, Site site, std::uint32_t occurrence) {
  CHECK(written_->count <= WrittenDeviations::kMax, "deviations that are written have room");
  if (written_->count == WrittenDeviations::kMax || occurrence > kValueMax) {
    written_->is_exact = false;
    return kNotHeld;
  }
  written_->items[written_->count] = {
      kind, {path, site, static_cast<std::uint8_t>(occurrence)}, kValueMax};
  return static_cast<int>(written_->count++);
}

void WriteDown::set_value(int item, std::uint32_t value) {
  if (item == kNotHeld) return;
  CHECK(item >= 0 && static_cast<unsigned>(item) < written_->count,
        "a value belongs to a deviation that was written");
  if (value > kValueMax) written_->is_exact = false;
  written_->items[item].value = static_cast<std::uint8_t>(value);
}

void WriteDown::hold(ThreadId thread) {
  Wait& wait = waits_[thread];
  CHECK(!contains(held_, thread), "a thread is held once until it runs");
  held_ |= bit(thread);
  wait.item = new_item(DeviationKind::kHold, wait.path, wait.site, wait.occurrence);
}

ThreadId WriteDown::pick(ThreadMask enabled, ThreadId current, const Pending* pending) {
  note_arrivals(pending);
  const ThreadId chosen = TrailPlayer::pick(enabled, current, pending);
  CHECK(contains(enabled, chosen), "a trail picks a thread that is enabled");
  for (;;) {
    // A hold of the chosen one ends before this decision.
    const ThreadMask free = enabled & ~(held_ & ~bit(chosen));
    const ThreadId usual =
        without_lowest(free) == 0 ? lowest(free) : usual_.pick(free, current, pending);
    if (usual == chosen) break;
    hold(usual);
  }
  ++decision_;
  picked_ = chosen;
  return chosen;
}

void WriteDown::executing(ThreadId thread, const Pending* pending) {
  note_arrivals(pending);
  Wait& wait = waits_[thread];
  if ((held_ & bit(thread)) != 0) {
    // The decision that picked it, if there was one, is counted already; it must not be excluded.
    const bool was_picked = picked_ == static_cast<int>(thread);
    CHECK(decision_ >= wait.since + (was_picked ? 1U : 0U), "a hold ends after it began");
    set_value(wait.item, decision_ - wait.since - (was_picked ? 1 : 0));
    held_ &= ~bit(thread);
  }
  picked_ = -1;
  arriving_ |= bit(thread);
}

std::uint32_t WriteDown::choose(std::uint32_t n, Site site, SpawnPath path) {
  const std::uint32_t usual = usual_.choose(n, site, path);
  const std::uint32_t drawn = TrailPlayer::choose(n, site, path);
  CHECK(drawn < n && usual < n, "a trail and its policy draw in range");
  const std::uint32_t occurrence = pass(draws_, path, site);
  if (drawn != usual) set_value(new_item(DeviationKind::kChoose, path, site, occurrence), drawn);
  return drawn;
}

}  // namespace concertina::fuzzers
