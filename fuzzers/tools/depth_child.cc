#include "tools/depth_child.h"

#include <algorithm>
#include <tuple>

#include "base/check.h"
#include "host/shared_memory.h"
#include "host/text.h"
#include "schedule/key_text.h"
#include "tools/child.h"

namespace concertina::fuzzers {
namespace {

constexpr unsigned kRacesTriedMax = 2000;

}  // namespace

Cause find_cause(const Input& input, const Verified& explored, const ChildOptions& child_options) {
  Cause cause;
  const Shared<RaceRecord> record;
  RaceRecorder recorder;
  recorder.reset(explored.trail, input.schedule, record.get());
  ChildOptions options = child_options;
  options.chooser = &recorder;
  options.ended = [&recorder](const Trace& trace) {
    recorder.end(trace.outcome != Outcome::kHung);
  };
  const ChildRun again = run_in_child(input, options);
  if (again.verdict.signature() != explored.verdict.signature() || !record->is_whole())
    return cause;

  const RunLog& log = **again.record;
  CHECK(trail_of(log) == explored.trail, "a run that follows a trail leaves the same trail");
  std::vector<Race> races = races_of(log, *record);
  std::sort(races.begin(), races.end(), [](const Race& a, const Race& b) {
    return std::tuple(b.earlier, a.later, a.later_thread) <
           std::tuple(a.earlier, b.later, b.later_thread);
  });
  cause.races = static_cast<unsigned>(races.size());
  OrderPlayer player;
  options.chooser = &player;
  options.ended = {};
  for (const Race& race : races) {
    if (cause.races_tried++ == kRacesTriedMax) break;
    player.reset(reversed_order(log, *record, race), log, input.schedule);
    const ChildRun reversed = run_in_child(input, options);
    if (reversed.verdict.failed()) continue;
    cause.is_found = true;
    const bool waits = race.later == record->step_count && record->has_ended;
    cause.first = log.steps()[race.earlier];
    cause.second = waits ? record->waiting[race.later_thread] : log.steps()[race.later];
    break;
  }
  return cause;
}

std::string Cause::words() const {
  if (!is_found) return "";
  const auto step_words = [](const Step& step) {
    return std::string(site_name(step.site)) + " of " + path_text(step.path);
  };
  return step_words(first) + " before " + step_words(second);
}

unsigned Depth::bounds_complete() const {
  unsigned count = 0;
  for (const BoundReport& report : explored.bounds) {
    if (report.is_complete && report.bound == count) ++count;
  }
  return count;
}

std::uint64_t Depth::schedules(unsigned below) const {
  std::uint64_t sum = 0;
  for (const BoundReport& report : explored.bounds) {
    if (report.bound < below) sum += report.schedules;
  }
  return sum;
}

std::uint64_t Depth::schedules_below() const {
  return schedules(std::min(bounds_complete(), explored.preemptions));
}

std::string Depth::words() const {
  if (!is_known()) return "";
  CHECK(bounds_complete() <= explored.bounds.size(), "a bound is complete once");
  const std::string preemptions =
      text_of(explored.preemptions, explored.preemptions == 1 ? " preemption" : " preemptions");
  const std::string draws = has_fixed_draws ? " with the seed's draws" : "";
  const std::string schedules = text_of("0 of ", schedules_below(), " schedules with ");
  if (is_proved()) {
    return preemptions + draws +
           (explored.preemptions > 0 ? "; " + schedules + "fewer fail so" : "");
  }
  const unsigned complete = bounds_complete();
  if (complete == 0) return "at most " + preemptions;
  CHECK(complete <= explored.preemptions, "bounds that are complete hold no failure");
  return text_of("at most ", preemptions, "; more than ", complete - 1, draws, ": ", schedules,
                 "so few fail so");
}

namespace {

/// Where all draws are too many: those of the seed alone. The bounds that were complete with all of
/// them say more, if there are any.
void explore_with_fixed_draws(const Input& input, const VerifyOrder& order, Depth& depth) {
  VerifyOrder fixed = order;
  fixed.fixes_draws = true;
  Verified explored = verify_in_child(input, fixed);
  const unsigned complete = depth.bounds_complete();
  depth.has_fixed_draws =
      complete == 0 || (explored.end == VerifyEnd::kFailed && explored.preemptions > complete);
  if (!depth.has_fixed_draws) explored.bounds = depth.explored.bounds;
  depth.explored = std::move(explored);
}

/// Puts the run with the fewest preemptions that reducing comes to in place of the missing one.
void reduce(const Input& input, const VerifyOrder& order, const Reducing& reducing, Depth& depth) {
  const Fewer fewer = find_fewer_preemptions(input, {.signature = order.signature,
                                                     .starts = reducing.starts,
                                                     .runs_to_reduce = reducing.runs,
                                                     .seconds_max = order.seconds_max,
                                                     .timeout_s = order.timeout_s,
                                                     .judge = order.judge});
  depth.reducing_runs = fewer.runs;
  if (!fewer.is_found) return;
  depth.is_reduced = true;
  depth.explored.end = VerifyEnd::kFailed;
  depth.explored.verdict = fewer.verdict;
  depth.explored.preemptions = fewer.preemptions;
  depth.explored.trail = fewer.trail;
}

}  // namespace

Depth find_depth(const Input& input, const VerifyOrder& order, const Reducing& reducing) {
  Depth depth;
  depth.signature = order.signature;
  depth.explored = verify_in_child(input, order);
  if (depth.explored.end == VerifyEnd::kBudget) {
    explore_with_fixed_draws(input, order, depth);
  }
  if (!depth.is_known()) reduce(input, order, reducing, depth);
  if (depth.is_known()) {
    depth.cause =
        find_cause(input, depth.explored, {.timeout_s = order.timeout_s, .judge = order.judge});
  }
  return depth;
}

}  // namespace concertina::fuzzers
