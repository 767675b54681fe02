#include "report/report.h"

#include <algorithm>

#include "trace/text.h"

namespace concertina::fuzzers {
namespace {

/// One tag and its text; further lines of the text are indented to where it began.
void add_field(std::string& page, std::string_view tag, std::string_view text) {
  constexpr std::size_t kColumn = 10;
  if (text.empty()) return;
  std::string line(tag);
  line += ':';
  line.resize(std::max(kColumn, line.size() + 1), ' ');
  for (const char c : text) {
    if (c == '\n') {
      line += '\n' + std::string(kColumn, ' ');
    } else {
      line += c >= ' ' && c <= '~' ? c : '?';
    }
  }
  page += line + '\n';
}

void add_indented(std::string& page, std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    page += line.empty() ? "\n" : "  " + std::string(line) + '\n';
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
}

void add_column(std::string& line, std::string_view text, std::size_t width) {
  line += text;
  line.append(text.size() < width ? width - text.size() : 0, ' ');
  line += ' ';
}

std::string outcome_text(const Trace& trace) {
  std::string text(outcome_name(trace.outcome));
  if (!trace.message.empty()) text += ": " + trace.message;
  return text + "\n" + std::to_string(trace.steps) + " steps, " + std::to_string(trace.decisions) +
         " of them with a choice; " + std::to_string(trace.events.size()) + " events";
}

std::string schedule_text(const Schedule& schedule) {
  std::string text = std::to_string(schedule.processors) + " processors, ";
  text += schedule.strategy == Strategy::kPct ? "pct of depth " + std::to_string(schedule.depth)
                                              : std::string("random walk");
  text += ", seed " + std::to_string(schedule.seed);
  if (schedule.move_at_every_prologue) text += ", moves at every prologue";
  if (!schedule.reuse_stacks) text += ", stacks not reused";
  if (!schedule.cache_stacks) text += ", stacks not cached";
  if (!schedule.shrink_stacks) text += ", no shrinking";
  if (!schedule.stack_events.empty()) {
    text += ", stack events: " + std::to_string(schedule.stack_events.size());
  }
  if (!schedule.deviations.empty()) {
    text += ", deviations: " + std::to_string(schedule.deviations.size());
  }
  return text;
}

std::string object_text(ObjectId object) {
  return object == 0 ? std::string("-") : "#" + std::to_string(object);
}

/// What was announced in a step; `next` is the first event not looked at yet.
std::string facts_of_step(const Trace& trace, std::uint32_t step, std::size_t& next) {
  std::string facts;
  while (next < trace.events.size() && trace.events[next].step < step) ++next;
  for (; next < trace.events.size() && trace.events[next].step == step; ++next) {
    const Event& event = trace.events[next];
    if (event.kind == EventKind::kLockAcquired || event.kind == EventKind::kLockReleased) continue;
    const std::string text = describe(event);
    facts += (facts.empty() ? "" : "; ") + text.substr(0, text.rfind(" (thread"));
  }
  return facts;
}

void add_steps(std::string& page, const Trace& trace, unsigned last_steps) {
  const std::size_t kept = trace.last_steps.size();
  const std::size_t shown = std::min<std::size_t>(kept, last_steps);
  if (shown == 0) return;
  page += "\nlast " + std::to_string(shown) + " of " + std::to_string(trace.steps) + " steps:\n";
  page += "   step   thread who        site                      operation object announced\n";
  const std::size_t before = trace.steps > kept ? trace.steps - kept : 0;
  std::size_t next_event = 0;
  for (std::size_t i = kept - shown; i < kept; ++i) {
    const Step& step = trace.last_steps[i];
    const auto number = static_cast<std::uint32_t>(before + i + 1);
    const std::string text = std::to_string(number);
    std::string line(text.size() < 7 ? 7 - text.size() : 0, ' ');
    line += text + (step.is_decision ? " * " : "   ");
    add_column(line, "T" + std::to_string(step.thread), 5);
    add_column(line, describe_path(step.path), 10);
    add_column(line, site_name(step.site), 25);
    add_column(line, operation_kind_name(step.kind), 9);
    add_column(line, object_text(step.object), 6);
    line += facts_of_step(trace, number, next_event);
    line.erase(line.find_last_not_of(' ') + 1);
    page += line + '\n';
  }
}

void add_threads(std::string& page, const Trace& trace) {
  if (trace.threads.empty()) return;
  page += "\nthreads at the end:\n";
  for (const ThreadAtEnd& thread : trace.threads) {
    std::string line = "  T" + std::to_string(thread.thread);
    if (thread.goroutine != kNoGoroutine)
      line += " (goroutine " + std::to_string(thread.goroutine) + ")";
    line += thread.is_enabled ? " could go on at " : " waits at ";
    line += std::string(site_name(thread.site)) + ": " +
            std::string(operation_kind_name(thread.kind)) + " " + object_text(thread.object);
    if (thread.lock_holder >= 0) line += ", held by T" + std::to_string(thread.lock_holder);
    page += line + '\n';
  }
}

}  // namespace

std::string_view operation_kind_name(std::uint8_t kind) {
  switch (static_cast<OperationKind>(kind)) {
    case OperationKind::kStart:
      return "start";
    case OperationKind::kLoad:
      return "load";
    case OperationKind::kStore:
      return "store";
    case OperationKind::kUpdate:
      return "update";
    case OperationKind::kLock:
      return "lock";
    case OperationKind::kUnlock:
      return "unlock";
    case OperationKind::kSleep:
      return "sleep";
    case OperationKind::kWake:
      return "wake";
    case OperationKind::kSpin:
      return "spin";
    case OperationKind::kCopy:
      return "copy";
    case OperationKind::kPause:
      return "pause";
    case OperationKind::kScanRequest:
      return "scan";
  }
  return "unknown";
}

std::string render(const CaseFile& file, const Trace& trace, const Verdict& verdict,
                   unsigned last_steps) {
  std::string page;
  add_field(page, "case", file.header.title);
  add_field(page, "bug", file.header.bug);
  add_field(page, "verdict", verdict.signature());
  add_field(page, "detail", verdict.detail);
  add_field(page, "outcome", outcome_text(trace));
  add_field(page, "schedule", schedule_text(file.input.schedule));
  page += "\nprogram:\n";
  add_indented(page, to_go(file.input.program));
  add_threads(page, trace);
  add_steps(page, trace, last_steps);
  return page;
}

}  // namespace concertina::fuzzers
