// concertina depth: how many preemptions a failure needs, and which two steps it turns on.
#include <cstdio>

#include "host/json.h"
#include "host/shown.h"
#include "host/wrapped.h"
#include "report/runtime_map.h"
#include "report/words.h"
#include "schedule/key_text.h"
#include "tools/case_io.h"
#include "tools/child.h"
#include "tools/commands.h"
#include "tools/depth_child.h"

namespace concertina::fuzzers {
namespace {

constexpr std::size_t kHang = 7;  // of a line that is wrapped

std::string line_of(const Step& step) {
  char text[200];
  std::snprintf(text, sizeof text, "T%u  %-12s %-34s %s (%s)", unsigned{step.thread},
                path_text(step.path).c_str(), position_of(step.site).c_str(),
                std::string(site_name(step.site)).c_str(),
                std::string(operation_kind_name(step.kind)).c_str());
  return text;
}

void print_depth(const std::string& path, const Depth& depth) {
  print_wrapped(kHang, shown_path(path), ": ", depth.signature);
  for (const BoundReport& report : depth.explored.bounds) {
    print_wrapped(kHang, "  bound ", report.bound, ": ", report.schedules, " schedules",
                  report.is_complete ? ", complete, none fails that way" : "");
  }
  if (!depth.is_known()) {
    return print_wrapped(kHang, "  no failure of that signature was found");
  }
  if (depth.is_reduced) {
    print_wrapped(kHang, "  by reducing the preemptions of failing runs, in ", depth.reducing_runs,
                  " runs");
  }
  print_wrapped(kHang, "  bug depth ", depth.words(), " (",
                !depth.is_proved()      ? "not proved"
                : depth.has_fixed_draws ? "proved for the seed's draws: bounds below are complete"
                                        : "proved: bounds below explored completely",
                ", ", depth.schedules(), " schedules)");
  const Cause& cause = depth.cause;
  if (!cause.is_found) {
    return print_wrapped(kHang, "  critical pair: none; no swap of two racing steps (",
                         cause.races_tried, " of ", cause.races, " tried) makes it pass");
  }
  print_wrapped(kHang,
                "  critical pair: it fails when the first comes before the second, and passes when "
                "they are swapped\n    1  ",
                line_of(cause.first), "\n    2  ", line_of(cause.second));
}

std::string json_of(const Step& step) {
  JsonObject object;
  object.number("thread", step.thread)
      .text("path", path_text(step.path))
      .text("site", site_name(step.site))
      .text("position", position_of(step.site));
  return object.str();
}

void print_json(const std::string& path, const Depth& depth) {
  JsonObject object;
  object.text("file", path)
      .text("signature", depth.signature)
      .flag("known", depth.is_known())
      .flag("proved", depth.is_proved())
      .flag("fixed_draws", depth.has_fixed_draws)
      .flag("reduced", depth.is_reduced)
      .number("bounds_complete", depth.bounds_complete())
      .number("depth", depth.explored.preemptions)
      .number("schedules", depth.schedules())
      .number("schedules_below", depth.schedules_below())
      .text("depth_words", depth.words())
      .text("pair_words", depth.cause.words())
      .number("races_tried", depth.cause.races_tried)
      .number("races", depth.cause.races);
  if (depth.cause.is_found) {
    object.raw("first", json_of(depth.cause.first)).raw("second", json_of(depth.cause.second));
  }
  object.text("flavour", this_flavour());
  std::printf("%s\n", object.str().c_str());
}

/// False, after a complaint, when there is nothing to examine.
bool examine(const std::string& path, const Input& input, const DepthOptions& options,
             Depth& depth) {
  const ChildRun run = run_in_child(input, {.timeout_s = options.timeout_s});
  depth.signature = run.verdict.signature();
  if (!run.verdict.failed()) {
    complain(path,
             text_of("it does not fail in flavour '", this_flavour(), "', so it has no depth"));
    return false;
  }
  const VerifyOrder order{.last_bound = options.bound,
                          .seconds_max = options.budget_s,
                          .timeout_s = options.timeout_s,
                          .signature = depth.signature};
  depth = find_depth(input, order, {.starts = options.starts, .runs = options.reducing_runs});
  return true;
}

int depth_of(const std::string& path, const DepthOptions& options) {
  CaseFile file;
  if (!load_or_complain(path, file, options.as_bytes)) return kExitUnusable;
  Depth depth;
  if (!examine(path, file.input, options, depth)) return kExitUnusable;
  if (options.json) {
    print_json(path, depth);
  } else {
    print_depth(path, depth);
  }
  if (!depth.is_known()) return kExitNotComplete;
  if (options.output.empty()) return kExitAsExpected;
  file.header.depth = depth.words();
  file.header.pair = depth.cause.words();
  return write_or_complain(options.output, print(file)) ? kExitAsExpected : kExitUnusable;
}

}  // namespace

int depth(const DepthOptions& options) {
  if (!can_write_or_complain(options.output)) return kExitUnusable;
  return worst_of(options.files, [&](const std::string& path) { return depth_of(path, options); });
}

}  // namespace concertina::fuzzers
