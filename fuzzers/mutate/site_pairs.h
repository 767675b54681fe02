// SitePairs: which sites can read what which other sites have written, for drawing constraints.
//
// The alphabet of constraints is the runtime's code, not the program's: a hundred runs show nearly
// all pairs there are, so they stand here as a table, a line for each kind of object, and the
// mutator stays a pure function of its arguments in every process, whether it runs programs
// (libFuzzer) or not (AFL++). A test compares the table with what generated programs show.
#pragma once

#include <initializer_list>
#include <span>

#include "schedule/random.h"
#include "schedule/schedule.h"

namespace concertina::fuzzers {

/// The sites that operate on one kind of object.
struct SiteFamily {
  std::initializer_list<Site> readers, writers;
};

std::span<const SiteFamily> site_families();

/// Each kind of object is equally likely: there are many pairs about a goroutine's status.
Constraint draw_constraint(Random& random);
/// Inserts, replaces, flips or removes one; or lets the reader pass once more or less before it.
void mutate_constraints(std::vector<Constraint>& constraints, Random& random);

}  // namespace concertina::fuzzers
