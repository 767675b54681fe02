#include <unistd.h>

#include <cstdio>

#include "base/check.h"
#include "host/json.h"
#include "host/shown.h"
#include "host/terminal.h"
#include "host/wrapped.h"
#include "report/report.h"
#include "tools/case_io.h"
#include "tools/child.h"
#include "tools/commands.h"

namespace concertina::fuzzers {
namespace {

// All steps of any run: what the end is about may have begun long before.
struct Replays {
  ChildRun first;  // the first failing run, else the first
  unsigned failures = 0;
  bool agree = true;  // all runs had one signature
};

Replays replay_all(const Input& input, const ReplayOptions& options) {
  Replays result;
  CHECK(options.times != 0, "an input is replayed at least once");
  const ChildOptions child_options{.timeout_s = options.timeout_s};
  for (unsigned i = 0; i < options.times; ++i) {
    ChildRun child = run_in_child(input, child_options);
    const bool failed = child.verdict.failed();
    if (i > 0) {
      result.agree &= child.verdict.signature() == result.first.verdict.signature();
    }
    if (i == 0 || (failed && result.failures == 0)) result.first = std::move(child);
    result.failures += failed ? 1 : 0;
  }
  CHECK(result.failures <= options.times, "each replay fails once at most");
  return result;
}

void print_json(const std::string& path, const Replays& replays, const ReplayOptions& options,
                bool expected) {
  const ChildRun& run = replays.first;
  JsonObject object;
  object.text("file", path)
      .text("signature", run.verdict.signature())
      .text("oracle", run.verdict.oracle)
      .text("kind", run.verdict.kind)
      .text("detail", run.verdict.detail)
      .text("outcome", outcome_name(run.trace.outcome))
      .text("hash", hash_text(run.trace.hash))
      .number("steps", run.trace.steps)
      .number("times", options.times)
      .number("failures", replays.failures)
      .flag("agree", replays.agree)
      .flag("died", run.died)
      .flag("expected", expected)
      .text("flavour", this_flavour());
  std::printf("%s\n", object.str().c_str());
}

bool wants_color(const std::string& when) {
  return when == "auto" ? shows_colours(STDOUT_FILENO) : when == "always";
}

void print_text(const CaseFile& file, const Replays& replays, const ReplayOptions& options) {
  const ChildRun& run = replays.first;
  const PageOptions page{.last_steps = options.last_steps,
                         .color = wants_color(options.color),
                         .log = run.log,
                         .raw = options.raw};
  std::printf("%s\n", render(file, run.trace, run.verdict, page).c_str());
}

int replay_one(const std::string& path, const ReplayOptions& options) {
  CaseFile file;
  if (!load_or_complain(path, file, options.as_bytes)) return kExitUnusable;
  const CaseHeader header = with_mutant(file.header, options.mutant);
  if (options.expect_from_header && !flavour_can_see(header, this_flavour())) {
    const std::string line =
        text_of(shown_path(path), ": skipped: it expects a failure that flavour '", this_flavour(),
                "' cannot see; it needs ", shown(header.flavour), "\n");
    std::fputs(line.c_str(), options.skip_unseen ? stdout : stderr);
    return options.skip_unseen ? kExitAsExpected : kExitUnusable;
  }
  const Replays replays = replay_all(file.input, options);
  const CaseHeader wanted = options.expect_from_header ? header : CaseHeader{};
  const bool expected = is_as_expected(wanted, replays.first.verdict) && replays.agree;
  if (options.json) {
    print_json(path, replays, options, expected);
    return expected ? kExitAsExpected : kExitFailed;
  }
  if (!options.quiet) print_text(file, replays, options);
  std::string wish = "pass";
  if (wanted.expect == "fail") wish = "fail by " + (wanted.oracle.empty() ? "any" : wanted.oracle);
  const std::string times = options.times == 1 ? ""
                                               : text_of("; ", replays.failures, " of ",
                                                         options.times, " replays failed");
  const std::string line =
      text_of(shown_path(path),
              expected ? ": ok: " : ": NOT AS EXPECTED: ", replays.first.verdict.signature(),
              " (expected: ", wish, ")", times, replays.agree ? "" : "; replays differ", "\n");
  // Alone it is also for programs, one line per file; below a page it is the page's last line.
  std::fputs(options.quiet ? line.c_str() : wrapped_text(line, 4).c_str(), stdout);
  return expected ? kExitAsExpected : kExitFailed;
}

}  // namespace

int replay(const ReplayOptions& options) {
  return worst_of(options.files,
                  [&](const std::string& path) { return replay_one(path, options); });
}

}  // namespace concertina::fuzzers
