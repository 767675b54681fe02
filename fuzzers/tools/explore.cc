#include <algorithm>
#include <cstdio>
#include <vector>

#include "base/check.h"
#include "host/json.h"
#include "host/shown.h"
#include "host/wrapped.h"
#include "tools/case_io.h"
#include "tools/commands.h"
#include "tools/explore_child.h"

namespace concertina::fuzzers {
namespace {

constexpr std::size_t kHang = 4;  // of a line that is wrapped

std::string name_of(const ExploreOptions& options) {
  if (options.as_drawn) return "generated inputs";
  return options.per_program != 0 ? "generated programs" : shown_path(options.file);
}

void report(const ExploreOptions& options, const SearchOptions& searched,
            const SearchResult& result) {
  const bool found = result.verdict.failed();
  if (options.json) {
    JsonObject object;
    object.text("file", name_of(options))
        .text("strategy", options.strategy)
        .number("seed", searched.seed)
        .flag("found", found)
        .number("runs", result.runs)
        .text("signature", result.verdict.signature())
        .text("found_by", found ? strategy_name(result.input.schedule.strategy) : "")
        .real("seconds", result.seconds)
        .text("flavour", this_flavour());
    std::printf("%s\n", object.str().c_str());
    return;
  }
  const std::string search = text_of(name_of(options), ", seed ", searched.seed);
  const std::string took = text_of(" (", decimal(result.seconds, 1), " s)");
  if (!found) return print_wrapped(kHang, search, ": nothing in ", result.runs, " runs", took);
  print_wrapped(kHang, search, ": run ", result.runs, took, ", strategy ",
                strategy_name(result.input.schedule.strategy), ": ", result.verdict.signature());
}

void report_median(const ExploreOptions& options, std::vector<std::uint64_t>& runs) {
  std::sort(runs.begin(), runs.end());
  CHECK(runs.size() <= options.seeds, "each search finds one failure at most");
  // Searches that found nothing are above every number.
  const std::size_t middle = (options.seeds - 1) / 2;
  print_wrapped(kHang, name_of(options), ", strategy ", options.strategy, ": found in ",
                runs.size(), " of ", options.seeds, " searches",
                middle < runs.size() ? text_of(", median ", runs[middle], " runs") : "");
}

bool write_case(const ExploreOptions& options, CaseFile file, const SearchResult& result) {
  if (options.per_program != 0 || options.as_drawn || file.header.title.empty()) {
    file.header.title = result.verdict.signature();
  }
  file.header.oracle = result.verdict.oracle;
  file.header.expect = "fail";
  file.input = result.input;
  return write_or_complain(options.output, print(file));
}

}  // namespace

int explore(const ExploreOptions& options) {
  if (!options.left_out.empty() && options.strategy != "portfolio") {
    complain("explore", "--without goes with --strategy portfolio");
    return kExitUnusable;
  }
  if (!can_write_or_complain(options.output)) return kExitUnusable;
  CaseFile file;
  if (options.per_program == 0 && !options.as_drawn) {
    if (options.file.empty()) {
      complain("explore", "a file, --generated N or --as-drawn is needed");
      return kExitUnusable;
    }
    if (!load_or_complain(options.file, file, options.as_bytes)) return kExitUnusable;
    if (!options.keep_wishes) std::erase_if(file.input.schedule.deviations, is_preemption);
  }
  SearchOptions one;
  one.strategy = strategy_by_name(options.strategy);
  CHECK(one.strategy != Strategy::kCount, "options name a strategy");
  if (!options.left_out.empty()) one.left_out = strategy_by_name(options.left_out);
  one.runs_max = options.runs;
  one.per_program = options.per_program;
  one.as_drawn = options.as_drawn;
  one.timeout_s = options.timeout_s;
  std::vector<std::uint64_t> found;
  for (unsigned i = 0; i < options.seeds; ++i) {
    one.seed = options.seed + i;
    const SearchResult result = search(file.input, one);
    report(options, one, result);
    if (!result.verdict.failed()) continue;
    const bool is_first = found.empty();
    found.push_back(result.runs);
    if (is_first && !options.output.empty() && !write_case(options, file, result)) {
      return kExitUnusable;
    }
  }
  if (options.seeds > 1 && !options.json) report_median(options, found);
  return found.empty() ? kExitAsExpected : kExitFailed;
}

}  // namespace concertina::fuzzers
