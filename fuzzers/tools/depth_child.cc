#include "tools/depth_child.h"

#include <new>

#include "schedule/key_text.h"
#include "tools/child.h"
#include "tools/shared_memory.h"

namespace concertina::fuzzers {
namespace {

constexpr unsigned kRacesTriedMax = 2000;

}  // namespace

Cause find_cause(const Input& input, const Explored& explored, unsigned timeout_s,
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
  ChildOptions options{.last_steps_max = 1, .timeout_s = timeout_s};
  options.chooser = &recorder;
  options.ended = [&recorder](const Trace& trace) {
    recorder.end(trace.outcome != Outcome::kHung);
  };
  const ChildRun again = run_in_child(input, options, error);
  if (!error.empty()) return cause;
  if (again.verdict.signature() != explored.verdict.signature() || !record->is_whole()) return cause;

  const std::vector<Race> races = races_of(*record);
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

std::string step_words(const RecordedStep& step) {
  return std::string(site_name(step.site)) + " of " + path_text(step.path);
}

}  // namespace concertina::fuzzers
