// Fatal errors: the runtime found one of its own invariants broken. Always on, in every build.
#pragma once

#include <string_view>

#include "base/check.h"
#include "platform.h"

namespace concertina::inline CONCERTINA_PLATFORM {

/// Ends the run as Outcome::kFatal. The message reads "invariant: detail"; the invariant's words
/// are stable, they are the signature of the finding.
[[noreturn, gnu::cold]] UNCOUNTED void fatal(std::string_view invariant, std::string_view detail);

/// A thread takes a lock that it holds, under the same rank or another one.
[[noreturn]] UNCOUNTED void lock_taken_twice(LockRank rank, std::uint32_t order);

/// Asserts an invariant of the runtime; a costly one within `if constexpr (kCostlyChecks)`.
/// It does not yield, and reads variables by `inspect`, which no watching chooser notices.
UNCOUNTED inline void require(bool holds, std::string_view invariant,
                              std::string_view detail = "") {
  if (!holds) [[unlikely]]
    fatal(invariant, detail);
}

/// The same, where each instruction counts: nothing where costly checks are off.
UNCOUNTED inline void expect(bool holds, std::string_view invariant, std::string_view detail = "") {
  if constexpr (kCostlyChecks) require(holds, invariant, detail);
}

}  // namespace concertina::inline CONCERTINA_PLATFORM

#ifdef CONCERTINA_COVERAGE
#define require(...) ASSERTION(require(__VA_ARGS__))
#define expect(...) ASSERTION(expect(__VA_ARGS__))
#endif
