#include "tools/child.h"

#include "base/check.h"
#include "host/forked.h"
#include "tools/forked_verdict.h"
#include "tools/packed.h"

namespace concertina::fuzzers {
namespace {

std::string answer_of(const Verdict& verdict, const Trace& t) {
  return pack(verdict, t.machines_max, t.slice, t.outcome, t.message, t.hash, t.steps, t.decisions,
              t.threads);
}

bool read_answer(std::string_view bytes, ChildRun& result) {
  Trace& t = result.trace;
  return unpack(bytes, result.verdict, t.machines_max, t.slice, t.outcome, t.message, t.hash,
                t.steps, t.decisions, t.threads);
}

std::string run_and_judge(const Input& input, const ChildOptions& options, RunLog& log) {
  const Trace trace = run(input, {.chooser = options.chooser, .log = &log});
  if (options.ended) options.ended(trace);
  const Verdict verdict = options.judge(input, trace);
  std::string answer = answer_of(verdict, trace);
  ChildRun back;
  CHECK(read_answer(answer, back) && back.trace.hash == trace.hash &&
            back.verdict.signature() == verdict.signature(),
        "what a child answers is read back as it was");
  return answer;
}

}  // namespace

ChildRun run_in_child(const Input& input, const ChildOptions& options) {
  ChildRun child;
  child.record = std::make_unique<Shared<RunLog>>();
  RunLog& log = **child.record;
  const Forked forked = run_forked([&] { return run_and_judge(input, options, log); },
                                   {.timeout_s = options.timeout_s});
  child.log = forked.log;
  const bool is_whole = forked.answered() && read_answer(forked.answer, child);
  child.trace.events = log.events.all();
  child.trace.last_steps = log.steps();
  if (is_whole) return child;

  child.died = true;
  child.trace.machines_max = input.schedule.machines_max;
  child.trace.slice = input.schedule.slice;
  child.trace.outcome = Outcome::kFatal;
  child.trace.steps = log.step_count;
  child.verdict = verdict_of(forked);
  if (forked.end == ForkedEnd::kHung) {
    child.verdict.detail += " The run was at step " + std::to_string(child.trace.steps) + ".";
  }
  return child;
}

}  // namespace concertina::fuzzers
