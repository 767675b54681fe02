// The text of a key: "g0.1/chan-send-lock#2".
//
// A spawn path is "g0" for main and one ".n" for each spawn below it ("g0.1" is the second
// goroutine that main starts), or "any", "scanner", "scheduler". A number that is none of these (a
// path deeper than six levels has wrapped) is written in hexadecimal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "schedule/schedule.h"

namespace concertina::fuzzers {

std::string path_text(SpawnPath path);
std::string key_text(const Key& key);

/// "g0.1#3": an object, or a thread, of that path.
std::string numbered_path_text(SpawnPath path, unsigned number);

struct KeyError {
  std::size_t offset = 0;  // into the text
  std::string reason;      // empty: no error
};

/// The inverses; they leave the result alone when they fail.
bool path_from_text(std::string_view text, SpawnPath& path);
KeyError key_from_text(std::string_view text, Key& key);
KeyError numbered_path_from_text(std::string_view text, unsigned max, SpawnPath& path,
                                 unsigned& number);

/// The words of the text form ("scan-move", "hold"), and back; false for an unknown word.
std::string_view action_name(StackAction action);
bool action_from_name(std::string_view name, StackAction& action);
std::string_view deviation_name(DeviationKind kind);

/// "0x1f".
std::string hexadecimal_text(std::uint64_t number);
/// A number without sign, "0x" for hexadecimal, of at most `max`; false for anything else.
bool number_from_text(std::string_view text, std::uint64_t max, std::uint64_t& number);

}  // namespace concertina::fuzzers
