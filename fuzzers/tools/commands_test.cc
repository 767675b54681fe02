// What each command says of an input that is in order, for people and for programs.
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "input/input.h"
#include "tools/generator.h"
#include "tools/testing.h"

namespace concertina::fuzzers {
namespace {

class Commands : public ToolTest {
 protected:
  static Words lines_of(const std::string& text) {
    Words lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }
  /// Runs it, which must end with that code and without a complaint.
  static std::string says(const Words& words, int code = kExitAsExpected) {
    const Ended ended = tool(words);
    EXPECT_EQ(ended.code, code) << joined(words) << ended.said << ended.complaint;
    EXPECT_EQ(ended.complaint, "") << joined(words);
    return ended.said;
  }
  /// The value of a key in a JSON object on one line, as it is written there.
  static std::string value(const std::string& json, const std::string& key) {
    const std::string mark = "\"" + key + "\": ";
    const std::size_t at = json.find(mark);
    if (at == std::string::npos) return "(no " + key + ")";
    const std::size_t begin = at + mark.size();
    return json.substr(begin, json.find_first_of(",}", begin) - begin);
  }
};

const std::string kProgram =
    "version 4\n"
    "\n"
    "chan c0 cap=1 size=8\n"
    "\n"
    "func f0 frame=0 {\n"
    "  send c0\n"
    "  recv c0\n"
    "}\n"
    "\n"
    "schedule processors=1 strategy=random depth=3 seed=0x5\n"
    "end\n";
const std::string kCaseText = "# title: there and back\n# expect: pass\n" + kProgram;

// --- show ---------------------------------------------------------------------------------------

TEST_F(Commands, ShowPrintsTheCanonicalText) {
  std::string untidy = kCaseText;
  untidy.replace(untidy.find("  send c0\n  recv c0\n"), 20, "send   c0 recv c0 # a remark\n");
  EXPECT_EQ(says({"show", made("a.case", kCaseText)}), kCaseText);
  EXPECT_EQ(says({"show", made("b.case", untidy)}), kCaseText);
}

TEST_F(Commands, ShowPrintsAProgramForReading) {
  EXPECT_EQ(says({"show", "--as", "go", made("a.case", kCaseText)}),
            "var c0 = make(chan [8]byte, 1)\n"
            "\n"
            "func main() {\n"
            "\tc0 <- v0\n"
            "\tv0 = <-c0\n"
            "}\n");
}

TEST_F(Commands, ShowPrintsTheHeaderWithWhatItLeavesOut) {
  EXPECT_EQ(
      says({"show", "--header", made("a.case", kCaseText)}),
      "title: there and back\nbug: \noracle: \nflavour: any\nexpect: pass\ndepth: \npair: \n");
}

TEST_F(Commands, ShowSetsFieldsOfTheHeaderAndNothingElse) {
  const std::string text = says({"show", made("a.case", kCaseText), "--set", "title=another",
                                 "--set", "bug=select-done-not-reset"});
  EXPECT_EQ(text, "# title: another\n# bug: select-done-not-reset\n# expect: pass\n" + kProgram);
}

TEST_F(Commands, ShowWritesBytesThatMeanTheSame) {
  says({"show", "--as", "bytes", "-o", path("a.bytes"), made("a.case", kCaseText)});
  EXPECT_EQ(says({"show", path("a.bytes")}), "# title: engine bytes\n# expect: pass\n" + kProgram);
}

TEST_F(Commands, ShowOfSeveralFillsAFolder) {
  std::filesystem::create_directory(path("out"));
  says({"show", "--as", "go", "-o", path("out"), made("a.case", kCaseText),
        made("b.case", kCaseText)});
  EXPECT_EQ(read("out/a.go"), read("out/b.go"));
  EXPECT_EQ(read("out/a.go").substr(0, 6), "var c0");
}

// --- run, replay, determinism -------------------------------------------------------------------

TEST_F(Commands, RunSaysHowEachSeedEnds) {
  const std::string file = made("a.case", kCaseText);
  const Words lines = lines_of(says({"run", file, "--runs", "3"}));
  ASSERT_EQ(lines.size(), 3u);
  std::set<std::string> hashes;
  for (unsigned i = 0; i < 3; ++i) {
    EXPECT_TRUE(lines[i].starts_with(file + ": seed " + std::to_string(5 + i) + ": pass; exit, "))
        << lines[i];
    hashes.insert(lines[i].substr(lines[i].find("hash ")));
  }
  EXPECT_EQ(hashes.size(), 3u) << "a seed is another schedule";
  EXPECT_EQ(lines_of(says({"run", file, "--runs", "3", "--in-process"})), lines);
  EXPECT_EQ(lines_of(says({"run", file, "--seed", "7"})), Words{lines[2]});
}

TEST_F(Commands, ReplayAndDeterminismTellTheSameRun) {
  const std::string file = made("a.case", kCaseText);
  const std::string run = says({"run", file});
  const std::string replay = says({"replay", "--json", file});
  EXPECT_EQ(value(replay, "signature"), "\"pass\"");
  EXPECT_EQ(value(replay, "outcome"), "\"exit\"");
  EXPECT_EQ(value(replay, "expected"), "true");
  EXPECT_EQ(value(replay, "died"), "false");
  const std::string hash = value(replay, "hash").substr(1, 16);
  EXPECT_NE(run.find("hash " + hash + "\n"), std::string::npos) << run;
  EXPECT_NE(run.find(", " + value(replay, "steps") + " steps,"), std::string::npos) << run;
  EXPECT_EQ(says({"determinism", file}),
            file + " " + hash + " " + value(replay, "steps") + " exit\n");
  EXPECT_EQ(value(says({"determinism", "--json", file}), "hash"), "\"" + hash + "\"");
}

TEST_F(Commands, ReplayComparesWithWhatTheHeaderExpects) {
  const std::string file = made("a.case", kCaseText);
  EXPECT_EQ(says({"replay", "-q", "--expect-from-header", file}),
            file + ": ok: pass (expected: pass)\n");
  std::string failing = kCaseText;
  failing.replace(failing.find("expect: pass"), 12, "expect: fail\n# oracle: channels");
  const std::string wrong = made("b.case", failing);
  EXPECT_EQ(says({"replay", "-q", wrong}), wrong + ": ok: pass (expected: pass)\n")
      << "it was not asked about the header";
  EXPECT_EQ(says({"replay", "-q", "--expect-from-header", wrong}, kExitFailed),
            wrong + ": NOT AS EXPECTED: pass (expected: fail by channels)\n");
  EXPECT_EQ(says({"replay", "-q", "--times", "3", file}),
            file + ": ok: pass (expected: pass); 0 of 3 replays failed\n");
}

TEST_F(Commands, ReplayExplainsARunOnAPage) {
  const std::string page = says({"replay", made("a.case", kCaseText)});
  for (const char* const piece :
       {"verdict:  pass\n", "case:     there and back\n", "outcome:  exit; ",
        "schedule: 1 processor, random walk, seed 5\n", "g0 begins: send g0's value 1 on c0"}) {
    EXPECT_NE(page.find(piece), std::string::npos) << piece << "\n" << page;
  }
  EXPECT_EQ(page.find("\x1b["), std::string::npos) << "no colours where nobody looks";
  EXPECT_NE(says({"replay", "--color", "always", path("a.case")}).find("\x1b["), std::string::npos);
}

// --- Searches -----------------------------------------------------------------------------------

TEST_F(Commands, NeighboursCountsFailures) {
  const std::string file = made("a.case", kCaseText);
  EXPECT_EQ(says({"neighbours", "--count", "7", file}),
            file + ": 0 of 7 neighbouring schedules fail\n");
  const std::string json = says({"neighbours", "--count", "7", "--json", file});
  EXPECT_EQ(value(json, "count"), "7");
  EXPECT_EQ(value(json, "failures"), "0");
  EXPECT_EQ(value(json, "first_signature"), "\"pass\"");
}

TEST_F(Commands, ExploreMakesTheRunsThatItWasAskedFor) {
  const std::string file = made("a.case", kCaseText);
  const std::string json = says({"explore", "--runs", "9", "--strategy", "pos", "--json", file});
  EXPECT_EQ(value(json, "found"), "false");
  EXPECT_EQ(value(json, "runs"), "9");
  EXPECT_EQ(value(json, "strategy"), "\"pos\"");
  EXPECT_EQ(value(json, "seed"), "1");
  EXPECT_EQ(lines_of(says({"explore", "--runs", "2", "--seeds", "3", "--json", file})).size(), 3u);
}

TEST_F(Commands, VerifySaysWhatIsProvedAndWhatIsNot) {
  const std::string file = made("a.case", kCaseText);
  const std::string whole = says({"verify", "--bound", "1", "--json", file});
  EXPECT_EQ(value(whole, "end"), "\"complete\"");
  EXPECT_NE(whole.find("\"bound\": 1, \"complete\": true"), std::string::npos) << whole;
  const std::string part =
      says({"verify", "--bound", "1", "--schedules", "3", "--json", kCase}, kExitNotComplete);
  EXPECT_NE(value(part, "end"), "\"complete\"");
  EXPECT_EQ(value(part, "signature"), "\"pass\"") << "nothing failed so far";
}

TEST_F(Commands, WhatDoesNotFailIsNotMinimisedAndHasNoDepth) {
  const std::string file = made("a.case", kCaseText);
  expect_unusable({"minimize", file}, "it does not fail in flavour");
  expect_unusable({"depth", file}, "so it has no depth");
  EXPECT_EQ(files(), 1) << "and nothing was written";
}

// --- generate, health, bench, signature ---------------------------------------------------------

TEST_F(Commands, GenerateIsAFunctionOfItsSeed) {
  const std::string two = says({"generate", "--count", "2", "--seed", "5"});
  EXPECT_EQ(says({"generate", "--count", "2", "--seed", "5"}), two);
  EXPECT_NE(says({"generate", "--count", "2", "--seed", "6"}), two);
  CaseHeader header;
  header.title = "generated-5-0";
  const std::string first = print({header, generated_input(5, 0)});
  EXPECT_EQ(two.substr(0, first.size()), first);
}

TEST_F(Commands, GenerateFillsAFolderInBothForms) {
  says({"generate", "--count", "3", "--seed", "5", "-o", path("text")});
  says({"generate", "--count", "3", "--seed", "5", "--as", "bytes", "-o", path("bytes")});
  for (unsigned i = 0; i < 3; ++i) {
    const std::string name = "generated-5-" + std::to_string(i);
    CaseFile file;
    EXPECT_EQ(parse(read("text/" + name + ".case"), file).reason, "");
    const std::string bytes = read("bytes/" + name + ".bytes");
    EXPECT_EQ(decode({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}),
              file.input);
    EXPECT_EQ(file.input, generated_input(5, i));
  }
}

TEST_F(Commands, HealthHasFloorsThatAFewInputsDoNotReach) {
  const std::string json = says({"health", "--count", "20", "--json"});
  EXPECT_EQ(value(json, "inputs"), "20");
  const Ended ended = tool({"health", "--count", "1", "--check"});
  EXPECT_EQ(ended.code, kExitFailed);
  EXPECT_NE(ended.complaint.find("is below its floor of"), std::string::npos) << ended.complaint;
}

TEST_F(Commands, BenchWritesItsNumbers) {
  EXPECT_NE(says({"bench", "--count", "2", "--json", path("numbers")}), "");
  EXPECT_EQ(read("numbers").substr(0, 1), "{");
}

TEST_F(Commands, SignatureReadsWhatADeadProcessSaid) {
  const std::string log = made("log", "the last words\n");
  EXPECT_EQ(says({"signature", log}), "pass\n");
  EXPECT_EQ(lines_of(says({"signature", "--signal", "11", log}, kExitFailed))[0], "crash: SIGSEGV");
  EXPECT_EQ(lines_of(says({"signature", "--exit-status", "3", log}, kExitFailed))[0],
            "crash: exited early, exit status 3");
  const std::string report =
      std::string(CONCERTINA_SOURCE_DIR) + "/fuzzers/oracle/testdata/asan_use_after_free.txt";
  const std::string json = says({"signature", "--exit-status", "1", "--json", report}, kExitFailed);
  EXPECT_EQ(value(json, "oracle"), "\"memory\"");
  EXPECT_NE(value(json, "kind").find("use-after-free"), std::string::npos) << json;
}

}  // namespace
}  // namespace concertina::fuzzers
