#include "input/form.h"

#include <algorithm>

#include "base/check.h"
#include "host/sha1.h"
#include "host/shown.h"
#include "input/text_lexer.h"

namespace concertina::fuzzers {
namespace {

constexpr std::size_t kSha1Digits = 40;
constexpr std::size_t kAflDigits = 6;
constexpr std::size_t kShownOfBinary = 8;

constexpr std::string_view kSavedKinds[] = {"crash", "timeout",   "oom",
                                            "leak",  "slow-unit", "in-flight"};
constexpr std::string_view kMinimizedFrom = "minimized-from";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

/// The last word of a prefix: "crash" of "crash", of "worker-crash" and of "out.crash".
bool ends_with_word(std::string_view text, std::string_view word) {
  if (!text.ends_with(word)) return false;
  const std::string_view before = text.substr(0, text.size() - word.size());
  return before.empty() || before.back() == '-' || before.back() == '.' || before.back() == '_';
}

bool is_of_afl(std::string_view name) {
  if (!name.starts_with("id:") && !name.starts_with("id_")) return false;
  name.remove_prefix(3);
  const auto end = std::find_if_not(name.begin(), name.end(), is_digit);
  const auto digits = static_cast<std::size_t>(end - name.begin());
  return digits >= kAflDigits && (end == name.end() || *end == ',');
}

/// Every other byte of a text in Latin letters is 0, from `zero` on, and the others are such
/// letters.
bool is_unmarked_utf16(std::string_view content, std::size_t zero) {
  constexpr std::size_t kLookedAt = 8;
  if (content.size() < kLookedAt) return false;
  for (std::size_t i = 0; i < kLookedAt; ++i) {
    const char c = content[i];
    const bool is_letter = (c >= ' ' && c < 0x7f) || c == '\n' || c == '\r';
    if (i % 2 == zero ? c != 0 : !is_letter) return false;
  }
  return true;
}

/// The encoding of a text that is not in UTF-8 without a mark; or empty.
std::string_view other_encoding(std::string_view content) {
  using std::string_view_literals::operator""sv;
  if (content.starts_with("\xef\xbb\xbf")) return "UTF-8 with a byte order mark";
  if (content.starts_with("\xff\xfe\0\0"sv) || content.starts_with("\0\0\xfe\xff"sv)) {
    return "UTF-32";
  }
  if (content.starts_with("\xff\xfe") || content.starts_with("\xfe\xff")) return "UTF-16";
  return is_unmarked_utf16(content, 0) || is_unmarked_utf16(content, 1) ? "UTF-16" : "";
}

/// The first byte that no text of a case has, or the text's size.
std::size_t first_strange(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::string_view rest = text.substr(at);
    const bool is_blank = rest[0] == '\n' || rest[0] == '\t' || rest.starts_with("\r\n");
    const std::size_t size = is_blank ? 1 : printable_size(rest);
    if (size == 0) break;
    at += size;
  }
  CHECK(at <= text.size(), "a character ends within the text");
  return at;
}

ParseError strange_error(std::string_view text, std::size_t at) {
  CHECK(at < text.size(), "what is strange is in the text");
  const std::string_view before = text.substr(0, at);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t column = before.size() - (before.rfind('\n') + 1);  // npos + 1 is 0
  ParseError error{static_cast<unsigned>(lines) + 1, static_cast<unsigned>(column) + 1, ""};
  const char c = text[at];
  if (c == '\0') {
    error.reason = "a NUL byte: the file is damaged";
  } else if (c == '\r') {
    error.reason = "a carriage return without a line feed: lines end with \\n or \\r\\n";
  } else if (static_cast<unsigned char>(c) < 0x80) {
    error.reason = "a control character, " + shown(text.substr(at, 1));
  } else {
    error.reason = "not UTF-8, or not printable: " + shown(text.substr(at, 3));
  }
  return error;
}

bool begins_as_a_case(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return true;  // nothing else is in it
  return text[first] == '#' || text.substr(first).starts_with("version");
}

}  // namespace

NameSays what_the_name_says(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
  // AFL++'s names end with that of the seed, whatever that was.
  if (is_of_afl(name) || name.ends_with(".bytes")) return {.is_bytes = true};
  if (name.ends_with(".case")) return {.is_text = true};
  if (name.size() < kSha1Digits) return {};
  const std::string_view digits = name.substr(name.size() - kSha1Digits);
  std::string_view prefix = name.substr(0, name.size() - kSha1Digits);
  if (!std::all_of(digits.begin(), digits.end(), is_hex)) return {};
  if (prefix.empty()) return {.is_bytes = true, .sha1 = digits};
  if (!prefix.ends_with('-')) return {};
  prefix.remove_suffix(1);
  if (ends_with_word(prefix, kMinimizedFrom)) return {.is_bytes = true};
  for (const std::string_view kind : kSavedKinds) {
    if (ends_with_word(prefix, kind)) return {.is_bytes = true, .sha1 = digits};
  }
  return {};
}

NoText why_no_text(std::string_view content) {
  if (content.empty()) return {{1, 1, "the file is empty"}, true};
  if (const std::string_view encoding = other_encoding(content); !encoding.empty()) {
    return {{1, 1, "it is " + std::string(encoding) + "; a case is UTF-8 without a mark"}};
  }
  const std::size_t strange = first_strange(content);
  if (strange != content.size()) {
    if (begins_as_a_case(content)) return {strange_error(content, strange)};
    return {{1, 1,
             "not a case: it is binary, and begins with '" +
                 shown(content.substr(0, kShownOfBinary)) + "'"},
            true};
  }
  const Word first = TextLexer(content).peek();
  if (first.text == "version") return {};
  if (first.text.empty()) {
    return {{first.line, first.column, "no 'version N' in it: the file is cut, or not a case"},
            true};
  }
  return {
      {first.line, first.column,
       "not a case: expected '# key: value' or 'version N' instead of '" + shown(first.text) + "'"},
      true};
}

std::string why_no_bytes(const NameSays& name, std::string_view content) {
  constexpr std::string_view kAllTheSame = "; --bytes takes it all the same";
  if (!name.sha1.empty() && name.sha1 != sha1(content)) {
    return "its name says another SHA-1 than its " + std::to_string(content.size()) +
           " bytes have: it is cut, or was changed" + std::string(kAllTheSame);
  }
  // An engine that runs the empty input says so by its SHA-1.
  if (!content.empty() || !name.sha1.empty()) return "";
  return "the file is empty, and an engine's input is not" + std::string(kAllTheSame);
}

}  // namespace concertina::fuzzers
