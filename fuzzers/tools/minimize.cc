#include <cstdio>
#include <filesystem>

#include "base/check.h"
#include "host/json.h"
#include "host/shown.h"
#include "host/stopwatch.h"
#include "host/terminal.h"
#include "host/wrapped.h"
#include "minimize/minimize.h"
#include "tools/batch.h"
#include "tools/case_io.h"
#include "tools/child.h"
#include "tools/commands.h"
#include "tools/depth_child.h"

namespace concertina::fuzzers {
namespace {

// What a person reads at a glance. A search that ends with more starts over, with other draws.
constexpr unsigned kGoroutinesWanted = 3;
constexpr unsigned kOperationsWanted = 8;
constexpr unsigned kPreemptionsMax = 4;  // of which a depth is looked for

bool is_small(const Size& size) {
  return size.goroutines <= kGoroutinesWanted && size.operations <= kOperationsWanted &&
         size.is_free_of_chance;
}

std::uint32_t cost_of(const Input& input) {
  return fuzzers::cost_of(input.program) + fuzzers::cost_of(input.schedule);
}

/// The best of some searches; all of them together keep to the budget.
Minimized minimize_well(const Input& input, Examiner& examiner, MinimizeOptions options,
                        unsigned attempts) {
  Minimized best = minimize(input, examiner, options);
  const std::uint64_t budget = options.runs_max;
  std::uint64_t runs = best.runs;
  for (unsigned i = 1;
       i < attempts && best.why_cut_off.empty() && !is_small(size_of(best.input)) && runs < budget;
       ++i) {
    ++options.seed;
    options.runs_max = budget - runs;
    // From what there is and from the beginning in turn: another way down, or a way on.
    const Minimized other = minimize(i % 2 == 0 ? best.input : input, examiner, options);
    runs += other.runs;
    best.why_cut_off = other.why_cut_off;
    if (cost_of(other.input) < cost_of(best.input)) best.input = other.input;
  }
  CHECK(cost_of(best.input) <= cost_of(input), "the best of some searches is no larger");
  best.runs = runs;
  best.is_out_of_budget = runs >= budget;
  return best;
}

std::string size_text(const Size& size) {
  return text_of(size.goroutines, " goroutines, ", size.operations, " operations, ",
                 size.stack_events, " stack events, ",
                 size.is_free_of_chance ? "" : "a schedule by chance with ", size.preemptions,
                 size.is_free_of_chance ? " preemptions" : " holds");
}

/// The verdict of the input as it is; false, after a complaint, when it does not fail.
bool find_verdict(const std::string& path, const CaseFile& file, unsigned timeout_s,
                  Verdict& verdict) {
  verdict = run_in_child(file.input, {.timeout_s = timeout_s}).verdict;
  if (verdict.failed()) return true;
  complain(path, text_of("it does not fail in flavour '", this_flavour(),
                         "', so there is nothing to minimise"));
  return false;
}

std::string default_output(const std::string& path) {
  std::filesystem::path name(path);
  return (name.parent_path() / (name.stem().string() + ".min.case")).string();
}

void print_progress(const char* what, const Input& input, std::uint64_t runs) {
  show_status(text_of(what, ": ", size_text(size_of(input)), " (", runs, " runs)"));
}

void report(const MinimizeCommandOptions& options, const std::string& output,
            const Verdict& verdict, const Size& before, const Minimized& minimized,
            const Depth& depth, double seconds) {
  const Size after = size_of(minimized.input);
  if (options.json) {
    JsonObject object;
    object.text("file", options.file)
        .text("output", output)
        .text("signature", verdict.signature())
        .text("oracle", verdict.oracle)
        .text("flavour", this_flavour())
        .number("goroutines", after.goroutines)
        .number("operations", after.operations)
        .number("channels", after.channels)
        .number("preemptions", after.preemptions)
        .number("stack_events", after.stack_events)
        .flag("free_of_chance", after.is_free_of_chance)
        .number("runs", minimized.runs)
        .flag("out_of_budget", minimized.is_out_of_budget)
        .text("depth", depth.words())
        .text("pair", depth.cause.words())
        .real("seconds", seconds);
    std::printf("%s\n", object.str().c_str());
    return;
  }
  constexpr std::size_t kHang = 13;
  print_wrapped(kHang, shown_path(output), "\n  signature  ", verdict.signature(),
                "\n  before     ", size_text(before), "\n  after      ", size_text(after),
                "\n  effort     ", minimized.runs, " runs, ", decimal(seconds, 1), " s",
                minimized.is_out_of_budget ? "; stopped by --budget" : "");
  if (depth.is_known()) print_wrapped(kHang, "  bug depth  ", depth.words());
  if (depth.cause.is_found) print_wrapped(kHang, "  turns on   ", depth.cause.words());
}

/// Into the header, with what the case is about.
Depth note_depth(CaseFile& file, const Verdict& verdict, const MinimizeCommandOptions& options,
                 bool is_wanted) {
  Depth depth;
  if (is_wanted && options.depth_budget_s > 0) {
    depth = find_depth(file.input, {.last_bound = kPreemptionsMax,
                                    .seconds_max = options.depth_budget_s,
                                    .timeout_s = options.timeout_s,
                                    .signature = verdict.signature()});
  }
  file.header.depth = depth.words();
  file.header.pair = depth.cause.words();
  if (file.header.title.empty()) file.header.title = verdict.signature();
  file.header.oracle = verdict.oracle;
  file.header.expect = "fail";
  return depth;
}

}  // namespace

int minimize_command(const MinimizeCommandOptions& options) {
  CaseFile file;
  if (!load_or_complain(options.file, file, options.as_bytes)) return kExitUnusable;
  const std::string output = options.output.empty() ? default_output(options.file) : options.output;
  if (!can_write_or_complain(output)) return kExitUnusable;
  Verdict verdict;
  if (!find_verdict(options.file, file, options.timeout_s, verdict)) return kExitUnusable;

  BatchExaminer examiner(verdict.signature(), options.timeout_s);
  MinimizeOptions minimize_options;
  minimize_options.seed = options.seed;
  minimize_options.runs_max = options.budget;
  if (options.progress) minimize_options.progress = &print_progress;
  const Stopwatch watch;
  const Minimized minimized =
      minimize_well(file.input, examiner, minimize_options, options.attempts);
  const double seconds = watch.seconds();
  if (options.progress) clear_status();
  const Size before = size_of(file.input);
  if (!minimized.why_cut_off.empty()) {
    const bool is_smaller = minimized.input != file.input;
    complain("minimize",
             minimized.why_cut_off + (is_smaller ? "; written is what was reached before"
                                                 : "; nothing was reached before"));
    if (!is_smaller) return kExitUnusable;
  }
  file.input = minimized.input;
  const Depth depth = note_depth(file, verdict, options, minimized.why_cut_off.empty());
  if (!write_or_complain(output, print(file))) return kExitUnusable;
  report(options, output, verdict, before, minimized, depth, seconds);
  return minimized.why_cut_off.empty() ? kExitAsExpected : kExitUnusable;
}

}  // namespace concertina::fuzzers
