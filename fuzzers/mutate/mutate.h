// mutate, crossover: small steps in the space of inputs, each of which knows what an input means.
//
// They know of no engine; engine_bytes.h is how engines that hold bytes reach them. The result of
// every step is valid. Every mutation of a schedule also draws a new seed: a schedule is a strategy
// and a few wishes, and one seed is only one sample of it.
#pragma once

#include "input/input.h"
#include "schedule/random.h"

namespace concertina::fuzzers {

/// One to four steps in the program or in the schedule; sometimes a wholly new input.
void mutate(Input& input, Random& random);

/// The program of one with the schedule of the other, or a mixture of their functions or wishes.
Input crossover(const Input& a, const Input& b, Random& random);

/// One step, for tests and for callers that keep one half fixed.
void mutate_program(Program& program, Random& random);
void mutate_schedule(Schedule& schedule, const Program& program, Random& random);

}  // namespace concertina::fuzzers
