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

/// The inputs of a command, one or several, and the form that they are in.
template <class Paths>
CLI::Option* add_inputs(CLI::App& command, Paths& paths, bool& as_bytes) {
  command.add_flag("--bytes", as_bytes,
                   "FILE holds engine bytes, whatever its name and content say");
  return command.add_option("file", paths, "Case files, or engine bytes that are named as such");
}

template <class Options>
struct Command {
  CLI::App* app;
  Options& options;  // as the command line gives them, once it has been read
};

/// A subcommand that hands its options to `act`, whose result goes into `code`.
template <class Options>
Command<Options> add_command(CLI::App& app, int& code, const char* name, const char* description,
                             int (*act)(const Options&)) {
  CLI::App* const command = app.add_subcommand(name, description);
  const auto options = std::make_shared<Options>();
  command->callback([options, &code, act] { code = act(*options); });
  return {command, *options};
}

void add_show(CLI::App& app, int& code) {
  const auto [command, options] =
      add_command(app, code, "show", "Print an input in one of its forms", &show);
  add_inputs(*command, options.files, options.as_bytes)->required();
  command->add_option("--as", options.as, "text, bytes or go")
      ->check(CLI::IsMember({"text", "bytes", "go"}))
      ->capture_default_str();
  command->add_flag("--header", options.header_only, "Print the header only")->excludes("--as");
  add_name(*command, "-o,--output", options.output, "A file, or a folder for several inputs");
  command->add_option("--set", options.assign, "Set a header field: key=value");
}

void add_run(CLI::App& app, int& code) {
  const auto [command, options] =
      add_command(app, code, "run", "Run inputs and judge them, one line per run", &run_command);
  add_inputs(*command, options.files, options.as_bytes)->required();
  CLI::Option* const seed =
      add_number(*command, "--seed", options.seed, "Replaces the schedule's seed");
  add_number(*command, "--runs", options.runs, "Runs with seed, seed + 1, ...", 1, kStoredMax);
  command->add_flag("--in-process", options.in_process,
                    "Run in this process, for a debugger; a run that dies ends it");
  add_timeout(*command, options.timeout_s);
  seed->each([&has_seed = options.has_seed](const std::string&) { has_seed = true; });
}

void add_replay(CLI::App& app, int& code) {
  const auto [command, options] = add_command(
      app, code, "replay", "Run each input in a child process and explain its verdict", &replay);
  add_inputs(*command, options.files, options.as_bytes)->required();
  command->add_flag("--expect-from-header", options.expect_from_header,
                    "Exit 0 when the verdict is the header's, not only for a pass");
  command->add_option("--mutant", options.mutant,
                      "The mutant in this build: a case that shows it must fail");
  command->add_flag("--skip-unseen", options.skip_unseen,
                    "Skip, not refuse, a failure that this flavour cannot see");
  command->add_flag("--json", options.json, "One JSON object per file");
  command->add_flag("-q,--quiet", options.quiet, "One line per file");
  add_number(*command, "--last", options.last_steps, "Steps of the schedule to print");
  command
      ->add_option("--color", options.color,
                   "auto (on a terminal, unless NO_COLOR is set), always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  command->add_flag("--raw", options.raw, "Also print what the process said on its stderr");
  add_timeout(*command, options.timeout_s);
  add_number(*command, "--times", options.times, "Replays of each input; all must agree", 1);
}

void add_minimize(CLI::App& app, int& code) {
  const auto [command, options] = add_command(
      app, code, "minimize", "Make a failing input as small as possible, with the same signature",
      &minimize_command);
  add_inputs(*command, options.file, options.as_bytes)->required();
  add_name(*command, "-o,--output", options.output, "Where to write it; default FILE.min.case");
  add_number(*command, "--seed", options.seed, "Seed of the search");
  add_number(*command, "--attempts", options.attempts, "Searches, until one ends with a small case",
             1);
  add_number(*command, "--budget", options.budget, "Runs, at most", 1);
  add_timeout(*command, options.timeout_s);
  add_seconds(*command, "--depth-budget", options.depth_budget_s,
              "Seconds to explore for the bug's depth and critical pair; 0: do not", 0);
  command->add_flag("--json", options.json, "One JSON object instead of text");
  command->add_flag("--progress", options.progress, "Show on stderr what has been reached");
}

void add_neighbours(CLI::App& app, int& code) {
  const auto [command, options] =
      add_command(app, code, "neighbours",
                  "Run each input under schedules near its own; all must pass", &neighbours);
  add_inputs(*command, options.files, options.as_bytes)->required();
  add_number(*command, "--count", options.count, "Schedules of each input", 1, kStoredMax);
  add_number(*command, "--seed", options.seed, "Seed of the draws");
  add_timeout(*command, options.timeout_s);
  command->add_flag("--json", options.json, "One JSON object per file");
}

void add_explore(CLI::App& app, int& code) {
  const auto [command, options] = add_command(
      app, code, "explore",
      "Search the schedules of a program until an oracle fails (then exit code 1)", &explore);
  CLI::Option* const file = add_inputs(*command, options.file, options.as_bytes);
  command->add_option("--strategy", options.strategy, "Which strategy searches")
      ->check(CLI::IsMember({"random", "pct", "pos", "reads-from", "surw", "portfolio"}))
      ->capture_default_str();
  command
      ->add_option("--without", options.left_out,
                   "A strategy that gets no turn in the portfolio, to see what it is worth")
      ->check(CLI::IsMember({"pct", "reads-from", "surw"}));
  add_number(*command, "--runs", options.runs, "Runs of a search, at most", 1);
  add_number(*command, "--seed", options.seed, "Seed of the search");
  add_number(*command, "--seeds", options.seeds, "Searches, with seed, seed + 1, ...", 1);
  CLI::Option* const generated =
      add_number(*command, "--generated", options.per_program,
                 "Search generated programs instead of a file, N runs each");
  CLI::Option* const as_drawn = command->add_flag(
      "--as-drawn", options.as_drawn, "Generated inputs with their own schedules, one run each");
  file->excludes(generated)->excludes(as_drawn);
  command->add_flag("--keep-wishes", options.keep_wishes,
                    "Keep the file's holds and preferences; other wishes are always kept");
  add_timeout(*command, options.timeout_s);
  add_name(*command, "-o,--out,--output", options.output, "Where to write the first failing case");
  command->add_flag("--json", options.json, "One JSON object per search");
}

void add_verify(CLI::App& app, int& code) {
  const auto [command, options] = add_command(
      app, code, "verify",
      "Run a small program under every schedule with a bounded number of preemptions", &verify);
  add_inputs(*command, options.files, options.as_bytes)->required();
  CLI::Option* const bound = add_number(*command, "--bound", options.bound,
                                        "Preemptions, at most; lower bounds come first", 0, 15);
  command->add_flag("--fixed-draws", options.fixed_draws,
                    "Take draws (select orders, steal victims) from the seed, not all values");
  command
      ->add_flag("--unbounded", options.unbounded,
                 "Every schedule, by partial-order reduction; for tiny programs")
      ->excludes(bound);
  add_seconds(*command, "--budget", options.budget_s, "Seconds per file, in this call");
  add_number(*command, "--schedules", options.schedules,
             "Schedules per file, at most, in this call", 1);
  add_name(*command, "--resume", options.resume,
           "Resume from this file if it exists; it is kept up to date until complete");
  add_name(*command, "--out", options.output, "Write a failing case here");
  add_timeout(*command, options.timeout_s);
  command->add_flag("--json", options.json, "One JSON object per file");
  command->add_flag("--progress", options.progress, "Show on stderr how far it is");
}

void add_depth(CLI::App& app, int& code) {
  const auto [command, options] = add_command(
      app, code, "depth",
      "How many preemptions a failing input needs, and which two steps it turns on", &depth);
  add_inputs(*command, options.files, options.as_bytes)->required();
  add_number(*command, "--bound", options.bound, "Preemptions, at most", 0, 15);
  add_seconds(*command, "--budget", options.budget_s,
              "Seconds to explore each file; as many again to reduce its failing runs");
  add_number(*command, "--starts", options.starts,
             "Failing runs whose preemptions to reduce if exploring finds no proof; 0: none");
  add_number(*command, "--reducing-runs", options.reducing_runs, "Runs to reduce each of them");
  add_name(*command, "-o,--output", options.output, "Write the case with both in its header");
  add_timeout(*command, options.timeout_s);
  command->add_flag("--json", options.json, "One JSON object per file");
}

void add_generate(CLI::App& app, int& code) {
  const auto [command, options] =
      add_command(app, code, "generate", "Print or store generated inputs", &generate_command);
  add_number(*command, "--count", options.count, "How many", 1);
  add_number(*command, "--seed", options.seed, "Seed of the generator");
  add_name(*command, "-o,--output", options.folder, "Folder; without it, text on stdout");
  command->add_option("--as", options.as, "text or bytes")
      ->check(CLI::IsMember({"text", "bytes"}))
      ->capture_default_str();
}

void add_health(CLI::App& app, int& code) {
  const auto [command, options] =
      add_command(app, code, "health", "Show what share of generated inputs reaches what", &health);
  add_number(*command, "--count", options.count, "How many", 1, kStoredMax);
  add_number(*command, "--seed", options.seed, "Seed of the generator");
  command->add_flag("--json", options.json, "One JSON object");
  command->add_flag("--check", options.check, "Fail when a share is below its floor");
}

void add_bench(CLI::App& app, int& code) {
  const auto [command, options] = add_command(
      app, code, "bench", "Speed of the simulator beside a bare context switch", &bench);
  add_number(*command, "--count", options.count, "Inputs in the fixed set", 1, kStoredMax);
  add_number(*command, "--seed", options.seed, "Seed of the set");
  add_name(*command, "--json", options.json_path, "Also write the numbers to this file");
}

void add_determinism(CLI::App& app, int& code) {
  const auto [command, options] = add_command(
      app, code, "determinism",
      "Run each input twice and print its trace hash, to compare across builds", &determinism);
  add_inputs(*command, options.files, options.as_bytes);
  add_number(*command, "--generated", options.generated, "Also this many generated inputs", 0,
             kStoredMax);
  add_number(*command, "--seed", options.seed, "Seed of the generator");
  add_number(*command, "--after", options.after, "Run this many other generated inputs first", 0,
             kStoredMax);
  add_timeout(*command, options.timeout_s);
  command->add_flag("--json", options.json, "One JSON object per input, with what went wrong");
}

void add_signature(CLI::App& app, int& code) {
  const auto [command, options] = add_command(
      app, code, "signature",
      "Name a failure by what its process printed, such as a sanitizer's report", &signature);
  command->add_option("file", options.file, "What the process wrote to stderr")->required();
  add_number(*command, "--signal", options.signal, "The signal that killed it", 0, 255);
  add_number(*command, "--exit-status", options.exit_status, "The status that it exited with", 0,
             255);
  command->add_flag("--json", options.json, "One JSON object instead of text");
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
    print_wrapped(line.starts_with(' ') ? kHelpColumn : 0, "%s\n", line.c_str());
  }
}

int run_tool(int argc, char** argv) {
  CLI::App app("Concertina: look at, run, replay and measure fuzz inputs");
  app.require_subcommand(1);
  app.footer(kFooter);
  app.get_formatter()->column_width(kHelpColumn);
  app.set_version_flag("--version",
                       std::string("concertina, flavour ") + std::string(this_flavour()));
  int code = kExitAsExpected;
  for (const auto add :
       {&add_show, &add_run, &add_replay, &add_minimize, &add_neighbours, &add_explore, &add_verify,
        &add_depth, &add_generate, &add_health, &add_bench, &add_determinism, &add_signature}) {
    add(app, code);
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
  return code;
}

}  // namespace
}  // namespace concertina::fuzzers

int main(int argc, char** argv) {
  using namespace concertina::fuzzers;
  return run_program("concertina", [&] { return run_tool(argc, argv); });
}
