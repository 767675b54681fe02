// Calls, locals and the pointers between them, also while the stack is copied under them.
#include "interp/interp.h"
#include "interp/testing.h"
#include "platform/sim/choosers_testing.h"

namespace concertina::fuzzers::test {
namespace {

TEST(Call, EachFrameHasItsOwnLocals) {
  const Ran r =
      ran("chan c0 cap=2 size=8 "
          "func f0 frame=0 { send c0 call f1 check call f1 }"
          "func f1 frame=0 { send c0 }");
  EXPECT_EQ(r.locals(),
            "g1 f1.c0 := 0\n"
            "g1 f1.c0 := g1#1\n"
            "g1 f2.c0 := 0\n"
            "g1 f2.c0 := g1#2\n"
            "g1 f2.c0 is g1#2\n"
            "g1 f1.c0 is g1#1\n"  // the second frame's end reads what its pointer points to, too
            "g1 f1.c0 is g1#1\n"
            "g1 f3.c0 := 0\n"
            "g1 f3.c0 := g1#3\n");  // and there it waits: the channel is full
  EXPECT_EQ(r.outcome, Outcome::kDeadlock);
}

TEST(Call, LocalsAreZeroThoughTheirStackWasUsedBefore) {
  const Ran r =
      ran("chan c0 cap=2 size=24 chan c1 cap=0 size=24 "
          "func f0 frame=0 { call f1 call f2 }"
          "func f1 frame=0 { send c0 }"
          "func f2 frame=0 { try_recv c1 }");
  EXPECT_EQ(r.locals(),
            "g1 f2.c0 := 0\n"
            "g1 f2.c0 := g1#1\n"
            "g1 f2.c0 is g1#1\n"
            "g1 f3.c1 := 0\n"
            "g1 f3.c1 is 0\n");
  EXPECT_EQ(r.verdict, "pass");
}

TEST(Call, SkipsWhatIsTooDeep) {
  const Ran r = ran("chan c0 cap=0 size=8 func f0 frame=0 { call f0 len c0 }");
  // main is at depth 0, so there is one frame more than the depth.
  EXPECT_EQ(r.count(EventKind::kLenSeen), kCallDepthMax + 1);
  EXPECT_NE(r.locals().find("f17.c0 := 0"), std::string::npos);
  EXPECT_EQ(r.locals().find("f18.c0"), std::string::npos);
}

// main's local holds the second value, the first one is the next to be received.
constexpr const char* kCallerAndCallee =
    "chan c0 cap=2 size=8 "
    "func f0 frame=0 { send c0 send c0 call f1 }";

TEST(Pointer, AReceiveByPointerWritesTheCallersLocal) {
  const Ran r = ran(std::string(kCallerAndCallee) + "func f1 frame=0 { recv c0 by_pointer check }");
  EXPECT_EQ(r.locals(),
            "g1 f1.c0 := 0\n"
            "g1 f1.c0 := g1#1\n"
            "g1 f1.c0 := g1#2\n"
            "g1 f2.c0 := 0\n"
            "g1 f1.c0 := g1#1\n"
            "g1 f2.c0 is 0\n"
            "g1 f1.c0 is g1#1\n"
            "g1 f2.c0 is 0\n"
            "g1 f1.c0 is g1#1\n"
            "g1 f1.c0 is g1#1\n");
}

TEST(Pointer, ASendByPointerStagesInTheCallersLocal) {
  const Ran r =
      ran("chan c0 cap=1 size=8 "
          "func f0 frame=0 { call f1 len c0 }"
          "func f1 frame=0 { send c0 by_pointer }");
  EXPECT_EQ(r.locals(),
            "g1 f1.c0 := 0\n"
            "g1 f2.c0 := 0\n"
            "g1 f1.c0 := g1#1\n"
            "g1 f2.c0 is 0\n"
            "g1 f1.c0 is g1#1\n"
            "g1 f1.c0 is g1#1\n");
}

TEST(Pointer, WithoutACallerTheOwnLocalIsMeant) {
  const Ran r =
      ran("chan c0 cap=1 size=8 func f0 frame=0 { send c0 by_pointer recv c0 by_pointer }");
  EXPECT_EQ(r.locals(),
            "g1 f1.c0 := 0\n"
            "g1 f1.c0 := g1#1\n"
            "g1 f1.c0 := g1#1\n"
            "g1 f1.c0 is g1#1\n");
}

TEST(Pointer, OfAChannelThatTheCallerDoesNotUseIsNil) {
  const Ran r =
      ran("chan c0 cap=1 size=8 chan c1 cap=1 size=8 "
          "func f0 frame=0 { send c0 call f1 }"
          "func f1 frame=0 { send c1 by_pointer }");
  EXPECT_EQ(r.locals(),
            "g1 f1.c0 := 0\n"
            "g1 f1.c0 := g1#1\n"
            "g1 f2.c1 := 0\n"
            "g1 f2.c1 := g1#2\n"
            "g1 f2.c1 is g1#2\n"
            "g1 f1.c0 is g1#1\n");
}

// f0 calls f1 calls f2, whose receive is by pointer: into whose local?
std::string where_it_lands(const char* call) {
  const Ran r = ran(std::string(kCallerAndCallee) + "func f1 frame=0 { cap c0 " + call +
                    " } func f2 frame=0 { recv c0 by_pointer }");
  const std::string locals = r.locals();
  const std::size_t begun = locals.find("f3.c0 := 0\n");
  EXPECT_NE(begun, std::string::npos);
  return locals.substr(begun + 11, locals.find('\n', begun + 11) - begun - 11);
}

TEST(Pointer, ACallPassesOwnLocalsOrPointersOn) {
  EXPECT_EQ(where_it_lands("call f2"), "g1 f2.c0 := g1#1");
  EXPECT_EQ(where_it_lands("call f2 by_pointer"), "g1 f1.c0 := g1#1");
}

TEST(Pointer, ASelectsCasesHaveTheirOwn) {
  const Ran r = ran(std::string(kCallerAndCallee) +
                    "func f1 frame=0 { select { recv c0 by_pointer } select { recv c0 } }");
  EXPECT_EQ(r.locals().substr(r.locals().find("g1 f2.c0 := 0")),
            "g1 f2.c0 := 0\n"
            "g1 f1.c0 := g1#1\n"
            "g1 f2.c0 := g1#2\n"
            "g1 f2.c0 is g1#2\n"
            "g1 f1.c0 is g1#1\n"
            "g1 f1.c0 is g1#1\n");
}

// The stack is copied while frames point into each other; nothing that the program sees changes.
struct Copying : testing::TestWithParam<const char*> {};

TEST_P(Copying, LocalsAndPointersSurvive) {
  const char* const program =
      "chan c0 cap=1 size=24 chan c1 cap=0 size=8 "
      "func f0 frame=128 { send c0 call f1 check }"
      "func f1 frame=32 { cap c0 call f2 by_pointer go f3 recv c1 check }"
      "func f2 frame=256 { recv c0 by_pointer call f3 }"
      "func f3 frame=0 { try_send c1 }";
  const Ran still = ran(program);
  const Ran moved = ran(program, GetParam());
  EXPECT_EQ(still.count(EventKind::kCopyBegin), 0u);
  EXPECT_GE(moved.count(EventKind::kCopyBegin), 1u);
  EXPECT_EQ(moved.everything(), still.everything());
  EXPECT_EQ(moved.everything().find("torn"), std::string::npos);
  EXPECT_EQ(moved.verdict, "pass");
}

INSTANTIATE_TEST_SUITE_P(Events, Copying,
                         testing::Values("event move at g0/user-prologue#1",
                                         "event grow at g0/user-prologue#0",
                                         "event move at g0/chan-receive-prologue#0",
                                         "event grow at g0/chan-receive-prologue#0",
                                         "event grow at g0/chan-send-prologue#0",
                                         "knob move_at_every_prologue"));

TEST(Growth, DeepCallsWithLargeFramesKeepEveryLocal) {
  const Ran r =
      ran("chan c0 cap=1 size=4096 "
          "func f0 frame=4096 { try_send c0 by_pointer call f0 check }");
  EXPECT_GE(r.count(EventKind::kCopyBegin), 4u);
  EXPECT_EQ(r.locals().find("torn"), std::string::npos);
  EXPECT_NE(r.locals().find("f17.c0 := 0"), std::string::npos);
  EXPECT_EQ(r.outcome, Outcome::kExit);
  EXPECT_EQ(r.verdict, "pass");
}

TEST(Frames, EverySizeOfElementAndPaddingIsReadAsItWasWritten) {
  for (const unsigned size : kElementSizes) {
    for (const unsigned padding : kFramePaddings) {
      const std::string s = std::to_string(size);
      const std::string p = std::to_string(padding);
      const Ran r =
          ran("chan c0 cap=1 size=" + s + " chan c1 cap=1 size=" + s + " func f0 frame=" + p +
              " { send c0 send c1 call f1 check }" + " func f1 frame=" + p +
              " { recv c1 by_pointer recv c0 by_pointer send c1 }");
      EXPECT_EQ(r.outcome, Outcome::kExit) << size << " " << padding;
      EXPECT_EQ(r.verdict, "pass") << size << " " << padding;
      EXPECT_EQ(r.locals().find("torn"), std::string::npos) << size << " " << padding;
    }
  }
}

// Runs on, and at main's first yield overwrites a word of main's frame.
class Tampering final : public concertina::test::LazyChooser {
 public:
  explicit Tampering(std::uint32_t offset) : offset_(offset) {}
  void executing(ThreadId thread, const Pending* pending) override {
    if (pending[thread].site != Site::kYieldStatus || is_done_) return;
    is_done_ = true;
    *reinterpret_cast<std::uint32_t*>(runtime->goroutines[0]->sp + offset_) ^= 2;
  }
  bool observes() const override { return true; }

  static inline Runtime* runtime = nullptr;

 private:
  const std::uint32_t offset_;
  bool is_done_ = false;
};

// What main's check reads of its local after that.
std::string read_after_tampering(std::uint32_t before_local) {
  CaseFile file;
  const ParseError error =
      parse("version 4 chan c0 cap=1 size=8 func f0 frame=0 { send c0 yield check } end", file);
  EXPECT_EQ(error.reason, "");
  Compiled compiled;
  compiled.compile(file.input.program);
  InterpreterRun run;
  run.program = &compiled;
  run.knobs.processors = 1;
  run.made = [](Runtime& runtime) { Tampering::runtime = &runtime; };
  Tampering chooser(compiled.functions[0].local_offset[0] - before_local);
  simulator::World world;
  simulator::Config config;
  config.chooser = &chooser;
  platform::run(world, config, &interpreter_main, &run);
  for (const Event& event : world.events()) {
    if (event.kind == EventKind::kLocalRead) return local_line(event);
  }
  return "nothing was read";
}

TEST(Locals, AWrongTagOrAWrongByteIsTorn) {
  EXPECT_EQ(read_after_tampering(0), "f1.c0 is torn");
  EXPECT_EQ(read_after_tampering(sizeof(Tag) - offsetof(Tag, frame_serial)), "f1.c0 is torn");
  EXPECT_EQ(read_after_tampering(sizeof(Tag) - offsetof(Tag, slot)), "f1.c0 is torn");
}

// What a run is given besides its program.
TEST(InterpreterMain, TellsOfTheRuntimeBeforeAnyChannelOrGoroutine) {
  Program program;
  program.channels = {{.capacity = 3, .size_class = 4}, {.capacity = 0, .size_class = 0}};
  program.functions.resize(1);
  Compiled compiled;
  compiled.compile(program);
  static unsigned made_with;
  static std::uint32_t goroutines, channels;
  InterpreterRun run;
  run.program = &compiled;
  run.knobs.processors = 3;
  run.made = [](Runtime& runtime) {
    made_with = runtime.knobs.processors;
    goroutines = runtime.goroutine_count.inspect();
    channels = runtime.channel_count;
  };
  made_with = 0;
  goroutines = channels = 77;
  concertina::test::LazyChooser chooser;
  simulator::World world;
  simulator::Config config;
  config.chooser = &chooser;
  const simulator::Report report = platform::run(world, config, &interpreter_main, &run);
  EXPECT_EQ(report.outcome, Outcome::kExit);
  EXPECT_EQ(made_with, 3u);
  EXPECT_EQ(goroutines, 0u);
  EXPECT_EQ(channels, 0u);
  std::string made;
  for (const Event& event : world.events()) {
    if (event.kind == EventKind::kChannelMade)
      made += made_said(as<event::ChannelMade>(event)) + "\n";
  }
  EXPECT_EQ(made, "c0 cap=3 size=8\nc1 cap=0 size=0\n");
}

}  // namespace
}  // namespace concertina::fuzzers::test
