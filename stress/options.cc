#include "stress/options.h"

#include "host/command_line.h"

namespace concertina::stress {

std::string parse_options(const std::vector<std::string>& arguments, Options& o) {
  CLI::App app;
  app.option_defaults()->take_last();
  std::string size = "mixed";
  fuzzers::add_name(app, "--job", o.job, "");
  fuzzers::add_name(app, "--programs", o.programs, "");
  fuzzers::add_name(app, "--json", o.json, "");
  fuzzers::add_number(app, "--seed", o.seed, "");
  fuzzers::add_number(app, "--batches", o.batches, "", 1);
  fuzzers::add_number(app, "--operations", o.operations, "", 1);
  fuzzers::add_number(app, "--seconds", o.seconds, "", 1);
  fuzzers::add_number(app, "--workers", o.workers, "");
  fuzzers::add_number(app, "--scale", o.scale, "", 1);
  fuzzers::add_number(app, "--hang-seconds", o.hang_seconds, "", 1);
  app.add_option("--size", size)->check(CLI::IsMember({"small", "large", "mixed"}));
  app.add_flag("--quiet", o.is_quiet);
  const std::string wrong = fuzzers::parse_words(app, arguments);
  if (!wrong.empty()) return wrong;
  if (size != "mixed") o.size = size == "small" ? Size::kSmall : Size::kLarge;
  if (o.job.empty()) return "--job is missing";
  if (o.job == "programs" && o.programs.empty()) {
    return "--programs is missing: the folder with the programs for that job";
  }
  if (o.batches == 0 && o.seconds == 0 && o.operations == 0) {
    return "one of --batches, --seconds and --operations is needed";
  }
  return "";
}

std::string usage() {
  return "stress_jobs --job NAME [--seed N] [--batches N] [--seconds N]\n"
         "            [--operations N] [--workers N] [--scale N]\n"
         "            [--size small|large|mixed] [--hang-seconds N]\n"
         "            [--programs FOLDER] [--json FILE] [--quiet]\n"
         "Exit code: 0 everything passed, 1 a failure or a hang, 2 could not run.\n";
}

}  // namespace concertina::stress
