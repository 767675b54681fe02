// concertina: what a person or a script does with one input, or with generated ones.
#include <memory>
#include <sstream>

#include "host/command_line.h"
#include "host/wrapped.h"
#include "tools/case_io.h"
#include "tools/commands.h"

namespace concertina::fuzzers {
namespace {

// What is stored for each of them would not fit into memory for long.
constexpr std::uint64_t kStoredMax = 10'000'000;

void add_timeout(CLI::App& command, unsigned& timeout_s) {
  add_number(command, "--timeout", timeout_s,
             "Seconds of processor time without progress until a run counts as hung", 1);
}

struct Tool {
  CLI::App app{"Concertina: look at, run, replay and measure fuzz inputs"};
  int code = kExitAsExpected;

  template <class Options>
  struct Added {
    CLI::App& command;
    Options& options;
  };
  /// A subcommand that runs this with its options.
  template <class Options>
  Added<Options> add(const char* name, const char* help, int (*run)(const Options&)) {
    CLI::App* const command = app.add_subcommand(name, help);
    const auto options = std::make_shared<Options>();
    command->callback([this, run, options] { code = run(*options); });
    return {*command, *options};
  }
};

/// The inputs of a command, one or several, and the form that they are in.
template <class Paths>
CLI::Option* add_inputs(CLI::App& command, Paths& paths, bool& as_bytes) {
  command.add_flag("--bytes", as_bytes,
                   "FILE holds engine bytes, whatever its name and content say");
  return command.add_option("file", paths, "Case files, or engine bytes that are named as such");
}

void add_show(Tool& tool) {
  auto [command, o] = tool.add("show", "Print an input in one of its forms", &show);
  add_inputs(command, o.files, o.as_bytes)->required();
  command.add_option("--as", o.as, "text, bytes or go")
      ->check(CLI::IsMember({"text", "bytes", "go"}))
      ->capture_default_str();
  command.add_flag("--header", o.header_only, "Print the header only")->excludes("--as");
  add_name(command, "-o,--output", o.output, "A file, or a folder for several inputs");
  command.add_option("--set", o.assign, "Set a header field: key=value");
}

void add_run(Tool& tool) {
  auto [command, o] = tool.add("run", "Run inputs and judge them, one line per run", &run_command);
  add_inputs(command, o.files, o.as_bytes)->required();
  add_number(command, "--seed", o.seed, "Replaces the schedule's seed")
      ->each([&has_seed = o.has_seed](const std::string&) { has_seed = true; });
  add_number(command, "--runs", o.runs, "Runs with seed, seed + 1, ...", 1, kStoredMax);
  command.add_flag("--in-process", o.in_process,
                   "Run in this process, for a debugger; a run that dies ends it");
  add_timeout(command, o.timeout_s);
}

void add_replay(Tool& tool) {
  auto [command, o] =
      tool.add("replay", "Run each input in a child process and explain its verdict", &replay);
  add_inputs(command, o.files, o.as_bytes)->required();
  command.add_flag("--expect-from-header", o.expect_from_header,
                   "Exit 0 when the verdict is the header's, not only for a pass");
  command.add_option("--mutant", o.mutant,
                     "The mutant in this build: a case that shows it must fail");
  command.add_flag("--skip-unseen", o.skip_unseen,
                   "Skip, not refuse, a failure that this flavour cannot see");
  command.add_flag("--json", o.json, "One JSON object per file");
  command.add_flag("-q,--quiet", o.quiet, "One line per file");
  add_number(command, "--last", o.last_steps, "Steps of the schedule to print");
  command
      .add_option("--color", o.color,
                  "auto (on a terminal, unless NO_COLOR is set), always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  command.add_flag("--raw", o.raw, "Also print what the process said on its stderr");
  add_timeout(command, o.timeout_s);
  add_number(command, "--times", o.times, "Replays of each input; all must agree", 1);
}

void add_minimize(Tool& tool) {
  auto [command, o] =
      tool.add("minimize", "Make a failing input as small as possible, with the same signature",
               &minimize_command);
  add_inputs(command, o.file, o.as_bytes)->required();
  add_name(command, "-o,--output", o.output, "Where to write it; default FILE.min.case");
  add_number(command, "--seed", o.seed, "Seed of the search");
  add_number(command, "--attempts", o.attempts, "Searches, until one ends with a small case", 1);
  add_number(command, "--budget", o.budget, "Runs, at most", 1);
  add_timeout(command, o.timeout_s);
  add_seconds(command, "--depth-budget", o.depth_budget_s,
              "Seconds to explore for the bug's depth and critical pair; 0: do not", 0);
  command.add_flag("--json", o.json, "One JSON object instead of text");
  command.add_flag("--progress", o.progress, "Show on stderr what has been reached");
}

void add_neighbours(Tool& tool) {
  auto [command, o] = tool.add(
      "neighbours", "Run each input under schedules near its own; all must pass", &neighbours);
  add_inputs(command, o.files, o.as_bytes)->required();
  add_number(command, "--count", o.count, "Schedules of each input", 1, kStoredMax);
  add_number(command, "--seed", o.seed, "Seed of the draws");
  add_timeout(command, o.timeout_s);
  command.add_flag("--json", o.json, "One JSON object per file");
}

void add_explore(Tool& tool) {
  auto [command, o] = tool.add(
      "explore", "Search the schedules of a program until an oracle fails (then exit code 1)",
      &explore);
  CLI::Option* const file = add_inputs(command, o.file, o.as_bytes);
  command.add_option("--strategy", o.strategy, "Which strategy searches")
      ->check(CLI::IsMember({"random", "pct", "pos", "reads-from", "surw", "portfolio"}))
      ->capture_default_str();
  command
      .add_option("--without", o.left_out,
                  "A strategy that gets no turn in the portfolio, to see what it is worth")
      ->check(CLI::IsMember({"pct", "reads-from", "surw"}));
  add_number(command, "--runs", o.runs, "Runs of a search, at most", 1);
  add_number(command, "--seed", o.seed, "Seed of the search");
  add_number(command, "--seeds", o.seeds, "Searches, with seed, seed + 1, ...", 1);
  CLI::Option* const generated =
      add_number(command, "--generated", o.per_program,
                 "Search generated programs instead of a file, N runs each");
  CLI::Option* const as_drawn = command.add_flag(
      "--as-drawn", o.as_drawn, "Generated inputs with their own schedules, one run each");
  file->excludes(generated)->excludes(as_drawn);
  command.add_flag("--keep-wishes", o.keep_wishes,
                   "Keep the file's holds and preferences; other wishes are always kept");
  add_timeout(command, o.timeout_s);
  add_name(command, "-o,--out,--output", o.output, "Where to write the first failing case");
  command.add_flag("--json", o.json, "One JSON object per search");
}

void add_verify(Tool& tool) {
  auto [command, o] = tool.add(
      "verify", "Run a small program under every schedule with a bounded number of preemptions",
      &verify);
  add_inputs(command, o.files, o.as_bytes)->required();
  CLI::Option* const bound = add_number(command, "--bound", o.bound,
                                        "Preemptions, at most; lower bounds come first", 0, 15);
  command.add_flag("--fixed-draws", o.fixed_draws,
                   "Take draws (select orders, steal victims) from the seed, not all values");
  command
      .add_flag("--unbounded", o.unbounded,
                "Every schedule, by partial-order reduction; for tiny programs")
      ->excludes(bound);
  add_seconds(command, "--budget", o.budget_s, "Seconds per file, in this call");
  add_number(command, "--schedules", o.schedules, "Schedules per file, at most, in this call", 1);
  add_name(command, "--resume", o.resume,
           "Resume from this file if it exists; it is kept up to date until complete");
  add_name(command, "--out", o.output, "Write a failing case here");
  add_timeout(command, o.timeout_s);
  command.add_flag("--json", o.json, "One JSON object per file");
  command.add_flag("--progress", o.progress, "Show on stderr how far it is");
}

void add_depth(Tool& tool) {
  auto [command, o] = tool.add(
      "depth", "How many preemptions a failing input needs, and which two steps it turns on",
      &depth);
  add_inputs(command, o.files, o.as_bytes)->required();
  add_number(command, "--bound", o.bound, "Preemptions, at most", 0, 15);
  add_seconds(command, "--budget", o.budget_s,
              "Seconds to explore each file; as many again to reduce its failing runs");
  add_number(command, "--starts", o.starts,
             "Failing runs whose preemptions to reduce if exploring finds no proof; 0: none");
  add_number(command, "--reducing-runs", o.reducing_runs, "Runs to reduce each of them");
  add_name(command, "-o,--output", o.output, "Write the case with both in its header");
  add_timeout(command, o.timeout_s);
  command.add_flag("--json", o.json, "One JSON object per file");
}

void add_generate(Tool& tool) {
  auto [command, o] = tool.add("generate", "Print or store generated inputs", &generate_command);
  add_number(command, "--count", o.count, "How many", 1);
  add_number(command, "--seed", o.seed, "Seed of the generator");
  add_name(command, "-o,--output", o.folder, "Folder; without it, text on stdout");
  command.add_option("--as", o.as, "text or bytes")
      ->check(CLI::IsMember({"text", "bytes"}))
      ->capture_default_str();
}

void add_health(Tool& tool) {
  auto [command, o] =
      tool.add("health", "Show what share of generated inputs reaches what", &health);
  add_inputs(command, o.files, o.as_bytes);
  add_number(command, "--count", o.count, "How many", 1, kStoredMax);
  add_number(command, "--seed", o.seed, "Seed of the generator");
  command.add_flag("--json", o.json, "One JSON object");
  command.add_flag("--check", o.check, "Fail when a share is below its floor");
}

void add_bench(Tool& tool) {
  auto [command, o] =
      tool.add("bench", "Speed of the simulator beside a bare context switch", &bench);
  add_number(command, "--count", o.count, "Inputs in the fixed set", 1, kStoredMax);
  add_number(command, "--seed", o.seed, "Seed of the set");
  add_name(command, "--json", o.json_path, "Also write the numbers to this file");
}

void add_determinism(Tool& tool) {
  auto [command, o] = tool.add(
      "determinism", "Run each input twice and print its trace hash, to compare across builds",
      &determinism);
  add_inputs(command, o.files, o.as_bytes);
  add_number(command, "--generated", o.generated, "Also this many generated inputs", 0, kStoredMax);
  add_number(command, "--seed", o.seed, "Seed of the generator");
  add_number(command, "--after", o.after, "Run this many other generated inputs first", 0,
             kStoredMax);
  add_timeout(command, o.timeout_s);
  command.add_flag("--json", o.json, "One JSON object per input, with what went wrong");
}

void add_signature(Tool& tool) {
  auto [command, o] = tool.add(
      "signature", "Name a failure by what its process printed, such as a sanitizer's report",
      &signature);
  command.add_option("file", o.file, "What the process wrote to stderr")->required();
  add_number(command, "--signal", o.signal, "The signal that killed it", 0, 255);
  add_number(command, "--exit-status", o.exit_status, "The status that it exited with", 0, 255);
  command.add_flag("--json", o.json, "One JSON object instead of text");
}

constexpr const char* kFooter =
    "Exit codes: 0 as expected; 1 a bug or an unexpected verdict; 2 could not run, with the "
    "reason; 3 (verify and depth only) not complete: the budget was spent or the command "
    "interrupted before the answer was known.\n"
    "A FILE is a case, in text, unless --bytes or its name marks it as an engine's bytes: "
    "NAME.bytes, or a name that libFuzzer (crash-SHA1, SHA1, ...) or AFL++ (id:000000,...) gives. "
    "Put -- before a file whose name begins with a dash.";

constexpr std::size_t kHelpColumn = 26;  // of what an option or a subcommand means

/// Help, or the version. CLI11 wraps nothing.
void print_help(const CLI::App& app, const CLI::ParseError& error) {
  std::ostringstream help;
  app.exit(error, help, help);
  std::string line;
  for (std::istringstream lines(help.str()); std::getline(lines, line);) {
    print_wrapped(line.starts_with(' ') ? kHelpColumn : 0, line, "\n");
  }
}

int run_tool(int argc, char** argv) {
  Tool tool;
  CLI::App& app = tool.app;
  app.require_subcommand(1);
  app.footer(kFooter);
  app.get_formatter()->column_width(kHelpColumn);
  app.set_version_flag("--version",
                       std::string("concertina, flavour ") + std::string(this_flavour()));
  for (const auto add :
       {&add_show, &add_run, &add_replay, &add_minimize, &add_neighbours, &add_explore, &add_verify,
        &add_depth, &add_generate, &add_health, &add_bench, &add_determinism, &add_signature}) {
    add(tool);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // --help is no error; everything else makes the call unusable.
    if (error.get_exit_code() == 0) {
      print_help(app, error);
      flush_output();
      return kExitAsExpected;
    }
    complain("concertina", reason_of(app, error) + " (see --help)");
    return kExitUnusable;
  }
  return tool.code;
}

}  // namespace
}  // namespace concertina::fuzzers

int main(int argc, char** argv) {
  using namespace concertina::fuzzers;
  return run_program("concertina", [&] { return run_tool(argc, argv); });
}
