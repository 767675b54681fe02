// Token: a value's origin, unique in a run: which goroutine made it, and which of its values it is.
//
// Elements hold a token spread over their bytes (fuzzers/interp/element.h); events carry it whole.
#pragma once

#include <cstdint>

#include "base/ids.h"

namespace concertina {

using Token = std::uint32_t;
inline constexpr Token kZeroToken = 0;           // of the zero value
inline constexpr Token kTornToken = 0xffffffff;  // the bytes that were found are not of one value

/// Of a goroutine's `ordinal`-th value, from 1. Goroutines are told apart up to id 31.
constexpr Token make_token(GoroutineId maker, std::uint32_t ordinal) {
  return (ordinal << 5) | maker;
}
constexpr GoroutineId maker_of(Token token) { return static_cast<GoroutineId>(token & 31); }
constexpr std::uint32_t ordinal_of(Token token) { return token >> 5; }

/// The part of a token that an element of that many bytes holds.
constexpr Token token_mask(std::uint32_t element_bytes) {
  return element_bytes >= 4 ? 0xffffffffu : (1u << (8 * element_bytes)) - 1;
}

}  // namespace concertina
