// Whatever fails, its page fits a terminal of 80 columns. Runs that pass are given verdicts, as the
// runtime here has no bug that would fail them.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "host/own_process_testing.h"
#include "host/text_lines.h"
#include "input/load.h"
#include "oracle/judge.h"
#include "report/report.h"
#include "tools/case_io.h"
#include "tools/generator.h"

namespace concertina::fuzzers {
namespace {

constexpr std::size_t kWidth = 80;

/// The lines that are wider, the widest first; "" when there are none.
std::string too_wide(std::string_view page) {
  std::vector<std::string> lines;
  while (!page.empty()) {
    const std::string_view line = take_line(page);
    if (line.size() > kWidth) lines.emplace_back(line);
  }
  std::sort(lines.begin(), lines.end(),
            [](const auto& a, const auto& b) { return a.size() > b.size(); });
  std::string text;
  for (std::size_t i = 0; i < lines.size() && i < 5; ++i) text += lines[i] + "\n";
  return text;
}

/// Two accesses, whose functions have long names and are in deep folders.
std::string race_log(const Trace& trace) {
  const std::string name =
      "concertina::sim::a_function_of_a_name_that_goes_on_for_longer_than_a_line"
      "_of_a_page_is_wide<unsigned long>::and_still_goes_on";
  const auto frames = [&](const std::string& folder) {
    return "    #0 concertina::sim::adjust_sudogs() runtime/stack/copy.cc:1:2\n    #1 " + name +
           "() runtime/" + folder + "/file.cc:12345:1\n";
  };
  const std::string thread = std::to_string(trace.last_steps.empty() ? 0 : 1);
  return "WARNING: ThreadSanitizer: data race (pid=1)\n  Write of size 8 at 0x7b by thread T" +
         thread + ":\n" + frames("chan") + "  Previous read of size 4096 at 0x7b by thread T2:\n" +
         frames("a_folder_of_a_long_name/and_another_one_in_it_that_is_as_long") +
         "  Thread T2 'virtual thread 1' (tid=1)\n";
}

/// Every thread waits for the next one's lock.
void hang(Trace& trace) {
  trace.outcome = Outcome::kHung;
  trace.message = "no virtual thread can take a step";
  for (std::size_t i = 0; i < trace.threads.size(); ++i) {
    ThreadAtEnd& thread = trace.threads[i];
    thread.is_enabled = false;
    thread.lock_holder = static_cast<int>(trace.threads[(i + 1) % trace.threads.size()].thread);
  }
}

std::vector<Verdict> planted(const Trace& trace) {
  std::vector<Verdict> verdicts;
  const std::string at = "at event " + std::to_string(trace.events.size() / 2);
  for (const std::string_view oracle : oracle_names()) {
    verdicts.push_back(
        {std::string(oracle),
         "a_kind_without_a_blank_in_it_that_is_wider_than_the_page_it_is_shown_on_by_far",
         "g1 and g2 and g3 did what c1 and c2 say that nobody may do, " + at});
  }
  return verdicts;
}

void expect_narrow(const CaseFile& file, const std::string& name) {
  const auto record = std::make_unique_for_overwrite<RunLog>();
  Trace trace = run(file.input, {.log = record.get()});
  const std::string log = race_log(trace);
  for (const Verdict& verdict : planted(trace)) {
    PageOptions options{.last_steps = 100};
    if (verdict.oracle == "race") options.log = log;
    EXPECT_EQ(too_wide(render(file, trace, verdict, options)), "")
        << name << ", " << verdict.oracle;
  }
  Trace dead = trace;
  dead.threads.clear();
  EXPECT_EQ(too_wide(render(file, dead, {"race", "data race", log}, {.log = log})), "") << name;
  hang(trace);
  EXPECT_EQ(too_wide(render(file, trace, {"deadlock", "lock deadlock", ""})), "") << name;
  EXPECT_EQ(too_wide(render(file, trace, {})), "") << name << ", passed";
}

std::vector<std::string> cases_in(const std::string& folder) {
  std::vector<std::string> paths;
  const std::filesystem::path root = std::string(CONCERTINA_SOURCE_DIR) + "/" + folder;
  for (const auto& entry : std::filesystem::directory_iterator(root)) {
    if (entry.path().extension() == ".case") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

TEST(PageWidth, OfEveryRegressionSeedAndExample) {
  in_own_process([] {
    for (const char* folder : {"corpus/regress", "corpus/seeds", "fuzzers/report/examples"}) {
      const std::vector<std::string> paths = cases_in(folder);
      ASSERT_FALSE(paths.empty()) << folder;
      for (const std::string& path : paths) {
        CaseFile file;
        ASSERT_EQ(load(path, file), "");
        expect_narrow(file, path);
      }
    }
  });
}

TEST(PageWidth, OfGeneratedPrograms) {
  in_own_process([] {
    for (unsigned i = 0; i < 30; ++i) {
      CaseFile file;
      file.header.title = std::string(200, 'x') + " a title of somebody else";
      file.header.bug = std::string(100, 'y');
      file.input = generated_input(1, i);
      expect_narrow(file, "input " + std::to_string(i));
    }
  });
}

Operation operation(Code code, std::uint8_t channel = 0, std::uint8_t function = 0) {
  Operation made;
  made.code = code;
  made.channel = channel;
  made.function = function;
  return made;
}

/// As many goroutines as can be, in a tree whose names are the longest that there are. All of them
/// sleep in the widest select there is.
TEST(PageWidth, OfTheDeepestAndWidestProgram) {
  in_own_process([] {
    Operation widest = operation(Code::kSelect);
    for (unsigned i = 0; i < kCasesMax; ++i) {
      Case one;
      one.channel = static_cast<std::uint8_t>(i % kChannelsMax);
      widest.cases.push_back(one);
    }
    CaseFile file;
    Program& program = file.input.program;
    program.channels.assign(kChannelsMax, {0, 4});
    program.functions.resize(2);
    const Operation spawn = operation(Code::kSpawn, 0, 1);
    program.functions[0].body = {spawn, spawn, widest};
    program.functions[1].body = {spawn, spawn, widest};
    file.input.schedule.processors = 4;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      file.input.schedule.seed = seed;
      const Trace trace = run(file.input);
      ASSERT_EQ(trace.outcome, Outcome::kDeadlock);
      const auto is_spawn = [](const Event& event) { return event.kind == EventKind::kSpawned; };
      ASSERT_EQ(std::count_if(trace.events.begin(), trace.events.end(), is_spawn), kGoroutinesMax);
      expect_narrow(file, "seed " + std::to_string(seed));
    }
  });
}

}  // namespace
}  // namespace concertina::fuzzers
