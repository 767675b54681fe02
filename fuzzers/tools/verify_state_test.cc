#include "tools/verify_state.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "host/sealed.h"
#include "host/text_lines_testing.h"
#include "schedule/random.h"
#include "tools/verify_child.h"
#include "tools/verify_progress.h"

namespace concertina::fuzzers {
namespace {

// Two goroutines that each put a value into a buffer of one.
constexpr std::string_view kProgram = R"(version 1

chan c0 cap=1 size=8

func f0 frame=0 {
  go f1
  send c0
  recv c0
}

func f1 frame=0 {
  send c0
  recv c0
}

schedule processors=2 strategy=non-preemptive depth=3 seed=0x0
)";

Input program() {
  CaseFile file;
  EXPECT_EQ(parse(kProgram, file).reason, "");
  return file.input;
}

/// In the middle of bound 1.
std::string explored_state() {
  const Verified explored = verify_in_child(program(), {.schedules_max = 60});
  EXPECT_EQ(explored.end, VerifyEnd::kBudget);
  return explored.state;
}

std::string fault_of(std::string_view content, const Input& input, const VerifyOptions& options) {
  return read_verify_state(content, identity_of(input, options)).fault;
}

TEST(VerifyState, IsTakenByTheVerificationThatItIsOf) {
  const std::string explored = explored_state();
  const ReadState state = read_verify_state(verify_state(identity_of(program(), {}), explored),
                                            identity_of(program(), {}));
  EXPECT_EQ(state.fault, "");
  EXPECT_EQ(state.explored, explored);
  EXPECT_EQ(state.bound, 1U);
}

TEST(VerifyState, SaysWhichOfAllThatItDependsOnDiffers) {
  const std::string content = verify_state(identity_of(program(), {}), explored_state());
  const auto expect = [&content](const std::string& piece, const VerifyIdentity& identity) {
    const ReadState state = read_verify_state(content, identity);
    EXPECT_EQ(state.fault.find("it is the state of another verification: " + piece), 0U)
        << state.fault;
    EXPECT_EQ(state.fault.find(';'), std::string::npos) << "one thing differs: " << state.fault;
    EXPECT_EQ(state.explored, "");
  };
  VerifyOptions options;
  options.fixed_draws = true;
  expect("--fixed-draws no, now yes", identity_of(program(), options));
  options = {};
  options.timeout_s = 7;
  expect("--timeout 20, now 7", identity_of(program(), options));
  Input input = program();
  input.schedule.seed = 1;
  expect("program ", identity_of(input, {}));
  input = program();
  input.schedule.machines_max = 3;
  expect("program ", identity_of(input, {}));
  input = program();
  input.schedule.move_at_every_prologue = true;
  expect("program ", identity_of(input, {}));
  input = program();
  input.schedule.stack_events.push_back({});
  expect("program ", identity_of(input, {}));
  setenv("CONCERTINA_SANITIZER_OPTIONS", "report_bugs=0", 1);
  expect("sanitizer-options none, now ", identity_of(program(), {}));
  unsetenv("CONCERTINA_SANITIZER_OPTIONS");
  setenv("TSAN_OPTIONS", "report_bugs=0", 1);  // has no say, so it changes nothing
  EXPECT_EQ(fault_of(content, program(), {}), "");
  unsetenv("TSAN_OPTIONS");
  for (const char* const name : {"build", "flavour"}) {
    VerifyIdentity identity = identity_of(program(), {});
    for (auto& [key, value] : identity) {
      if (key == name) value = "other";
    }
    expect(name, identity);
  }
}

TEST(VerifyState, NamesAllThatDiffers) {
  VerifyOptions options;
  options.fixed_draws = true;
  options.timeout_s = 7;
  const std::string content = verify_state(identity_of(program(), options), explored_state());
  EXPECT_EQ(
      fault_of(content, program(), {}),
      "it is the state of another verification: --fixed-draws yes, now no; --timeout 7, now 20");
}

// What the identity leaves out must not matter to the search.
TEST(VerifyState, StrategyAndDeviationsChangeNothing) {
  Input input = program();
  input.schedule.strategy = Strategy::kPct;
  for (std::uint8_t i = 0; i < 3; ++i) {
    input.schedule.deviations.push_back({DeviationKind::kHold, {kAnyPath, Site{}, i}, 200});
    input.schedule.deviations.push_back({DeviationKind::kPrefer, {kAnyPath, Site{}, i}, 9});
    input.schedule.deviations.push_back(
        {DeviationKind::kChoose, {kAnyPath, Site::kSelectOrder, i}, 1});
  }
  EXPECT_EQ(identity_of(input, {}), identity_of(program(), {}));
  for (const bool fixes_draws : {false, true}) {
    const VerifyOrder order{.last_bound = 1, .fixes_draws = fixes_draws};
    const Verified plain = verify_in_child(program(), order),
                   wished = verify_in_child(input, order);
    ASSERT_EQ(plain.bounds.size(), wished.bounds.size());
    for (std::size_t i = 0; i < plain.bounds.size(); ++i) {
      EXPECT_EQ(plain.bounds[i].schedules, wished.bounds[i].schedules);
      EXPECT_EQ(plain.bounds[i].cuts, wished.bounds[i].cuts);
      EXPECT_EQ(plain.bounds[i].states, wished.bounds[i].states);
    }
  }
}

TEST(VerifyState, OtherFormatsAndOtherFilesAreToldApart) {
  const VerifyIdentity identity = identity_of(program(), {});
  const auto fault = [&](std::string_view content) {
    return read_verify_state(content, identity).fault;
  };
  EXPECT_EQ(fault(seal("concertina verify state 3\nanything\n")),
            "a state of format 3; this build reads format 2");
  EXPECT_EQ(fault("version 1\n"), "it is not the state of a verification");
  EXPECT_EQ(fault(""), "it is not the state of a verification");
  EXPECT_EQ(fault(seal("concertina verify state 2\n")), "damaged: no line 'program'");
  EXPECT_EQ(fault(verify_state(identity, "")), "damaged: no state of a search");
  const std::string explored = explored_state();
  const std::size_t begun = explored.find("begun bound 1");
  ASSERT_NE(begun, std::string::npos);
  EXPECT_EQ(fault(verify_state(identity, "bounds 1\n" + explored.substr(begun))),
            "damaged: no state of a search")
      << "bound 0 is not in it";
}

TEST(VerifyState, SaysWhereItIsDamaged) {
  const VerifyIdentity identity = identity_of(program(), {});
  const std::string content = verify_state(identity, explored_state());
  const ReadState cut =
      read_verify_state(std::string_view(content).substr(0, content.size() / 2), identity);
  EXPECT_EQ(cut.fault.find("damaged at byte "), 0U) << cut.fault;
  EXPECT_NE(cut.fault.find(": cut off"), std::string::npos) << cut.fault;
  EXPECT_GT(cut.line, 5U);
  std::string flipped = content;
  const std::size_t second_line = content.find('\n') + 1;
  flipped[second_line + 9] ^= 1;
  const ReadState changed = read_verify_state(flipped, identity);
  EXPECT_EQ(changed.fault,
            "damaged at byte " + std::to_string(second_line) + ": not as it was written");
  EXPECT_EQ(changed.line, 2U);
}

std::string damaged(const std::string& content, Random& random) {
  std::vector<std::string> lines = lines_of(content);
  const auto any = [&] { return random.below(static_cast<std::uint32_t>(lines.size())); };
  const auto place = lines.begin() + any();
  std::string& line = lines[any()];
  switch (random.below(6)) {
    case 0:
      line[random.below(static_cast<std::uint32_t>(line.size()))] ^=
          static_cast<char>(1U << random.below(8));
      break;
    case 1:
      lines.resize(any());
      break;
    case 2:
      return content.substr(0, random.below(static_cast<std::uint32_t>(content.size())));
    case 3:
      lines.erase(place);
      break;
    case 4:
      lines.insert(place, std::string(line));
      break;
    default:
      std::swap(*place, line);
  }
  std::string text;
  for (const std::string& one : lines) text += one;
  return text;
}

// A changed state may not become a claim.
TEST(VerifyState, NoDamageIsTakenForAState) {
  const VerifyIdentity identity = identity_of(program(), {});
  const std::string content = verify_state(identity, explored_state());
  Random random(11);
  for (unsigned i = 0; i < 5000; ++i) {
    const std::string changed = damaged(content, random);
    if (changed == content) continue;
    const ReadState state = read_verify_state(changed, identity);
    EXPECT_NE(state.fault, "") << changed;
    EXPECT_EQ(state.explored, "");
  }
}

// The same below the seal: what somebody sealed that is no state of a search at all.
TEST(VerifyState, NothingIsExploredFromWhatIsNoStateOfTheSearch) {
  const std::string explored = explored_state();
  Random random(12);
  unsigned taken = 0;
  for (unsigned i = 0; i < 5000; ++i) {
    const std::string changed = damaged(explored, random);
    VerifyProgress state;
    if (changed == explored || !parse(changed, state)) continue;
    ++taken;
    EXPECT_EQ(print(state), changed);
    EXPECT_FALSE(state.bounds.back().is_complete);
  }
  EXPECT_LT(taken, 500U);  // a digit of a counter may be another
}

TEST(VerifyProgress, BoundsAreOneAfterTheOther) {
  const std::string explored = explored_state();
  const auto is_taken = [](const std::string& text) {
    VerifyProgress state;
    return parse(text, state);
  };
  ASSERT_TRUE(is_taken(explored));
  const auto with = [&explored](std::string_view old_piece, std::string_view new_piece) {
    std::string changed = explored;
    const std::size_t at = changed.find(old_piece);
    EXPECT_NE(at, std::string::npos) << old_piece << " in\n" << explored;
    return changed.replace(at, old_piece.size(), new_piece);
  };
  EXPECT_FALSE(is_taken(with("complete bound 0", "begun bound 0")));
  EXPECT_FALSE(is_taken(with("begun bound 1", "complete bound 1")));
  EXPECT_FALSE(is_taken(with("complete bound 0", "complete bound 1")));
  EXPECT_FALSE(is_taken(with("begun bound 1", "begun bound 2")));
  EXPECT_FALSE(is_taken(with("bounded-search 2\nbound 1", "bounded-search 2\nbound 2")));
  EXPECT_FALSE(is_taken(with("bounds 2", "bounds 3")));
  EXPECT_FALSE(is_taken(with("bounds 2", "bounds 99")));
  EXPECT_FALSE(is_taken(with("bounds 2", "bounds -1")));
  EXPECT_FALSE(is_taken("bounds 0\n"));
}

}  // namespace
}  // namespace concertina::fuzzers
