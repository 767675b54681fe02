// Elements: what a value looks like in memory, so that a lost, duplicated or torn one is
// recognised.
//
// A value is a token (its origin: who sent it, and which of its sends) spread over all bytes of the
// element. Every 8-byte word depends on the token and its position, so two halves of different
// values never look like a whole one. Elements of 1 and 2 bytes hold the token's low bits and
// cannot be torn. Token 0 is the zero value: all bytes zero.
#pragma once

#include <cstddef>

#include "base/token.h"

namespace concertina::fuzzers {

struct ElementSeen {
  Token token = kZeroToken;
  bool is_torn = false;
};

void write_element(void* memory, std::size_t bytes, Token token);
ElementSeen read_element(const void* memory, std::size_t bytes);

}  // namespace concertina::fuzzers
