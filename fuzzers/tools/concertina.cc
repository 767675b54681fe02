// concertina: what a person or a script does with one input, or with generated ones.
#include <CLI/CLI.hpp>

#include "tools/case_io.h"
#include "tools/commands.h"

namespace concertina::fuzzers {
namespace {

void add_show(CLI::App& app, ShowOptions& options, int& code) {
  CLI::App* const command = app.add_subcommand("show", "Print an input in one of its forms");
  command->add_option("file", options.files, "Case files or engine bytes")->required();
  command->add_option("--as", options.as, "text, bytes or go")
      ->check(CLI::IsMember({"text", "bytes", "go"}))
      ->capture_default_str();
  command->add_flag("--header", options.header_only, "Print the header only");
  command->add_option("-o,--output", options.output, "A file, or a folder for several inputs");
  command->add_option("--set", options.assign, "Set a header field: key=value");
  command->callback([&] { code = show(options); });
}

void add_run(CLI::App& app, RunCommandOptions& options, int& code) {
  CLI::App* const command = app.add_subcommand("run", "Run inputs in this process and judge them");
  command->add_option("file", options.files, "Case files or engine bytes")->required();
  CLI::Option* const seed =
      command->add_option("--seed", options.seed, "Replaces the schedule's seed");
  command->add_option("--runs", options.runs, "Runs with seed, seed + 1, ...")
      ->check(CLI::PositiveNumber);
  command->callback([&options, seed, &code] {
    options.has_seed = seed->count() > 0;
    code = run_command(options);
  });
}

void add_replay(CLI::App& app, ReplayOptions& options, int& code) {
  CLI::App* const command =
      app.add_subcommand("replay", "Run each input in a child process and explain its verdict");
  command->add_option("file", options.files, "Case files or engine bytes")->required();
  command->add_flag("--expect-from-header", options.expect_from_header,
                    "Exit 0 when the verdict is the header's, not only for a pass");
  command->add_option("--mutant", options.mutant,
                      "The mutant in this build: a case that shows it must fail");
  command->add_flag("--skip-unseen", options.skip_unseen,
                    "Skip, not refuse, a failure that this flavour cannot see");
  command->add_flag("--json", options.json, "One JSON object a file");
  command->add_flag("-q,--quiet", options.quiet, "One line a file");
  command->add_option("--last", options.last_steps, "Steps of the schedule to print")
      ->capture_default_str();
  command
      ->add_option("--color", options.color,
                   "auto (on a terminal, unless NO_COLOR is set), always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  command->add_flag("--raw", options.raw, "Also print what the process said on its stderr");
  command->add_option("--timeout", options.timeout_s, "Seconds until a run counts as hung")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--times", options.times, "Replays of each input; all must agree")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->callback([&] { code = replay(options); });
}

void add_minimize(CLI::App& app, MinimizeCommandOptions& options, int& code) {
  CLI::App* const command = app.add_subcommand(
      "minimize", "Make a failing input as small as it goes, with the same signature");
  command->add_option("file", options.file, "A case file or engine bytes")->required();
  command->add_option("-o,--output", options.output, "Where to write it; default FILE.min.case");
  command->add_option("--seed", options.seed, "Seed of the search")->capture_default_str();
  command->add_option("--attempts", options.attempts, "Searches, until one ends with a small case")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--budget", options.budget, "Runs at most")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--timeout", options.timeout_s, "Seconds until a run counts as hung")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--depth-budget", options.depth_budget_s,
                      "Seconds to explore for the bug depth and critical pair; 0: without")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_flag("--json", options.json, "One JSON object instead of text");
  command->add_flag("--progress", options.progress, "Show on stderr what has been reached");
  command->callback([&] { code = minimize_command(options); });
}

void add_neighbours(CLI::App& app, NeighboursOptions& options, int& code) {
  CLI::App* const command = app.add_subcommand(
      "neighbours", "Run each input under schedules near its own; all must pass");
  command->add_option("file", options.files, "Case files or engine bytes")->required();
  command->add_option("--count", options.count, "Schedules of each input")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--seed", options.seed, "Seed of the draws")->capture_default_str();
  command->add_option("--timeout", options.timeout_s, "Seconds until a run counts as hung")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_flag("--json", options.json, "One JSON object a file");
  command->callback([&] { code = neighbours(options); });
}

void add_explore(CLI::App& app, ExploreOptions& options, int& code) {
  CLI::App* const command = app.add_subcommand(
      "explore", "Search the schedules of a program until an oracle fails: exit code 1 when one did");
  CLI::Option* const file =
      command->add_option("file", options.file, "A case file or engine bytes");
  command->add_option("--strategy", options.strategy, "Which strategy searches")
      ->check(CLI::IsMember({"random", "pct", "pos", "reads-from", "surw", "portfolio"}))
      ->capture_default_str();
  command->add_option("--without", options.left_out,
                      "A strategy that gets no turn in the portfolio, to see what it is worth")
      ->check(CLI::IsMember({"pct", "reads-from", "surw"}));
  command->add_option("--runs", options.runs, "At most so many runs a search")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--seed", options.seed, "Seed of the search")->capture_default_str();
  command->add_option("--seeds", options.seeds, "Searches, with seed, seed + 1, ...")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  CLI::Option* const generated = command->add_option(
      "--generated", options.per_program, "Generated programs instead of a file, so many runs each");
  CLI::Option* const as_drawn = command->add_flag(
      "--as-drawn", options.as_drawn, "Generated inputs with their own schedules, one run each");
  file->excludes(generated)->excludes(as_drawn);
  command->add_flag("--keep-wishes", options.keep_wishes,
                    "Keep the file's holds and preferences; other wishes are always kept");
  command->add_option("--timeout", options.timeout_s, "Seconds until a run counts as hung")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("-o,--out,--output", options.output, "Where to write the first failing case");
  command->add_flag("--json", options.json, "One JSON object a search");
  command->callback([&] { code = explore(options); });
}

void add_verify(CLI::App& app, VerifyOptions& options, int& code) {
  CLI::App* const command = app.add_subcommand(
      "verify", "Run a small program under every schedule with at most so many preemptions");
  command->add_option("file", options.files, "Case files or engine bytes")->required();
  command->add_option("--bound", options.bound, "Preemptions at most; lower bounds come first")
      ->check(CLI::Range(0, 15))
      ->capture_default_str();
  command->add_flag("--fixed-draws", options.fixed_draws,
                    "Draws (select orders, whom to steal from) from the seed only, not all values");
  command->add_flag("--unbounded", options.unbounded,
                    "Every schedule, by partial-order reduction; for tiny programs");
  command->add_option("--budget", options.budget_s, "Seconds a file")
      ->check(CLI::PositiveNumber);
  command->add_option("--schedules", options.schedules, "Schedules a file at most")
      ->check(CLI::PositiveNumber);
  command->add_option("--resume", options.resume,
                      "Go on from this file if it is there; written when not complete");
  command->add_option("--out", options.output, "Write a failing case here");
  command->add_option("--timeout", options.timeout_s, "Seconds until a run counts as hung")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_flag("--json", options.json, "One JSON object a file");
  command->add_flag("--progress", options.progress, "Show on stderr how far it is");
  command->callback([&] { code = verify(options); });
}

void add_depth(CLI::App& app, DepthOptions& options, int& code) {
  CLI::App* const command = app.add_subcommand(
      "depth", "How many preemptions a failing input needs, and which two steps it turns on");
  command->add_option("file", options.files, "Case files or engine bytes")->required();
  command->add_option("--bound", options.bound, "Preemptions at most")
      ->check(CLI::Range(0, 15))
      ->capture_default_str();
  command->add_option("--budget", options.budget_s,
                      "Seconds to explore a file; as many to reduce its failing runs")
      ->check(CLI::PositiveNumber);
  command->add_option("--starts", options.starts,
                      "Failing runs whose preemptions are reduced where exploring finds none; 0: none")
      ->capture_default_str();
  command->add_option("--reducing-runs", options.reducing_runs, "Runs for each of them")
      ->capture_default_str();
  command->add_option("-o,--output", options.output, "Write the case with both in its header");
  command->add_option("--timeout", options.timeout_s, "Seconds until a run counts as hung")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_flag("--json", options.json, "One JSON object a file");
  command->callback([&] { code = depth(options); });
}

void add_generate(CLI::App& app, GenerateCommandOptions& options, int& code) {
  CLI::App* const command = app.add_subcommand("generate", "Print or store generated inputs");
  command->add_option("--count", options.count, "How many")->capture_default_str();
  command->add_option("--seed", options.seed, "Seed of the generator")->capture_default_str();
  command->add_option("-o,--output", options.folder, "Folder; without it, text on stdout");
  command->add_option("--as", options.as, "text or bytes")
      ->check(CLI::IsMember({"text", "bytes"}))
      ->capture_default_str();
  command->callback([&] { code = generate_command(options); });
}

void add_health(CLI::App& app, HealthOptions& options, int& code) {
  CLI::App* const command =
      app.add_subcommand("health", "What share of generated inputs reaches what");
  command->add_option("--count", options.count, "How many")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--seed", options.seed, "Seed of the generator")->capture_default_str();
  command->add_flag("--json", options.json, "One JSON object");
  command->add_flag("--check", options.check, "Fail when a share is below its floor");
  command->callback([&] { code = health(options); });
}

void add_bench(CLI::App& app, BenchOptions& options, int& code) {
  CLI::App* const command =
      app.add_subcommand("bench", "Speed of the simulator beside a bare context switch");
  command->add_option("--count", options.count, "Inputs in the fixed set")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--seed", options.seed, "Seed of the set")->capture_default_str();
  command->add_option("--json", options.json_path, "Also write the numbers to this file");
  command->add_option("--signals", options.signals,
                      "Feedback whose cost is measured: none, all, default, or groups with commas")
      ->capture_default_str();
  command->callback([&] { code = bench(options); });
}

void add_determinism(CLI::App& app, DeterminismOptions& options, int& code) {
  CLI::App* const command = app.add_subcommand(
      "determinism", "Run each input twice and print its trace hash, to compare across builds");
  command->add_option("file", options.files, "Case files or engine bytes");
  command->add_option("--generated", options.generated, "Also this many generated inputs");
  command->add_option("--seed", options.seed, "Seed of the generator")->capture_default_str();
  command->add_option("--after", options.after, "Run this many other generated inputs first");
  command->callback([&] { code = determinism(options); });
}

}  // namespace
}  // namespace concertina::fuzzers

int main(int argc, char** argv) {
  using namespace concertina::fuzzers;
  CLI::App app("Concertina: look at, run, replay and measure fuzz inputs");
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("concertina, flavour ") + std::string(this_flavour()));
  int code = kExitAsExpected;
  ShowOptions show_options;
  RunCommandOptions run_options;
  ReplayOptions replay_options;
  MinimizeCommandOptions minimize_options;
  NeighboursOptions neighbours_options;
  ExploreOptions explore_options;
  VerifyOptions verify_options;
  DepthOptions depth_options;
  GenerateCommandOptions generate_options;
  HealthOptions health_options;
  BenchOptions bench_options;
  DeterminismOptions determinism_options;
  add_show(app, show_options, code);
  add_run(app, run_options, code);
  add_replay(app, replay_options, code);
  add_minimize(app, minimize_options, code);
  add_neighbours(app, neighbours_options, code);
  add_explore(app, explore_options, code);
  add_verify(app, verify_options, code);
  add_depth(app, depth_options, code);
  add_generate(app, generate_options, code);
  add_health(app, health_options, code);
  add_bench(app, bench_options, code);
  add_determinism(app, determinism_options, code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // --help is no error; everything else makes the call unusable.
    return app.exit(error) == 0 ? kExitAsExpected : kExitUnusable;
  }
  return code;
}
