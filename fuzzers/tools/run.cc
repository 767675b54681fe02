#include <cstdio>

#include "base/check.h"
#include "host/shared_memory.h"
#include "host/shown.h"
#include "host/text.h"
#include "tools/case_io.h"
#include "tools/commands.h"
#include "tools/first_failure.h"
#include "tools/run_row.h"

namespace concertina::fuzzers {
namespace {

Verdict run_and_judge(const Input& input, RunInput run, RunRow& row) {
  const Trace trace = run(input);
  row = row_of(trace);
  return judge(input, trace);
}

void print(const std::string& path, std::uint64_t seed, const RunRow& row, const Verdict& verdict) {
  const std::string ending = row.is_there ? text_of(outcome_name(row.outcome), ", ", row.steps,
                                                    " steps, hash ", hash_text(row.hash))
                                          : "the process ended in the run";
  std::puts(
      text_of(shown_path(path), ": seed ", seed, ": ", verdict.signature(), "; ", ending).c_str());
  if (verdict.failed()) std::puts(verdict.detail.c_str());
}

/// One file under seed, seed + 1, ...
class Runs {
 public:
  Runs(const std::string& path, Input input, const RunCommandOptions& options)
      : path_(path),
        input_(std::move(input)),
        options_(options),
        run_(run_or_default(options.run)) {
    if (options.has_seed) input_.schedule.seed = options.seed;
  }

  int here() const {
    int worst = kExitAsExpected;
    for (unsigned i = 0; i < options_.runs; ++i) {
      RunRow row{};
      const Verdict verdict = run_and_judge(with_seed(i), run_, row);
      print(path_, seed(i), row, verdict);
      if (verdict.failed()) worst = kExitFailed;
    }
    return worst;
  }

  int in_children() const {
    const Shared<RunRow> rows(options_.runs * sizeof(RunRow));
    const auto job = [&](std::size_t i) {
      CHECK(i < options_.runs, "a row is of one of the runs");
      return run_and_judge(with_seed(i), run_, rows.get()[i]);
    };
    const auto say = [&](std::size_t i, const Verdict& verdict) {
      CHECK(i < options_.runs, "a row is of one of the runs");
      print(path_, seed(i), rows.get()[i], verdict);
    };
    const bool has_failed = each_verdict(options_.runs, job, options_.timeout_s, say);
    return has_failed ? kExitFailed : kExitAsExpected;
  }

 private:
  std::uint64_t seed(std::size_t i) const { return input_.schedule.seed + i; }
  Input with_seed(std::size_t i) const {
    Input input = input_;
    input.schedule.seed = seed(i);
    return input;
  }

  const std::string& path_;
  Input input_;
  const RunCommandOptions& options_;
  const RunInput run_;
};

int run_one(const std::string& path, const RunCommandOptions& options) {
  CaseFile file;
  if (!load_or_complain(path, file, options.as_bytes)) return kExitUnusable;
  const Runs runs(path, std::move(file.input), options);
  return options.in_process ? runs.here() : runs.in_children();
}

}  // namespace

int run_command(const RunCommandOptions& options) {
  return worst_of(options.files, [&](const std::string& path) { return run_one(path, options); });
}

}  // namespace concertina::fuzzers
