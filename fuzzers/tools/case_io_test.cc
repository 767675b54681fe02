#include "tools/case_io.h"

#include <gtest/gtest.h>

#include "host/json.h"

namespace concertina::fuzzers {
namespace {

CaseHeader failing(const std::string& oracle, const std::string& flavour) {
  CaseHeader header;
  header.expect = "fail";
  header.oracle = oracle;
  header.flavour = flavour;
  return header;
}

TEST(CaseIo, APassIsExpectedUnlessTheHeaderSaysFail) {
  const Verdict pass;
  const Verdict race{"race", "data race", ""};
  EXPECT_TRUE(is_as_expected(CaseHeader{}, pass));
  EXPECT_FALSE(is_as_expected(CaseHeader{}, race));
  EXPECT_TRUE(is_as_expected(failing("race", "any"), race));
  EXPECT_FALSE(is_as_expected(failing("race", "any"), pass));
}

TEST(CaseIo, AFailureOfAnotherOracleIsNotTheExpectedOne) {
  EXPECT_FALSE(is_as_expected(failing("channels", "any"), Verdict{"race", "data race", ""}));
}

TEST(CaseIo, OnlyAnExpectedFailureNeedsAFlavour) {
  EXPECT_TRUE(flavour_can_see(failing("channels", "any"), "none"));
  EXPECT_TRUE(flavour_can_see(failing("race", "thread"), "thread"));
  EXPECT_TRUE(flavour_can_see(failing("race", "address, thread"), "thread"));
  EXPECT_FALSE(flavour_can_see(failing("race", "thread"), "address"));
  CaseHeader passing;
  passing.flavour = "thread";
  EXPECT_TRUE(flavour_can_see(passing, "address"));
}

TEST(CaseIo, SetsHeaderFieldsByName) {
  CaseHeader header;
  EXPECT_EQ(set_header_field(header, "title=a=b"), "");
  EXPECT_EQ(header.title, "a=b");
  EXPECT_NE(set_header_field(header, "colour=red"), "");
  EXPECT_NE(set_header_field(header, "title"), "");
}

TEST(Json, QuotesWhatNeedsIt) {
  EXPECT_EQ(JsonObject::quote("a\"b\\c\n"), "\"a\\\"b\\\\c\\u000a\"");
  EXPECT_EQ(JsonObject().text("k", "v").number("n", 3).flag("f", true).str(),
            "{\"k\": \"v\", \"n\": 3, \"f\": true}");
}

TEST(CaseIo, ACaseMustFailOnItsOwnMutantOnly) {
  const CaseHeader header{"t", "close-forgets-senders", "deadlock", "any", "pass"};
  EXPECT_EQ(with_mutant(header, "close-forgets-senders").expect, "fail");
  EXPECT_EQ(with_mutant(header, "another").expect, "pass");
  EXPECT_EQ(with_mutant(header, "").expect, "pass");
  EXPECT_EQ(with_mutant({"t", "", "", "any", "pass"}, "").expect, "pass");
}

}  // namespace
}  // namespace concertina::fuzzers
