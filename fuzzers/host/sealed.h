// Sealed text: what outlives the process that wrote it, and is to be read as it was written or not
// at all. A disk that filled up, an editor, a copy that ended early: each is seen, with its place.
//
// Every line ends with a mark, " #" and eight digits: a hash of that line and of all before it. So
// a line that was changed, left out, doubled or moved has the wrong mark, and so have all that
// follow. The last line is "end N", with a mark of another kind, N the lines before: a text that
// was cut off lacks it.
//
// This is a guard against accidents, not against people: anyone who knows the hash can write a
// seal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace concertina::fuzzers {

/// FNV-1a. `before`: the hash of what comes before.
std::uint64_t hash_of(std::string_view text, std::uint64_t before = 0xcbf29ce484222325U);

/// `text`: whole lines.
std::string seal(std::string_view text);

struct Unsealed {
  std::string text;        // what was sealed; of a broken one the lines that are whole
  std::string fault;       // empty, or what is wrong with it
  std::size_t line = 0;    // where, from 1
  std::size_t offset = 0;  // of that line's first byte
};

Unsealed unseal(std::string_view sealed);

}  // namespace concertina::fuzzers
