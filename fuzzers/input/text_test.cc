#include <gtest/gtest.h>

#include <string>

#include "input/input.h"
#include "schedule/random.h"

namespace concertina::fuzzers {
namespace {

constexpr const char* kCanonical =
    "# title: everything that the text form can say\n"
    "# bug: growth-takes-channel-locks\n"
    "# oracle: deadlock\n"
    "# flavour: address,thread\n"
    "# expect: fail\n"
    "version 4\n"
    "\n"
    "chan c0 cap=0 size=8\n"
    "chan c1 cap=15 size=4096\n"
    "\n"
    "func f0 frame=32 {\n"
    "  go f1\n"
    "  call f1 by_pointer\n"
    "  loop 3 {\n"
    "    send c0\n"
    "    range nil {\n"
    "      recv c1 by_pointer\n"
    "    }\n"
    "  }\n"
    "  recv_ok c0\n"
    "  try_send c0 by_pointer\n"
    "  try_recv c1\n"
    "  select default { send c0; recv nil by_pointer }\n"
    "  select { }\n"
    "  close c0\n"
    "  len c0\n"
    "  cap nil\n"
    "}\n"
    "\n"
    "func f1 frame=0 {\n"
    "  yield\n"
    "  scan\n"
    "  syscall 5\n"
    "  check\n"
    "  select {\n"
    "    send c0 by_pointer\n"
    "    send c0 by_pointer\n"
    "    send c0 by_pointer\n"
    "    send c0 by_pointer\n"
    "    send c0 by_pointer\n"
    "  }\n"
    "}\n"
    "\n"
    "schedule processors=3 strategy=pct depth=10 seed=0xffffffffffffffff\n"
    "knob move_at_every_prologue\n"
    "knob no_stack_reuse\n"
    "knob no_stack_cache\n"
    "knob no_shrink\n"
    "knob adaptive_start\n"
    "knob elastic_buffers\n"
    "knob no_native_frames\n"
    "knob no_poison\n"
    "knob standing_requests\n"
    "event grow at g0/user-prologue#0\n"
    "event move at g0.1/chan-send-prologue#2\n"
    "event scan-shrink at any/park-status#255\n"
    "event scan-move at 0xffffffff/chan-send-lock#0\n"
    "event shrink at g0/select-lock-prologue#1\n"
    "event preempt at g0/wake-unlock#0\n"
    "event interrupt at any/send-direct#0\n"
    "event assist at g0/ready-point#0\n"
    "hold 5 at scheduler/steal-order#0\n"
    "choose 3 at scanner/select-order#1\n"
    "end\n";

constexpr const char* kCanonicalLearnt =
    "# title: what version 1 could not say\n"
    "# expect: pass\n"
    "version 4\n"
    "\n"
    "func f0 frame=0 {\n"
    "}\n"
    "\n"
    "schedule processors=2 strategy=surw depth=3 seed=0x5 horizon=210\n"
    "prefer 40 at any/ready-status#1\n"
    "reads chan-send-lock from chan-receive-unlock\n"
    "reads_not execute-status from yield-status skip=3\n"
    "target g0#12\n"
    "target scheduler#3\n"
    "count 9 of g0.1#0\n"
    "count 65535 of scheduler#2\n"
    "end\n";

constexpr const char* kCanonicalLimit =
    "# title: a limit that version 2 could not say\n"
    "# expect: pass\n"
    "version 4\n"
    "\n"
    "func f0 frame=0 {\n"
    "}\n"
    "\n"
    "schedule processors=2 strategy=random depth=3 seed=0x5\n"
    "knob no_shrink\n"
    "knob machines_max=3\n"
    "knob slice=1\n"
    "event grow at g0/user-prologue#0\n"
    "end\n";

CaseFile parsed(std::string_view text) {
  CaseFile file;
  const ParseError error = parse(text, file);
  EXPECT_EQ(error.reason, "") << error.line << ":" << error.column;
  return file;
}

TEST(Text, CanonicalTextComesBackToTheLetter) {
  const CaseFile file = parsed(kCanonical);
  EXPECT_EQ(validate(file.input), "");
  EXPECT_EQ(print(file), kCanonical);
  EXPECT_EQ(print(parsed(kCanonicalLearnt)), kCanonicalLearnt);
  EXPECT_EQ(print(parsed(kCanonicalLimit)), kCanonicalLimit);
}

// In parts that can run side by side: it is the longest test of the whole gate.
class PrintedText : public testing::TestWithParam<unsigned> {};

TEST_P(PrintedText, ParsesToWhatWasPrinted) {
  Random random(GetParam());
  for (unsigned i = 0; i < 12'500; ++i) {
    Bytes bytes(random.below(200));
    for (std::uint8_t& byte : bytes) {
      byte = static_cast<std::uint8_t>(random.next());
      if (random.percent(40)) byte &= 31;
    }
    if (!bytes.empty() && random.percent(60)) bytes[0] = random.percent(80) ? 2 : 3;
    CaseFile file;
    file.header.title = "case " + std::to_string(i);
    file.header.depth = i % 2 == 0 ? "1 preemption" : "";
    file.header.pair = i % 3 == 0 ? "chan-len of g0 before buffer-put of g0.0" : "";
    file.input = decode(bytes);
    const std::string text = print(file);
    CaseFile again;
    const ParseError error = parse(text, again);
    ASSERT_EQ(error.reason, "") << error.line << ":" << error.column << "\n" << text;
    ASSERT_EQ(again, file) << text;
    ASSERT_EQ(print(again), text);
  }
}

INSTANTIATE_TEST_SUITE_P(Parts, PrintedText, testing::Range(1U, 9U));

TEST(Text, LayoutOrderAndCommentsAreFree) {
  const CaseFile loose = parsed(
      "\n# A remark: with a colon.\n# expect:pass\n\n#title:   loose  \nversion 1 schedule "
      "seed=16\n"
      "depth=3 chan c0 cap=0 size=8 # a comment { with brackets }\n"
      "func f0 frame=0{go f1 select{recv c0 send c0;}}func f1 frame=0\r\n{\r\n}\r\n");
  CaseFile wanted;
  wanted.header.title = "loose";
  wanted.input.schedule.seed = 16;
  wanted.input.program.channels.resize(1);
  wanted.input.program.functions.resize(2);
  Operation go;
  go.code = Code::kSpawn;
  go.function = 1;
  Operation select;
  select.code = Code::kSelect;
  select.cases = {{0, false, false}, {0, true, false}};
  wanted.input.program.functions[0].body = {go, select};
  EXPECT_EQ(loose, wanted);
}

TEST(Text, HeaderValuesAreMadeOneLine) {
  CaseFile file;
  file.header.title = "  two\nlines\t ";
  file.input = decode({});
  EXPECT_TRUE(print(file).starts_with("# title: two lines\n"));
  EXPECT_EQ(parsed(print(file)).header.title, "two lines");
  file.header.title = "\x7fgr\xc3\xb6ner \xf6 \xe2\x80\xae.";
  EXPECT_EQ(parsed(print(file)).header.title, "gr\xc3\xb6ner      .");
}

struct Malformed {
  const char* text;
  unsigned line;
  unsigned column;
  const char* reason;
};

#define MAIN "func f0 frame=0 { "
#define BEGIN "version 1\nchan c0 cap=0 size=8\n" MAIN

const Malformed kMalformed[] = {
    {"", 1, 1, "the file is empty"},
    {"# title: x\n", 2, 1, "no 'version N' in it: the file is cut, or not a case"},
    {"version 5\n", 1, 9, "expected a version from 1 to 4 instead of '5'"},
    {"version 0\n", 1, 9, "expected a version from 1 to 4 instead of '0'"},
    {"version", 1, 8, "expected a version from 1 to 4 instead of the end"},
    {"# titel: x\nversion 1\n", 1, 3,
     "no such header: title, bug, oracle, flavour, expect, depth or pair"},
    {"# title: x\n#title: y\nversion 1\n", 2, 2, "title is given twice"},
    {"# expect: maybe\nversion 1\n", 1, 11, "expect is pass or fail"},
    {"# expect: fail\nversion 1\n", 1, 1, "a case that is expected to fail names the oracle"},
    {"# title: a\tb\nversion 1\n", 1, 10, "a header holds no control characters"},
    {"# flavour: any, wet\nversion 1\n", 1, 12, "flavours are any, address, thread, none"},
    {"version 1\nfnuc", 2, 1,
     "expected chan, func, schedule, knob, event, hold, prefer, choose, reads, reads_not, "
     "target, count or end instead of 'fnuc'"},
    {"version 1\n", 2, 1, "there is no main function"},
    {"version 1\nchan c1 cap=0 size=8", 2, 6, "channels are numbered in order: expected c0"},
    {"version 1\nchan c0 size=8", 2, 9, "expected cap=... instead of 'size=8'"},
    {"version 1\nchan c0 cap=16 size=8", 2, 13, "cap is a number up to 15"},
    {"version 1\nchan c0 cap=x size=8", 2, 13, "cap is a number up to 15"},
    {"version 1\nchan c0 cap=1", 2, 14, "expected size=... instead of the end"},
    {"version 1\nchan c0 cap=0 size=9", 2, 20,
     "size is one of 0 1 2 4 8 16 24 64 128 512 1024 4096"},
    {"version 1\nfunc f1 frame=0 {}", 2, 6, "functions are numbered in order: expected f0"},
    {"version 1\nfunc f0 frame=33 {}", 2, 15, "frame is one of 0 32 128 256 512 1024 2048 4096"},
    {"version 1\nfunc f0 frame=0 yield", 2, 17, "expected '{' instead of 'yield'"},
    {BEGIN "sned c0 }", 3, 19, "unknown operation 'sned'"},
    {BEGIN "send c0", 3, 26, "a function is not ended"},
    {BEGIN "send c1 }", 3, 24, "no such channel"},
    {BEGIN "send 0 }", 3, 24, "expected a channel instead of '0'"},
    {BEGIN "close c0 by_pointer }", 3, 28, "unknown operation 'by_pointer'"},
    {BEGIN "go c0 }", 3, 22, "expected a function instead of 'c0'"},
    {BEGIN "go f1 }", 3, 22, "no such function"},
    {BEGIN "loop 0 { } }", 3, 24, "a loop's count is a number from 1 to 8"},
    {BEGIN "loop 9 { } }", 3, 24, "a loop's count is a number from 1 to 8"},
    {BEGIN "loop 2 yield }", 3, 26, "expected '{' instead of 'yield'"},
    {BEGIN "syscall 8 }", 3, 27, "a system call's length is a number from 0 to 7"},
    {BEGIN "loop 1 { loop 1 { loop 1 { loop 1 { } } } } }", 3, 46, "blocks are nested too deep"},
    {BEGIN "select { close c0 } }", 3, 28, "a case is send or recv, not 'close'"},
    {BEGIN "select send c0 }", 3, 26, "expected '{' instead of 'send'"},
    {MAIN "}", 1, 1, "not a case: expected '# key: value' or 'version N' instead of 'func'"},
    {"version 4\n" MAIN "}", 2, 20, "there is no 'end': the case is cut"},
    {"version 4\n" MAIN "}\nschedule seed=0x39\n\n# end\n", 6, 1,
     "there is no 'end': the case is cut"},
    {"version 4\n" MAIN "}\nen", 3, 1,
     "expected chan, func, schedule, knob, event, hold, prefer, choose, reads, reads_not, "
     "target, count or end instead of 'en'"},
    {"version 4\n" MAIN "}\nend\n# fine\nend\n", 5, 1, "only comments come after 'end', not 'end'"},
    {"version 4\n" MAIN "}\nend;", 3, 4, "only comments come after 'end', not ';'"},
    {"version 4\n" MAIN "end\n", 2, 19, "unknown operation 'end'"},
    {"version 4\nend\n", 3, 1, "there is no main function"},
    {"version 3\n" MAIN "}\nend\n", 3, 1, "'end' belongs to version 4 and later ones"},
    {BEGIN "}\nschedule\nschedule", 5, 9, "the schedule is given twice"},
    {BEGIN "}\nschedule speed=1", 4, 10,
     "no such setting: processors, strategy, depth, seed or horizon"},
    {BEGIN "}\nschedule processors=5", 4, 21, "processors is a number up to 4"},
    {BEGIN "}\nschedule processors=0", 4, 21, "processors is at least 1"},
    {BEGIN "}\nschedule depth=11", 4, 16, "depth is a number up to 10"},
    {BEGIN "}\nschedule strategy=luck", 4, 19, "no such strategy"},
    {BEGIN "}\nschedule seed=0xg", 4, 15, "seed is a number up to 18446744073709551615"},
    {BEGIN "}\nknob turned", 4, 6, "no such knob"},
    {BEGIN "}\nevent shrinks at g0/park-status#0", 4, 7,
     "no such action: grow, move, scan-shrink, scan-move, shrink, preempt, interrupt or assist"},
    {BEGIN "}\nevent move g0/park-status#0", 4, 12, "expected 'at' instead of 'g0/park-status#0'"},
    {BEGIN "}\nevent move at g0/park-statsu#0", 4, 18, "no such site"},
    {BEGIN "}\nhold 256 at g0/park-status#0", 4, 6,
     "a deviation's value is a number from 0 to 255"},
    {BEGIN "}\nchoose 1 at g0/park-status#300", 4, 28, "an occurrence is 0 to 255"},
    {BEGIN "}\nschedule horizon=65536", 4, 18, "horizon is a number up to 65535"},
    {BEGIN "}\nreads lock from park-status", 4, 7, "no such site"},
    {BEGIN "}\nreads park-status park-status", 4, 19, "expected 'from' instead of 'park-status'"},
    {BEGIN "}\nreads_not park-status from park-statsu", 4, 28, "no such site"},
    {BEGIN "}\nreads park-status from park-status skip=256", 4, 41, "skip is a number up to 255"},
    {BEGIN "}\ntarget g0", 4, 8, "expected a spawn path and a number like g0.1#3"},
    {BEGIN "}\ntarget g0#65536", 4, 11, "the number is 0 to 65535"},
    {BEGIN "}\ncount 65536 of g0#0", 4, 7, "a count is a number up to 65535"},
    {BEGIN "}\ncount 1 of g0#256", 4, 15, "the number is 0 to 255"},
};

TEST(Text, WhatAMessageQuotesIsCutAndEscaped) {
  CaseFile file;
  EXPECT_EQ(parse("version 1\n\x1b[2J\xff", file).reason, "a control character, \\x1b");
  EXPECT_EQ(parse("version 1\nx\xff\x1b", file).reason, "not UTF-8, or not printable: \\xff\\x1b");
  const std::string long_word(1'000'000, 'x');
  for (const std::string& text :
       {long_word, "version " + long_word, "version 1\n" + long_word, "# " + long_word + ": x\n",
        "# expect: " + long_word + "\n", "version 1\nfunc f0 frame=0 { " + long_word,
        "version 1\nfunc f0 frame=0 { send " + long_word,
        "version 1\nfunc f0 frame=0 { }\nschedule " + long_word + "=1",
        "version 1\nfunc f0 frame=0 { }\nhold 1 at " + long_word,
        "version 1\nfunc f0 frame=0 { }\ntarget " + long_word}) {
    const std::string reason = parse(text, file).reason;
    EXPECT_NE(reason, "");
    EXPECT_LT(reason.size(), 300U) << text.substr(0, 60);
  }
}

TEST(Text, MalformedTextIsRefusedWithPlaceAndReason) {
  for (const Malformed& malformed : kMalformed) {
    const CaseFile before = parsed(kCanonical);
    CaseFile file = before;
    const ParseError error = parse(malformed.text, file);
    EXPECT_EQ(error.reason, malformed.reason) << malformed.text;
    EXPECT_EQ(error.line, malformed.line) << malformed.text;
    EXPECT_EQ(error.column, malformed.column) << malformed.text;
    EXPECT_EQ(file, before) << "a refused text leaves the result alone";
  }
}

std::string times(unsigned n, const std::string& text) {
  std::string all;
  for (unsigned i = 0; i < n; ++i) all += text;
  return all;
}

TEST(Text, EveryLimitIsNamed) {
  const std::string begin = BEGIN;
  const std::string event = "event move at any/park-prologue#0\n";
  const std::string hold = "hold 1 at any/park-status#0\n";
  std::string channels = "version 1\n";
  std::string functions = "version 1\n";
  for (unsigned i = 0; i <= 8; ++i) {
    channels += "chan c" + std::to_string(i) + " cap=0 size=8\n";
    functions += "func f" + std::to_string(i) + " frame=0 {}\n";
  }
  const struct {
    std::string text;
    const char* reason;
  } kRows[] = {
      {channels, "too many channels"},
      {functions, "too many functions"},
      {begin + times(kOperationsMax + 1, "yield ") + "}", "too many operations"},
      {begin + "select {" + times(kCasesMax + 1, " recv c0") + " } }", "too many cases"},
      {begin + "}\n" + times(kStackEventsMax + 1, event), "too many stack events"},
      {begin + "}\n" + times(kDeviationsMax + 1, hold), "too many deviations"},
      {begin + "}\n" + times(kConstraintsMax + 1, "reads park-status from park-status "),
       "too many constraints"},
      {begin + "}\n" + times(kTargetsMax + 1, "target g0#0 "), "too many targets"},
      {begin + "}\n" + times(kThreadCountsMax + 1, "count 1 of g0#0 "), "too many thread counts"},
  };
  for (const auto& row : kRows) {
    CaseFile file;
    EXPECT_EQ(parse(row.text, file).reason, row.reason);
  }
  parsed(begin + times(kOperationsMax, "yield ") + "}");
  parsed(begin + "select {" + times(kCasesMax, " recv c0") + " } }");
  parsed(begin + "}\n" + times(kStackEventsMax, event) + times(kDeviationsMax, hold));
}

TEST(Text, ParsingIsTotal) {
  Random random(2);
  for (unsigned i = 0; i < 20'000; ++i) {
    std::string text = i % 2 == 0 ? kCanonical : kCanonicalLearnt;
    for (unsigned n = random.between(1, 4); n > 0; --n) {
      const auto at = random.below(static_cast<std::uint32_t>(text.size()));
      if (random.percent(30)) text.resize(at + 1);
      text[at] = static_cast<char>(random.percent(50) ? random.next() : ' ' + random.below(96));
    }
    CaseFile file;
    if (parse(text, file).reason.empty()) {
      ASSERT_EQ(validate(file.input), "") << text;
      ASSERT_EQ(parsed(print(file)), file) << text;
    }
  }
}

TEST(ToGo, ReadsLikeGo) {
  const CaseFile file = parsed(
      "version 1\nchan c0 cap=0 size=8\nchan c1 cap=3 size=64\n"
      "func f0 frame=32 { go f1 loop 3 { send c0 recv_ok c1 } call f1 close c0 }\n"
      "func f1 frame=0 { range c0 { call f1 by_pointer } select default { send c0 by_pointer; recv "
      "nil } try_recv c1 len c0 }\n");
  EXPECT_EQ(to_go(file.input.program),
            "var c0 = make(chan [8]byte)\n"
            "var c1 = make(chan [64]byte, 3)\n"
            "\n"
            "func main() {  // 32 bytes of other locals\n"
            "\tgo f1()\n"
            "\tfor range 3 {\n"
            "\t\tc0 <- v0\n"
            "\t\tv1, ok = <-c1\n"
            "\t}\n"
            "\tf1(&v0, &v1)\n"
            "\tclose(c0)\n"
            "}\n"
            "\n"
            "func f1() {\n"
            "\tfor v0 = range c0 {\n"
            "\t\tf1(p0, p1)\n"
            "\t}\n"
            "\tselect {\n"
            "\tcase c0 <- *p0:\n"
            "\tcase _ = <-nil:\n"
            "\tdefault:\n"
            "\t}\n"
            "\tselect { case v1 = <-c1: default: }\n"
            "\t_ = len(c0)\n"
            "}\n");
}

}  // namespace
}  // namespace concertina::fuzzers
