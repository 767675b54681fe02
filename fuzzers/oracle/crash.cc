#include "oracle/crash.h"

#include <csignal>

#include "oracle/memory.h"
#include "oracle/race.h"
#include "oracle/sanitizer_text.h"

namespace concertina::fuzzers {
namespace {

constexpr std::string_view kLibFuzzer = "ERROR: libFuzzer: ";
constexpr std::size_t kTailLines = 6;

std::string signal_text(int number) {
  switch (number) {
    case SIGSEGV:
      return "SIGSEGV";
    case SIGBUS:
      return "SIGBUS";
    case SIGABRT:
      return "SIGABRT";
    case SIGFPE:
      return "SIGFPE";
    case SIGILL:
      return "SIGILL";
    case SIGTRAP:
      return "SIGTRAP";
    case SIGKILL:
      return "SIGKILL";
    case SIGXCPU:
      return "SIGXCPU";
    default:
      return "another signal";
  }
}

/// libFuzzer's words for a signal, a timeout or an exhausted memory limit.
Verdict judge_libfuzzer(const std::vector<std::string_view>& lines) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::size_t at = lines[i].find(kLibFuzzer);
    if (at == std::string_view::npos) continue;
    return {"crash",
            stable_words(lines[i].substr(at + kLibFuzzer.size())) + " in " +
                top_functions(lines, i + 1),
            excerpt(lines, i)};
  }
  return {};
}

}  // namespace

Verdict judge_crash(int signal_number, int exit_status, std::string_view stderr_text) {
  // A wild access can follow from a race and not the other way round, so the race goes first.
  if (Verdict verdict = judge_race(stderr_text); verdict.failed()) return verdict;
  if (Verdict verdict = judge_memory(stderr_text); verdict.failed()) return verdict;
  const std::vector<std::string_view> lines = split_lines(stderr_text);
  if (Verdict verdict = judge_libfuzzer(lines); verdict.failed()) return verdict;
  if (signal_number == 0 && exit_status == 0) return {};
  const std::string tail =
      excerpt(lines, lines.size() > kTailLines ? lines.size() - kTailLines : 0);
  if (signal_number != 0) {
    return {"crash", signal_text(signal_number),
            "signal " + std::to_string(signal_number) + "; the end of its log:\n" + tail};
  }
  return {"crash", "exited early",
          "exit status " + std::to_string(exit_status) + "; the end of its log:\n" + tail};
}

}  // namespace concertina::fuzzers
