#include "tools/depth_child.h"

#include <algorithm>
#include <new>
#include <tuple>

#include "schedule/key_text.h"
#include "tools/child.h"
#include "tools/shared_memory.h"

namespace concertina::fuzzers {
namespace {

constexpr unsigned kRacesTriedMax = 2000;

}  // namespace

Cause find_cause(const Input& input, const Explored& explored, const ChildOptions& child_options,
                 std::string& error) {
  Cause cause;
  const SharedMemory memory(sizeof(RunRecord));
  if (memory.get() == nullptr) {
    error = "no memory to share with a child process";
    return cause;
  }
  auto* const record = new (memory.get()) RunRecord;
  RaceRecorder recorder;
  recorder.reset(explored.trail, input.schedule, record);
  ChildOptions options = child_options;
  options.chooser = &recorder;
  options.ended = [&recorder](const Trace& trace) {
    recorder.end(trace.outcome != Outcome::kHung);
  };
  const ChildRun again = run_in_child(input, options, error);
  if (!error.empty()) return cause;
  if (again.verdict.signature() != explored.verdict.signature() || !record->is_whole()) return cause;

  std::vector<Race> races = races_of(*record);
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
    player.reset(reversed_order(*record, race), *record, input.schedule);
    const ChildRun reversed = run_in_child(input, options, error);
    if (!error.empty()) return cause;
    if (reversed.verdict.failed()) continue;
    cause.is_found = true;
    cause.first = record->steps[race.earlier];
    cause.second = race.later < record->step_count ? record->steps[race.later]
                   : record->has_ended             ? record->waiting[race.later_thread]
                                                   : record->open;
    break;
  }
  return cause;
}

std::string Cause::words() const {
  if (!is_found) return "";
  const auto step_words = [](const RecordedStep& step) {
    return std::string(site_name(step.site)) + " of " + path_text(step.path);
  };
  return step_words(first) + " before " + step_words(second);
}

bool Depth::is_proved() const {
  for (std::size_t i = 0; i + 1 < explored.bounds.size(); ++i) {
    if (!explored.bounds[i].is_complete) return false;
  }
  return is_known();
}

std::uint64_t Depth::schedules() const {
  std::uint64_t sum = 0;
  for (const BoundReport& report : explored.bounds) sum += report.schedules;
  return sum;
}

std::uint64_t Depth::schedules_below() const {
  return explored.bounds.empty() ? 0 : schedules() - explored.bounds.back().schedules;
}

std::string Depth::words() const {
  if (!is_known()) return "";
  std::string text = std::to_string(explored.preemptions) +
                     (explored.preemptions == 1 ? " preemption" : " preemptions");
  if (!is_proved()) return text + ", not proved";
  if (has_fixed_draws) text += " with the seed's draws";
  if (explored.bounds.size() > 1) {
    text += "; 0 of " + std::to_string(schedules_below()) + " schedules with fewer fail so";
  }
  return text;
}

Depth find_depth(const Input& input, const ExploreOrder& order, std::string& error) {
  Depth depth;
  depth.signature = order.signature;
  depth.explored = explore_in_child(input, order, error);
  if (error.empty() && depth.explored.end == ExploreEnd::kBudget) {
    ExploreOrder fixed = order;
    fixed.fixes_draws = depth.has_fixed_draws = true;
    depth.explored = explore_in_child(input, fixed, error);
  }
  if (error.empty() && depth.is_known()) {
    depth.cause = find_cause(input, depth.explored,
                             {.last_steps_max = 1, .timeout_s = order.timeout_s,
                              .judge = order.judge},
                             error);
  }
  return depth;
}

}  // namespace concertina::fuzzers
