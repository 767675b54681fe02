// The pruned search against brute force on the real runtime: for each program of the litmus set the
// classes, and what its goroutines saw, must be the same sets with at most one preemption. It shows
// that footprints know all that matters in the runtime, not only on tiny programs.
// CONCERTINA_CHECKED_BOUND raises the bound.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "pipeline.h"
#include "verify/bounded.h"

namespace concertina::fuzzers {
namespace {

constexpr std::uint64_t kRunsMax = 300'000;

std::vector<std::string> litmus_files() {
  std::vector<std::string> files;
  const std::filesystem::path folder(std::string(CONCERTINA_SOURCE_DIR) + "/corpus/litmus");
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".case") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Input load(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  CaseFile file;
  const ParseError error = parse(text, file);
  EXPECT_EQ(error.reason, "") << path;
  return file.input;
}

/// What each goroutine asked for and got, and how the run ended.
std::uint64_t view_of(const Trace& trace) {
  std::uint64_t of_goroutine[64] = {};
  for (const Event& e : trace.events) {
    if (e.kind > EventKind::kLocalRead && e.kind != EventKind::kEndGoroutine) continue;
    std::uint64_t& hash = of_goroutine[e.goroutine % 64];
    hash = mix(hash, static_cast<std::uint64_t>(e.kind) << 32 | e.slot_i);
    if (e.kind == EventKind::kLenSeen) {
      hash = mix(hash, as<event::LenSeen>(e).length);  // and not the step at which it began
    } else {
      hash = mix(hash, std::uint64_t{e.slot_a} << 32 | e.slot_b);
    }
  }
  std::uint64_t hash = static_cast<std::uint64_t>(trace.outcome);
  for (const std::uint64_t one : of_goroutine) hash = mix(hash, one);
  return hash;
}

struct Reached {
  bool has_panicked = false;  // in some run, which ended the others' steps
  std::set<std::uint64_t> classes;
  std::set<std::uint64_t> views;
  std::uint64_t runs = 0;
  bool is_complete = false;
};

Reached reach(const Input& input, unsigned bound, const BoundedOptions& options) {
  Reached reached;
  BoundedSearch search(options);
  search.start(bound, input.schedule);
  while (!search.is_done() && search.runs() < kRunsMax) {
    search.begin_run();
    const Trace trace = run(input, {.chooser = &search});
    const BoundedSearch::RunEnd end = search.end_run(trace.outcome != Outcome::kHung);
    EXPECT_FALSE(end.has_diverged);
    if (end.is_cut || search.is_learning()) continue;
    EXPECT_FALSE(judge(input, trace).failed());
    reached.classes.insert(end.trace_class);
    reached.views.insert(view_of(trace));
    reached.has_panicked |= trace.outcome == Outcome::kPanic;
  }
  reached.runs = search.runs();
  reached.is_complete = search.is_done();
  return reached;
}

// In parts that can run side by side: with ThreadSanitizer the whole set takes minutes.
class RuntimeCheck : public testing::TestWithParam<std::size_t> {};
constexpr std::size_t kParts = 8;

TEST_P(RuntimeCheck, PruningLosesNoClassOfTheLitmusSet) {
  const char* const wanted = std::getenv("CONCERTINA_CHECKED_BOUND");
  const unsigned bound = wanted != nullptr ? static_cast<unsigned>(std::atoi(wanted)) : 1;
  const std::vector<std::string> files = litmus_files();
  ASSERT_GE(files.size(), 20U);
  std::uint64_t classes = 0;
  for (std::size_t i = GetParam(); i < files.size(); i += kParts) {
    const std::string& path = files[i];
    const Input input = load(path);
    const Reached all = reach(input, bound, {.pruning = Pruning::kNone, .skips_private = false});
    if (!all.is_complete) std::printf("%s: too large for brute force\n", path.c_str());
    if (!all.is_complete) continue;
    const Reached by_states = reach(input, bound, {.skips_private = false});
    EXPECT_TRUE(by_states.is_complete) << path;
    EXPECT_TRUE(by_states.classes == all.classes) << path;
    const Reached shipped = reach(input, bound, {});
    EXPECT_TRUE(shipped.is_complete) << path;
    EXPECT_TRUE(shipped.views == all.views) << path << ": " << all.views.size() << " views";
    // A panic forestalls private steps of others; which ones makes classes, but no views.
    EXPECT_TRUE(all.has_panicked || shipped.classes == all.classes) << path;
    classes += all.classes.size();
  }
  std::printf("%llu classes within bound %u\n", static_cast<unsigned long long>(classes), bound);
  EXPECT_GT(classes, 0U);
}

INSTANTIATE_TEST_SUITE_P(Parts, RuntimeCheck, testing::Range(std::size_t{0}, kParts));

}  // namespace
}  // namespace concertina::fuzzers
