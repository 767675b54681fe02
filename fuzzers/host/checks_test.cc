// What this room holds its callers to: a state that is wrong on purpose ends the process with the
// rule's words.
#include <gtest/gtest.h>

#include <limits>

#include "host/json.h"
#include "host/patience.h"
#include "host/program.h"
#include "host/sealed.h"
#include "host/shown.h"
#include "host/wrapped.h"

namespace concertina::fuzzers {
namespace {

TEST(WrappedDeathTest, ALineHasRoom) { EXPECT_DEATH(wrapped("text", 0, 1), "a line has room"); }

TEST(SealedDeathTest, WholeLinesAreSealed) {
  EXPECT_DEATH(seal("no end"), "what is sealed is whole lines");
}

TEST(ShownDeathTest, ACharacterBeginsAText) {
  EXPECT_DEATH(printable_size(""), "begins a text that is not empty");
}

TEST(JsonDeathTest, HasNamesAndFiniteNumbers) {
  EXPECT_DEATH(JsonObject().number("", 1), "a field has a name and a value");
  EXPECT_DEATH(JsonObject().real("share", std::numeric_limits<double>::quiet_NaN()),
               "JSON has no infinity");
}

TEST(PatienceDeathTest, HasLimitsAndAClockThatGoesForward) {
  EXPECT_DEATH(Patience({.works_s = -1, .sleeps_s = 1, .look_max_s = 1}), "a limit is a time");
  Patience patience({.works_s = 1, .sleeps_s = 1, .look_max_s = 1});
  patience.look({.progress = 1, .processor_s = 0, .wall_s = 2, .is_asleep = false});
  EXPECT_DEATH(patience.look({.progress = 1, .processor_s = 0, .wall_s = 1, .is_asleep = false}),
               "the clock only goes forward");
}

TEST(ProgramDeathTest, EndsWithOneOfTheExitCodesAndComplainsWithAReason) {
  EXPECT_DEATH(run_program("program", [] { return kExitNotComplete + 1; }), "one of the four");
  EXPECT_DEATH(complain("program", ""), "a complaint has a reason");
}

}  // namespace
}  // namespace concertina::fuzzers
