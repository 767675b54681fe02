// Which form a file is in, a case's text or an engine's bytes: by its name, then by its content.
//
//   name                                   taken as
//   id:000000 or id_000000, alone or       bytes: AFL++
//   followed by ,src:... and the like
//   NAME.bytes                             bytes
//   NAME.case                              text
//   KIND-SHA1, after a prefix or none;     bytes, when that is the content's SHA-1: else it was cut
//   crash, timeout, oom, leak, slow-unit,
//   in-flight are the kinds
//   SHA1                                   the same: a corpus of libFuzzer's
//   minimized-from-SHA1                    bytes; the SHA-1 is of what it was made from
//   any other                              text
//
// Any byte string means some input, so bytes are never guessed: noise would pass as a case that
// shows nothing. Names go before contents, because an engine may save what begins like a text.
#pragma once

#include <string>
#include <string_view>

#include "input/input.h"

namespace concertina::fuzzers {

struct NameSays {
  bool is_text = false;
  bool is_bytes = false;
  std::string_view sha1 = {};  // of the content; empty: the name does not say it
};

/// `path` outlives the answer.
NameSays what_the_name_says(std::string_view path);

struct NoText {
  ParseError error;           // its reason is empty: it is the text of a case, perhaps a wrong one
  bool may_be_bytes = false;  // it does not even begin as a case
};

/// Why the content cannot be the text of a case, whatever that says: it is empty, in another
/// encoding, holds what is no printable UTF-8, or begins with something else.
NoText why_no_text(std::string_view content);

/// Why content whose name says that it is bytes is refused; or empty.
std::string why_no_bytes(const NameSays& name, std::string_view content);

}  // namespace concertina::fuzzers
