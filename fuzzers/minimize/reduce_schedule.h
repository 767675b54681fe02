// Schedules for the minimiser: simpler ones, fresh ones, and ones with few preemptions.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "input/input.h"
#include "schedule/random.h"

namespace concertina::fuzzers {

/// Every schedule that is one step simpler: one wish less or a plainer one, a knob back at its
/// default, fewer processors. Only such as cost_of calls cheaper. The boldest first.
std::vector<Schedule> simpler_schedules(const Schedule& schedule);

/// `count` schedules for a program that has just been changed: the old one first, then the old one
/// with other seeds, with its wishes moved a little, and wholly new ones. A pure function of the
/// draws.
std::vector<Schedule> fresh_schedules(const Schedule& schedule, const Program& program,
                                      std::size_t count, Random& random);

/// The schedule without any preemption: non-preemptive, its stack events kept, no holds.
Schedule without_preemptions(const Schedule& schedule, std::uint64_t seed);

/// Schedules that add one preemption to `base`, one for each place that a run of it passed. A place
/// that is passed often counts with its first few passes and its last one.
std::vector<Schedule> with_one_more_preemption(const Schedule& base, std::span<const Key> passed);

/// The different places among those passed, as keys with their occurrence counted.
std::vector<Key> places_of(std::span<const Key> passed);

}  // namespace concertina::fuzzers
