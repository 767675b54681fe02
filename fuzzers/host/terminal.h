// What may be written to a terminal: whether it obeys escapes, and a line that is rewritten in
// place.
#pragma once

#include <string>

namespace concertina::fuzzers {

/// A terminal, and not one that says of itself that it is dumb (TERM).
bool obeys_escapes(int descriptor);

/// That, and NO_COLOR is not set.
bool shows_colours(int descriptor);

/// How far something is, on stderr: one line, rewritten, and cut where the terminal ends. Where it
/// cannot be rewritten, a plain line every ten seconds.
void show_status(const std::string& text);

/// Takes it off again.
void clear_status();

}  // namespace concertina::fuzzers
