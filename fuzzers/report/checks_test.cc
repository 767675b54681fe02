// What a page's parts hold each other to: a state that is wrong on purpose ends the process with
// the rule's words.
#include <gtest/gtest.h>

#include "report/listing.h"
#include "report/words.h"

namespace concertina::fuzzers {
namespace {

TEST(ListingDeathTest, AGoroutineGoesThroughAProgram) {
  EXPECT_DEATH(whereabouts(Program{}, Trace{}), "goes through the program's functions");
}

TEST(WordsDeathTest, AnOperationOfOneChannelHasOneCase) {
  const Names names(Program{}, Trace{});
  OpenOperation operation;
  operation.kind = OpenKind::kClose;
  EXPECT_DEATH(say_operation(operation, names), "only a select has more cases than one");
  operation.kind = OpenKind::kSend;
  operation.cases.resize(2);
  EXPECT_DEATH(say_operation(operation, names), "only a select has more cases than one");
}

}  // namespace
}  // namespace concertina::fuzzers
