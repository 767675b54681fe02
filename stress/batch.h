// A batch: one run of the runtime on real threads, watched, counted and judged.
//
// While it runs, prologues move and grow stacks with a probability that the seed draws, and the
// scanner goes over all goroutines again and again, shrinking and moving in turns.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "program/program.h"
#include "stress/figures.h"
#include "stress/jobs/job.h"
#include "stress/watchdog.h"

namespace concertina::stress {

/// Events of a run whose history is judged; one that has more is stopped, which is a failure.
inline constexpr std::uint32_t kHistoryMax = 300'000;
inline constexpr std::uint32_t kProgramHistoryMax = 100'000;  // as in the simulator

struct BatchResult {
  std::string failure;  // "" or one line
  std::string details;  // what a person needs besides
  Figures figures;
  bool is_judged = false;  // its history went through the oracles
};

/// The forced moves, growths and scans of a batch with that seed.
threaded::Config disturbance(const Batch& batch);

/// In half of the batches slices end by count, after 1 to 64 safe points, and not by the clock.
void draw_slice(const Batch& batch, Knobs& knobs);

BatchResult run_job(Job& job, const Batch& batch, Watchdog& watchdog);
/// Any ending will do that the oracles find justified.
BatchResult run_program(const fuzzers::Program& program, const Batch& batch, Watchdog& watchdog);

}  // namespace concertina::stress
