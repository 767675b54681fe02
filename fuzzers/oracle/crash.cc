#include "oracle/crash.h"

#include <csignal>

#include <algorithm>
#include <utility>

#include "oracle/library_words.h"
#include "oracle/report_text.h"
#include "oracle/sanitizer_report.h"

namespace concertina::fuzzers {
namespace {

using Kind = SanitizerReport::Kind;

constexpr std::size_t kTailLines = 6;

std::string signal_text(int number) {
  constexpr std::pair<int, const char*> kNames[] = {
      {SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"},   {SIGABRT, "SIGABRT"}, {SIGFPE, "SIGFPE"},
      {SIGILL, "SIGILL"},   {SIGTRAP, "SIGTRAP"}, {SIGKILL, "SIGKILL"}, {SIGXCPU, "SIGXCPU"}};
  for (const auto& [signal, name] : kNames) {
    if (signal == number) return name;
  }
  return "signal " + std::to_string(number);
}

constexpr unsigned kLinesOfAnAccess = 5;

/// The report's first line, and for each access its thread and its youngest frames.
std::string both_accesses(const std::vector<std::string_view>& lines, std::size_t header) {
  std::string text = excerpt(lines, header, 1);
  unsigned accesses = 0;
  for (std::size_t i = header + 1; i < lines.size() && accesses < 2; ++i) {
    if (!is_access(lines[i])) continue;
    text += '\n' + excerpt(lines, i, kLinesOfAnAccess);
    ++accesses;
  }
  return accesses == 0 ? excerpt(lines, header) : text;
}

/// The functions of each access; of the report's first stack when it is not about accesses.
std::vector<std::string> sides_of(const SanitizerReport& report) {
  std::vector<std::string> sides;
  for (const ReportedStack& stack : report.stacks) {
    if (is_access(stack.heading) && sides.size() < 2) sides.push_back(stack.top_functions());
  }
  if (sides.empty() && !report.stacks.empty()) sides.push_back(report.where());
  std::sort(sides.begin(), sides.end());
  return sides;
}

/// ThreadSanitizer's warning, of a race or of something else (a mutex, a thread, a signal's
/// handler). A race's kind names the youngest functions of both accesses in sorted order, since
/// which of the two came first is the schedule's doing: "data race: copy_range < copy_stack |
/// transfer_to_receiver < send_step".
Verdict race_verdict(const SanitizerReport& report, const std::vector<std::string_view>& lines) {
  std::string kind = report.what;
  std::string_view separator = ": ";
  for (const std::string& side : sides_of(report)) {
    kind += separator;
    kind += side;
    separator = " | ";
  }
  return {"race", kind, both_accesses(lines, report.line)};
}

/// Of a sanitizer's other reports the kind and the runtime's youngest functions:
/// "use-after-poison in transfer_to_receiver < send_step".
Verdict verdict_of(const SanitizerReport& report, const std::vector<std::string_view>& lines) {
  if (report.kind == Kind::kRace) return race_verdict(report, lines);
  return {report.kind == Kind::kError ? "memory" : "crash", report.what + " in " + report.where(),
          excerpt(lines, report.line)};
}

/// Which report says most of the death: a wild access can follow from a race and not the other way
/// round, so a race goes first, and libFuzzer's word for the signal of others last. What is left of
/// a report is better than nothing, its last words than the first.
const SanitizerReport* telling_report(const std::vector<SanitizerReport>& reports) {
  const auto find = [&](auto&& is_wanted) {
    const auto found = std::find_if(reports.begin(), reports.end(), is_wanted);
    return found == reports.end() ? nullptr : &*found;
  };
  const SanitizerReport* const by_preference[] = {
      find([](const SanitizerReport& one) { return one.kind == Kind::kRace && !one.is_remainder; }),
      find([](const SanitizerReport& one) {
        return one.kind != Kind::kEngine && !one.is_remainder;
      }),
      !reports.empty() && reports.back().is_remainder ? &reports.back() : nullptr,
      reports.empty() ? nullptr : &reports.front()};
  for (const SanitizerReport* report : by_preference) {
    if (report != nullptr) return report;
  }
  return nullptr;
}

/// Without a report: the signal, with the words of the library that raised it, or the exit status.
Verdict judge_end(int signal_number, int exit_status, const std::vector<std::string_view>& lines) {
  const std::string tail =
      "; the end of its log:\n" +
      excerpt(lines, lines.size() > kTailLines ? lines.size() - kTailLines : 0);
  if (signal_number == 0) {
    const std::string status = "exit status " + std::to_string(exit_status);
    return {"crash", "exited early, " + status, status + tail};
  }
  std::string kind = signal_text(signal_number);
  const std::string words = signal_number == SIGABRT ? last_library_words(lines) : "";
  if (!words.empty()) kind += ": " + words;
  return {"crash", kind, "signal " + std::to_string(signal_number) + tail};
}

}  // namespace

Verdict judge_reports(std::string_view stderr_text, bool ended_well) {
  const std::string text = plain_text(stderr_text);
  const std::vector<std::string_view> lines = report_lines(text);
  const std::vector<SanitizerReport> reports = read_reports(lines);
  const SanitizerReport* const report = telling_report(reports);
  if (report == nullptr || (ended_well && report->is_remainder)) return {};
  return verdict_of(*report, lines);
}

Verdict judge_crash(int signal_number, int exit_status, std::string_view stderr_text) {
  const bool ended_well = signal_number == 0 && exit_status == 0;
  Verdict verdict = judge_reports(stderr_text, ended_well);
  if (ended_well || verdict.failed()) return verdict;
  const std::string text = plain_text(stderr_text);
  return judge_end(signal_number, exit_status, split_lines(text));
}

}  // namespace concertina::fuzzers
