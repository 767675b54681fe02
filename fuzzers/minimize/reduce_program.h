// Reductions of a program: small steps, each of which makes it smaller or simpler to read. What a
// step does to the failure is not known here; the minimiser keeps those after which it persists.
#pragma once

#include <cstddef>
#include <optional>

#include "program/program.h"

namespace concertina::fuzzers {

/// In the order in which they are tried: the boldest first.
enum class Reduction : unsigned {
  kDropFunction,   // with every call and spawn of it
  kDropHalf,       // half of a body
  kDropQuarter,    // a quarter of a body
  kDropOperation,  // a loop with all that is in it
  kUnwrapBlock,    // the body of a loop, once
  kInlineSpawn,    // what a goroutine did is done where it was started
  kInlineCall,
  kSpawnBecomesCall,
  kCutRecursion,    // functions started or called there start and call none
  kMergeFunctions,  // one function does the other's work, too
  kMergeChannels,
  kDropCase,            // of a select
  kSelectBecomesPlain,  // a select of one case is that operation
  kSimplerOperation,    // recv_ok is recv, range is recv, try_send is send, no default, own local
  kSmallerCount,
  kSmallerChannel,  // capacity, element size
  kSmallerFrame,
  kDropUnused,  // functions that are not called, channels that are not named
  kCount
};

/// The i-th reduction of that kind; nothing when there are fewer. Valid; may be no smaller than the
/// program (cost_of tells), and then is not worth a run.
std::optional<Program> reduce(const Program& program, Reduction kind, std::size_t i);

}  // namespace concertina::fuzzers
