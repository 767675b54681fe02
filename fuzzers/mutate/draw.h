// Draws of the small things that programs and schedules are made of, for the generator and the
// mutator.
//
// The weights are a bias towards what finds bugs: unbuffered channels, small elements with a few
// large ones, frames around the size of the first stack, stack events where goroutines park and
// copies happen.
#pragma once

#include <cstddef>
#include <cstdint>

#include "input/input.h"
#include "schedule/random.h"

namespace concertina::fuzzers {

std::uint8_t draw_capacity(Random& random);
std::uint8_t draw_size_class(Random& random);
std::uint8_t draw_frame_class(Random& random);

/// An index, rarely kNil; kNil when the program has no channel.
std::uint8_t draw_channel(const Program& program, Random& random);
/// A select over some of the program's channels, in random order and direction.
Operation draw_select(const Program& program, Random& random);
/// Any operation but brackets.
Operation draw_operation(const Program& program, Random& random);

/// Main, a goroutine that main spawns, or any.
SpawnPath draw_path(const Program& program, Random& random);
StackEvent draw_stack_event(const Program& program, Random& random);
Deviation draw_deviation(const Program& program, Random& random);
/// Events, and sometimes a hold, that together copy a stack about when its goroutine starts to
/// wait.
void add_copy_race(Schedule& schedule, const Program& program, Random& random);
/// Events that stop a goroutine within a channel operation or anywhere in its own code and copy its
/// stack there; or that have it shrink its own stack, which has grown before.
void add_stop_race(Schedule& schedule, const Program& program, Random& random);
/// Events by which a goroutine suspends the others while somebody suspends it: the scanner, or a
/// second one that does the same.
void add_assist_race(Schedule& schedule, const Program& program, Random& random);
/// A hold between the looks of an operation that does not wait, if the program has any.
void add_poll_race(Schedule& schedule, const Program& program, Random& random);
/// Holds in the middle of submitting work, moving it, and looking for it.
void add_queue_race(Schedule& schedule, Random& random);
/// What the goroutines do they do many times over, on few processors and in short time slices: who
/// waits in a queue beside them waits for long.
void make_busy(Program& program, Schedule& schedule, Random& random);
/// One that leaves the order of threads to chance. Not kSurw, which needs to have seen the program
/// run, and not kNonPreemptive, for which the seed matters little.
Strategy draw_strategy(Random& random);
/// So few machines that system calls and last looks use them all up.
std::uint8_t draw_few_machines(Random& random);
std::uint8_t draw_slice(Random& random);
/// Strategy (with constraints, where it wants some), depth, processors, knobs and seed; no events
/// and no deviations.
Schedule draw_schedule(Random& random);

Operation make(Code code);
Operation make_on(Code code, std::uint8_t channel);
Operation make_call(Code code, std::uint8_t function);
Operation make_loop(unsigned count);

/// Moves one operation into new functions, called with pointers to the locals of the old place,
/// which it then uses through them from `depth` frames further down. False if there is no room, or
/// nothing to move (brackets, spawns).
bool outline(Program& program, std::size_t function, std::size_t at, unsigned depth,
             Random& random);

/// Puts a call of a function with a large frame at the start of a body: the stack has grown when
/// the rest runs, and may be shrunk.
bool inflate(Program& program, std::size_t function, Random& random);

}  // namespace concertina::fuzzers
