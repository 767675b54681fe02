// Two runs of each input, in one child process for all, so that what a run leaves in the process
// would show in the next one. An input that kills the child, or whose runs differ, is reported as
// what it is, and another child continues after it.
#include "oracle/determinism.h"

#include <cstdio>

#include "base/check.h"
#include "host/json.h"
#include "host/shared_memory.h"
#include "host/shown.h"
#include "host/text.h"
#include "tools/case_io.h"
#include "tools/commands.h"
#include "tools/first_failure.h"
#include "tools/generator.h"
#include "tools/run_row.h"

namespace concertina::fuzzers {
namespace {

struct Named {
  std::string name;  // a file's is its path
  Input input;
};

/// What is run: first those that only warm the process up, then the files, then generated inputs.
class Runs {
 public:
  explicit Runs(const DeterminismOptions& options) : options_(options) {
    for (const std::string& path : options.files) {
      CaseFile file;
      if (load_or_complain(path, file, options.as_bytes)) {
        files_.push_back({path, std::move(file.input)});
      } else {
        are_all_loaded_ = false;
      }
    }
  }

  bool are_all_loaded() const { return are_all_loaded_; }
  std::size_t warm_ups() const { return options_.after; }
  std::size_t size() const { return warm_ups() + files_.size() + options_.generated; }
  Named at(std::size_t place) const {
    CHECK(place < size(), "what is run has a place");
    // Those that warm up are of another stream: what a run leaves in the process must not show.
    if (place < warm_ups()) return drawn(~options_.seed, place);
    place -= warm_ups();
    if (place < files_.size()) return files_[place];
    return drawn(options_.seed, place - files_.size());
  }

 private:
  static Named drawn(std::uint64_t seed, std::uint64_t index) {
    return {text_of("generated-", seed, "-", index), generated_input(seed, index)};
  }

  const DeterminismOptions& options_;
  std::vector<Named> files_;
  bool are_all_loaded_ = true;
};

/// `row` is of the first run.
Verdict run_twice(const Input& input, RunInput run, RunRow& row) {
  Trace first = run(input);
  // The second run takes the place of the first one's events.
  const std::vector<Event> events(first.events.begin(), first.events.end());
  first.events = events;
  row = row_of(first);
  return judge_determinism(first, run(input));
}

void print_json(const std::string& name, const RunRow& row, const Verdict& verdict) {
  JsonObject object;
  object.text("file", name)
      .text("signature", verdict.signature())
      .text("oracle", verdict.oracle)
      .text("kind", verdict.kind)
      .text("detail", verdict.detail)
      .text("hash", row.is_there ? hash_text(row.hash) : "")
      .number("steps", row.steps)
      .text("outcome", row.is_there ? outcome_name(row.outcome) : "")
      .text("flavour", this_flavour());
  std::printf("%s\n", object.str().c_str());
}

/// The line is all that two builds compare: name, hash, steps, outcome. A process that died in the
/// first run has no hash, so the line says of what.
void print_text(const std::string& name, const RunRow& row, const Verdict& verdict) {
  const std::string shown_name = shown_path(name), signature = verdict.signature();
  const std::string ending = row.is_there ? text_of(" ", hash_text(row.hash), " ", row.steps, " ",
                                                    outcome_name(row.outcome))
                                          : " died: " + signature;
  std::puts((shown_name + ending).c_str());
  if (!verdict.failed()) return;
  std::fputs(text_of(shown_name, ": ", signature, "\n", verdict.detail, "\n").c_str(), stderr);
}

}  // namespace

int determinism(const DeterminismOptions& options) {
  if (options.files.empty() && options.generated == 0) {
    std::fprintf(stderr, "determinism: give files or --generated N\n");
    return kExitUnusable;
  }
  const Runs runs(options);
  const Shared<RunRow> rows(runs.size() * sizeof(RunRow));
  const RunInput run = run_or_default(options.run);
  const auto job = [&](std::size_t place) -> Verdict {
    const Input input = runs.at(place).input;
    if (place >= runs.warm_ups()) return run_twice(input, run, rows.get()[place]);
    run(input);
    return {};
  };
  const auto print = options.json ? &print_json : &print_text;
  const auto say = [&](std::size_t place, const Verdict& verdict) {
    if (place < runs.warm_ups() && !verdict.failed()) return;
    print(runs.at(place).name, rows.get()[place], verdict);
  };
  const bool has_failed = each_verdict(runs.size(), job, options.timeout_s, say);
  if (!runs.are_all_loaded()) return kExitUnusable;
  return has_failed ? kExitFailed : kExitAsExpected;
}

}  // namespace concertina::fuzzers
