// Generator health: generated inputs are worth what they reach. Each line is the share of inputs in
// which something happens that the stack-copy protocol is about.
#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include "tools/case_io.h"
#include "tools/commands.h"
#include "tools/generator.h"
#include "tools/json.h"

namespace concertina::fuzzers {
namespace {

enum Feature : unsigned {
  kBlocks,              // a goroutine parked
  kGrows,               // a stack was grown
  kCopiesUnderLocks,    // a stack was copied while its machine held locks
  kScannerCopies,       // the scanner shrank or moved a stack
  kScannerCopiesBlockedOnOne,     // ... of a goroutine blocked in a send or receive
  kScannerCopiesBlockedInSelect,  // ... of a goroutine blocked in a select
  kScannerCopiesBlockedOnMany,    // ... with two or more sudogs
  kClosesUnderWaiters,
  kDeadlocks,
  kPanics,
  kRunsOut,  // of its budget
  kFails,    // by some oracle
  kFeatureCount
};

constexpr std::array<const char*, kFeatureCount> kNames = {
    "blocks",
    "grows a stack",
    "copies a stack under locks",
    "scanner copies a stack",
    "scanner copies, blocked on one channel",
    "scanner copies, blocked in select",
    "scanner copies, two or more sudogs",
    "closes under waiters",
    "ends in deadlock",
    "ends in panic",
    "ends out of budget",
    "fails an oracle",
};

constexpr unsigned kCopyTakesChannelLocks = 1;
constexpr unsigned kCopyUnderOwnLocks = 2;

using Features = std::array<bool, kFeatureCount>;

/// What a goroutine is in the middle of, as far as its events tell.
struct Waiting {
  bool in_select = false;
  unsigned sudogs = 0;
};

void see_copy(const Event& event, const Waiting& waiting, Features& features) {
  features[kGrows] |= event.index == 0;
  features[kCopiesUnderLocks] |= event.channel == kCopyUnderOwnLocks;
  if (event.index == 0) return;
  features[kScannerCopies] = true;
  if (event.channel != kCopyTakesChannelLocks || waiting.sudogs == 0) return;
  features[waiting.in_select ? kScannerCopiesBlockedInSelect : kScannerCopiesBlockedOnOne] = true;
  features[kScannerCopiesBlockedOnMany] |= waiting.sudogs > 1;
}

void see_event(const Event& event, std::vector<Waiting>& goroutines, Features& features) {
  if (event.goroutine >= goroutines.size()) goroutines.resize(event.goroutine + 1);
  Waiting& waiting = goroutines[event.goroutine];
  switch (event.kind) {
    case EventKind::kOpSend:
    case EventKind::kOpReceive:
    case EventKind::kOpSelect:
      waiting = {.in_select = event.kind == EventKind::kOpSelect};
      break;
    case EventKind::kSendPark:
    case EventKind::kReceivePark:
      ++waiting.sudogs;
      break;
    case EventKind::kDoneSend:
    case EventKind::kDoneReceive:
    case EventKind::kDoneSelect:
      waiting = {};
      break;
    case EventKind::kParked:
      features[kBlocks] = true;
      break;
    case EventKind::kCloseWakesReceiver:
    case EventKind::kCloseWakesSender:
      features[kClosesUnderWaiters] = true;
      break;
    case EventKind::kCopyBegin:
      see_copy(event, waiting, features);
      break;
    default:
      break;
  }
}

Features features_of(const Input& input, const Trace& trace) {
  Features features{};
  std::vector<Waiting> goroutines;
  for (const Event& event : trace.events) see_event(event, goroutines, features);
  features[kDeadlocks] = trace.outcome == Outcome::kDeadlock;
  features[kPanics] = trace.outcome == Outcome::kPanic;
  features[kRunsOut] = trace.outcome == Outcome::kBudget;
  features[kFails] = judge(input, trace).failed();
  return features;
}

std::uint32_t percentile(std::vector<std::uint32_t>& values, unsigned percent) {
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
  std::printf("%u generated inputs\n", count);
  for (unsigned i = 0; i < kFeatureCount; ++i) {
    std::printf("  %-42s %6.2f %%\n", kNames[i], 100.0 * counts[i] / count);
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
  for (unsigned i = 0; i < kFeatureCount; ++i) shares.real(kNames[i], 1.0 * counts[i] / count);
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

}  // namespace

int health(const HealthOptions& options) {
  std::array<unsigned, kFeatureCount> counts{};
  std::array<Distribution, 3> distributions = {
      Distribution{"steps", {}}, Distribution{"decisions", {}}, Distribution{"events", {}}};
  for (unsigned i = 0; i < options.count; ++i) {
    const Input input = generated_input(options.seed, i);
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
    print_json(counts, distributions, options.count);
  } else {
    print_text(counts, distributions, options.count);
  }
  return counts[kFails] == 0 ? kExitAsExpected : kExitFailed;
}

}  // namespace concertina::fuzzers
