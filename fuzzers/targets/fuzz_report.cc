// Fuzz target for the reading of sanitizers' reports (oracle/sanitizer_report.h): its laws for any
// text. The seeds are real reports, oracle/testdata/reports.
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "oracle/crash.h"
#include "oracle/report_text.h"
#include "oracle/sanitizer_report.h"

namespace {

using namespace concertina::fuzzers;

void require(bool law) {
  if (!law) std::abort();
}

Verdict judge_text(std::string_view text) { return judge_crash(SIGABRT, 0, text); }

bool is_same(const Verdict& a, const Verdict& b) {
  return a.signature() == b.signature() && a.detail == b.detail;
}

/// A name has no blank, no control character and no bracket, but in what an operator has.
void check_name(std::string_view name) {
  constexpr std::string_view kUnknown = "<unknown>";
  require(!name.empty());
  for (const char c : name) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  if (name == kUnknown) return;
  name = name.substr(0, name.find("operator"));
  require(name.find_first_of(" \t()<>[]{}'\"`,;&*") == std::string_view::npos);
}

void check_frames(const std::vector<std::string_view>& lines) {
  for (const SanitizerReport& report : read_reports(lines)) {
    require(report.line < lines.size() && !report.what.empty() && !report.where().empty());
    for (const ReportedStack& stack : report.stacks) {
      unsigned number = stack.frames.empty() ? 0 : stack.frames[0].number;
      for (const StackFrame& frame : stack.frames) {
        require(frame.number == number++);
        check_name(frame.function);
      }
    }
  }
}

/// What a terminal, another system or another thread adds changes nothing.
void check_additions(const std::vector<std::string_view>& lines, const Verdict& verdict) {
  std::string coloured, dos, with_others;
  for (const std::string_view line : lines) {
    coloured += "\x1b[1m\x1b[31m" + std::string(line.substr(0, line.size() / 2)) + "\x1b[0m" +
                std::string(line.substr(line.size() / 2)) + "\n";
    dos += std::string(line) + "\r\n";
    with_others += "#7 of the program's lines\n\n" + std::string(line) + "\n";
  }
  require(is_same(judge_text(coloured), verdict));
  require(is_same(judge_text(dos), verdict));
  if (!read_reports(lines).empty())
    require(judge_text(with_others).signature() == verdict.signature());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text = plain_text({reinterpret_cast<const char*>(data), size});
  require(plain_text(text) == text);
  const Verdict verdict = judge_text({reinterpret_cast<const char*>(data), size});
  require(verdict.failed() && is_same(judge_text(text), verdict));
  check_frames(report_lines(text));
  text += '\n';  // what is added below ends each line, and so the one that was cut
  check_additions(split_lines(text), judge_text(text));
  return 0;
}
