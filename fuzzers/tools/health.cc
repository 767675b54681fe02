// Generator health: generated inputs are worth what they reach. Each line is the share of inputs in
// which something happens that the stack-copy protocol is about.
#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include "base/check.h"
#include "host/json.h"
#include "tools/case_io.h"
#include "tools/commands.h"
#include "tools/generator.h"
#include "tools/reached.h"

namespace concertina::fuzzers {
namespace {

struct Line {
  const char* name;
  double floor;  // the share in percent that `--check` demands: some two thirds of what it is today
};

constexpr std::array<Line, kFeatureCount> kLines = {{
    {"blocks", 60},
    {"grows a stack", 25},
    {"copies a stack while locks are held", 10},
    {"moves or shrinks a stack", 20},
    {"moves or shrinks, blocked on one channel", 5},
    {"moves or shrinks, blocked in a select", 2},
    {"moves or shrinks, two or more sudogs", 2},
    {"shrinks, blocked on one channel", 1},
    {"shrinks, blocked in a select", 0.3},
    {"closes under waiters", 8},
    {"stops inside a send", 3},
    {"stops inside a receive", 2.5},
    {"stops inside a select", 1.5},
    {"stops in a woken select, losers queued", 0.5},
    {"stops between unlock and ready", 5},
    {"stops inside a close", 0.3},
    {"is interrupted in its own code", 3.5},
    {"wipes out a request by a copy", 1.5},
    {"asks again at a system call's end", 0.3},
    {"puts off a request under a lock", 3},
    {"shrinks its own stack", 0.8},
    {"shrinks its own stack inside an operation", 0.8},
    {"ends a time slice", 4},
    {"preempts within an operation", 3},
    {"preempts between two operations", 3},
    {"steals while the owner puts", 0.02},
    {"scans two goroutines at once", 1},
    {"uses freed stacks for sudogs or buffers", 1.5},
    {"uses freed stacks for stacks of another size", 1.5},
    {"keeps free spans back for a scan", 10},
    {"is held in a change from running", 3},
    {"is held as it parks", 0.6},
    {"suspends others itself", 3},
    {"is scanned while it suspends others", 0.7},
    {"suspends others, then shrinks its stack", 0.6},
    {"empties a cache of stacks for a scan", 15},
    {"begins a stack above the minimum after a scan", 0.05},
    {"ends in deadlock", 10},
    {"ends in panic", 4},
    {"ends out of budget", 0},
    {"fails an oracle", 0},
}};

std::uint32_t percentile(std::vector<std::uint32_t>& values, unsigned percent) {
  CHECK(!values.empty() && percent <= 100, "a percentile is of some runs");
  const std::size_t index = (values.size() - 1) * percent / 100;
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(index),
                   values.end());
  return values[index];
}

struct Distribution {
  const char* name;
  std::vector<std::uint32_t> values;
};

void print_text(const std::array<unsigned, kFeatureCount>& counts,
                std::array<Distribution, 3>& distributions, unsigned count) {
  std::printf("%u inputs\n", count);
  for (unsigned i = 0; i < kFeatureCount; ++i) {
    std::printf("  %-42s %6.2f %%\n", kLines[i].name, 100.0 * counts[i] / count);
  }
  for (Distribution& distribution : distributions) {
    std::printf("%-10s median %u, 90 %% %u, 99 %% %u, max %u\n", distribution.name,
                percentile(distribution.values, 50), percentile(distribution.values, 90),
                percentile(distribution.values, 99), percentile(distribution.values, 100));
  }
}

void print_json(const std::array<unsigned, kFeatureCount>& counts,
                std::array<Distribution, 3>& distributions, unsigned count) {
  JsonObject shares;
  for (unsigned i = 0; i < kFeatureCount; ++i) shares.real(kLines[i].name, 1.0 * counts[i] / count);
  JsonObject object;
  object.number("inputs", count).raw("shares", shares.str());
  for (Distribution& distribution : distributions) {
    JsonObject percentiles;
    for (const unsigned percent : {50U, 90U, 99U, 100U}) {
      percentiles.number(std::to_string(percent), percentile(distribution.values, percent));
    }
    object.raw(distribution.name, percentiles.str());
  }
  std::printf("%s\n", object.str().c_str());
}

// Says which lines are below their floor.
bool has_its_floors(const std::array<unsigned, kFeatureCount>& counts, unsigned count) {
  bool all = true;
  for (unsigned i = 0; i < kFeatureCount; ++i) {
    if (100.0 * counts[i] / count >= kLines[i].floor) continue;
    std::fprintf(stderr, "health: '%s' is below its floor of %.1f %%\n", kLines[i].name,
                 kLines[i].floor);
    all = false;
  }
  return all;
}

}  // namespace

int health(const HealthOptions& options) {
  if (options.count == 0) {
    std::fprintf(stderr, "health: --count must be at least 1\n");
    return kExitUnusable;
  }
  std::array<unsigned, kFeatureCount> counts{};
  std::array<Distribution, 3> distributions = {
      Distribution{"steps", {}}, Distribution{"decisions", {}}, Distribution{"events", {}}};
  const unsigned count =
      options.files.empty() ? options.count : static_cast<unsigned>(options.files.size());
  for (unsigned i = 0; i < count; ++i) {
    CaseFile file{.header = {}, .input = {}};
    if (options.files.empty()) {
      file.input = generated_input(options.seed, i);
    } else if (!load_or_complain(options.files[i], file, options.as_bytes)) {
      return kExitUnusable;
    }
    const Input& input = file.input;
    const Trace trace = run(input);
    distributions[0].values.push_back(trace.steps);
    distributions[1].values.push_back(trace.decisions);
    distributions[2].values.push_back(static_cast<std::uint32_t>(trace.events.size()));
    const Features features = features_of(input, trace);
    for (unsigned feature = 0; feature < kFeatureCount; ++feature) {
      counts[feature] += features[feature] ? 1 : 0;
    }
  }
  if (options.json) {
    print_json(counts, distributions, count);
  } else {
    print_text(counts, distributions, count);
  }
  for (const unsigned reached : counts) {
    CHECK(reached <= count, "a share is of all inputs");
  }
  bool is_healthy = counts[kFails] == 0;
  if (options.check) is_healthy &= has_its_floors(counts, count);
  return is_healthy ? kExitAsExpected : kExitFailed;
}

}  // namespace concertina::fuzzers
