// The commands of the `concertina` tool. Each takes its parsed options and returns the exit code:
// one of those of host/program.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace concertina::fuzzers {

struct Input;
struct Trace;
/// Runs an input; null in options: the pipeline's run.
using RunInput = Trace (*)(const Input&);

struct ShowOptions {
  std::vector<std::string> files;
  bool as_bytes = false;    // whatever names say (input/form.h)
  std::string as = "text";  // text, bytes, go
  bool header_only = false;
  std::string output;  // a file, or a folder when several files are shown; empty: stdout
  std::vector<std::string> assign;  // header fields to set, "key=value"
};
int show(const ShowOptions& options);

struct RunCommandOptions {
  std::vector<std::string> files;
  bool as_bytes = false;  // whatever names say (input/form.h)
  bool has_seed = false;
  std::uint64_t seed = 0;   // replaces the schedule's seed
  unsigned runs = 1;        // with seed, seed + 1, ...
  bool in_process = false;  // no child: for a debugger, or for what counts lines
  unsigned timeout_s = 20;
  RunInput run = nullptr;
};
int run_command(const RunCommandOptions& options);

struct ReplayOptions {
  std::vector<std::string> files;
  bool as_bytes = false;  // whatever names say (input/form.h)
  bool expect_from_header = false;
  std::string mutant;        // that this binary has in it: cases that show it must fail
  bool skip_unseen = false;  // skip, rather than refuse, what this flavour cannot see
  bool json = false;         // one object a line instead of text
  bool quiet = false;        // one line a file
  unsigned last_steps = 40;
  std::string color = "auto";  // auto, always, never
  bool raw = false;            // also what the process said, as it said it
  unsigned timeout_s = 20;
  unsigned times = 1;
};
int replay(const ReplayOptions& options);

struct MinimizeCommandOptions {
  std::string file;
  bool as_bytes = false;             // whatever names say (input/form.h)
  std::string output;                // empty: FILE with .min.case in place of its extension
  std::uint64_t seed = 1;            // of the search
  std::uint64_t budget = 3'000'000;  // runs
  unsigned attempts = 4;             // searches, until one ends with a small case
  double depth_budget_s = 10;        // to explore for its depth and critical pair; 0: do not
  unsigned timeout_s = 20;
  bool json = false;
  bool progress = false;  // a line on stderr that is rewritten
};
int minimize_command(const MinimizeCommandOptions& options);

struct NeighboursOptions {
  std::vector<std::string> files;
  bool as_bytes = false;  // whatever names say (input/form.h)
  unsigned count = 1000;
  std::uint64_t seed = 1;
  unsigned timeout_s = 20;
  bool json = false;
};
/// Runs each file's program under schedules near its own; a neighbour that fails is a failure.
int neighbours(const NeighboursOptions& options);

struct ExploreOptions {
  std::string file;       // empty with `per_program`
  bool as_bytes = false;  // whatever names say (input/form.h)
  std::string strategy = "portfolio";
  std::string left_out;          // a strategy without a turn in the portfolio
  std::uint64_t runs = 100'000;  // per search, at most
  std::uint64_t seed = 1;
  unsigned seeds = 1;        // searches, with seed, seed + 1, ...
  unsigned per_program = 0;  // > 0: generated programs, with this many runs each
  bool as_drawn = false;     // generated inputs as they are, one run each
  bool keep_wishes = false;  // holds and preferences of the file stay
  unsigned timeout_s = 20;
  std::string output;  // the first failing case
  bool json = false;
};
/// Searches the schedules of one program, or of generated ones, until an oracle fails.
int explore(const ExploreOptions& options);

struct VerifyOptions {
  std::vector<std::string> files;
  bool as_bytes = false;        // whatever names say (input/form.h)
  unsigned bound = 2;           // preemptions; 0 and all bounds up to it are explored
  bool fixed_draws = false;     // only the draws of the seed
  bool unbounded = false;       // all schedules instead, by partial-order reduction
  double budget_s = 0;          // seconds per file; 0: no limit
  std::uint64_t schedules = 0;  // per file; 0: no limit
  std::string resume;           // resume from this file if it exists; kept when not complete
  std::string output;           // where to write a failing case
  unsigned timeout_s = 20;
  bool json = false;
  bool progress = false;
};
/// Explores every schedule of each file's program. kExitNotComplete: no failure so far.
int verify(const VerifyOptions& options);

struct DepthOptions {
  std::vector<std::string> files;
  bool as_bytes = false;  // whatever names say (input/form.h)
  unsigned bound = 4;     // preemptions at most
  double budget_s = 0;    // seconds a file and search; 0: no limit
  unsigned starts = 4;    // failing runs to reduce, where exploring finds nothing; 0: do not
  unsigned reducing_runs = 30'000;  // each of them
  std::string output;               // the case with both in its header
  unsigned timeout_s = 20;
  bool json = false;
};
/// The fewest preemptions with which each failing file fails, and its critical pair.
/// kExitNotComplete: not found within the bound and the budget.
int depth(const DepthOptions& options);

struct GenerateCommandOptions {
  unsigned count = 1;
  std::uint64_t seed = 1;
  std::string folder;       // empty: text on stdout
  std::string as = "text";  // text, bytes
};
int generate_command(const GenerateCommandOptions& options);

struct HealthOptions {
  std::vector<std::string> files;  // to be looked at instead of generated inputs
  bool as_bytes = false;
  unsigned count = 10000;
  std::uint64_t seed = 1;
  bool json = false;
  bool check = false;  // fail when a share is below its floor
};
int health(const HealthOptions& options);

struct BenchOptions {
  unsigned count = 2000;
  std::uint64_t seed = 1;
  std::string json_path;
};
int bench(const BenchOptions& options);

struct DeterminismOptions {
  std::vector<std::string> files;
  bool as_bytes = false;  // whatever names say (input/form.h)
  unsigned generated = 0;
  std::uint64_t seed = 1;
  unsigned after = 0;  // other runs first: the first run of a process must equal its thousandth
  bool json = false;
  unsigned timeout_s = 20;
  RunInput run = nullptr;
};
/// Runs each input twice. Runs that differ, or end the process, are failures, each with its name.
int determinism(const DeterminismOptions& options);

struct SignatureOptions {
  std::string file;  // what the process wrote to its stderr
  unsigned signal = 0, exit_status = 0;
  bool json = false;
};
/// What a process that has died says of itself: oracle and stable words.
int signature(const SignatureOptions& options);

}  // namespace concertina::fuzzers
