// The sim platform's side of platform/contract_test.cc: how to run a body on this platform.
#pragma once

#include <gtest/gtest.h>

#include "platform/sim/testing.h"

namespace concertina::test {

/// Runs the body as the first thread, under many schedules. Returns the last run's message, "" when
/// all ended by the body's return.
template <class Body>
std::string run_on_platform(Body body) {
  constexpr unsigned kSchedules = 40;
  simulator::World world;
  FirstEnabled first_enabled;
  RunResult run = run_body(world, {.chooser = &first_enabled}, body);
  for (unsigned seed = 0; seed < kSchedules && run.report.outcome == Outcome::kExit; ++seed) {
    Random random(seed);
    run = run_body(world, {.chooser = &random}, body);
  }
  return run.report.message;
}

}  // namespace concertina::test
