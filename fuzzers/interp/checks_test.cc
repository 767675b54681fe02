// What this room holds its callers to: a state that is wrong on purpose ends the process with the
// rule's words.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "interp/compiled.h"
#include "interp/element.h"

namespace concertina::fuzzers {
namespace {

TEST(CompiledDeathTest, AProgramThatIsRunIsValid) {
  Program program;
  program.functions.resize(kFunctionsMax + 1);
  const auto compiled = std::make_unique<Compiled>();
  EXPECT_DEATH(compiled->compile(program), "a program that is run is valid");
  program.functions.resize(1);
  program.functions[0].body.resize(1);
  program.functions[0].body[0].code = Code::kEnd;
  EXPECT_DEATH(compiled->compile(program), "a bracket closes an open block");
}

TEST(ElementDeathTest, HasOneOfTheSizes) {
  std::vector<std::uint64_t> memory(4096 / 8 + 1);
  const std::size_t bytes = memory.size() * 8;
  EXPECT_DEATH(write_element(memory.data(), bytes, 1), "an element has one of the sizes");
  EXPECT_DEATH(read_element(memory.data(), bytes), "an element has one of the sizes");
}

}  // namespace
}  // namespace concertina::fuzzers
