// The sim platform's side of platform/contract_test.cc: how to run a body on this platform.
#pragma once

#include <gtest/gtest.h>

#include <source_location>
#include <string>
#include <string_view>

#include "platform/sim/testing.h"

namespace concertina::test {

/// Runs the body as the first thread, under many schedules; each must end with that message, "" for
/// the body's return.
template <class Body>
void expect_end(std::string_view message, Body body,
                std::source_location where = std::source_location::current()) {
  constexpr unsigned kSchedules = 40;
  simulator::World world;
  FirstEnabled first_enabled;
  std::string ended = run_body(world, {.chooser = &first_enabled}, body).report.message;
  for (unsigned seed = 0; seed < kSchedules && ended == message; ++seed) {
    Random random(seed);
    ended = run_body(world, {.chooser = &random}, body).report.message;
  }
  const testing::ScopedTrace trace(where.file_name(), static_cast<int>(where.line()), "the body");
  EXPECT_EQ(ended, message);
}

}  // namespace concertina::test
