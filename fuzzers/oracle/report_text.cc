#include "oracle/report_text.h"

#include <algorithm>

namespace concertina::fuzzers {
namespace {

constexpr std::size_t kExcerptLineBytes = 160;
constexpr char kEscape = '\x1b';

bool is_final(char c) { return c >= 0x40 && c <= 0x7e; }

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
}

/// How long the escape sequence at the text's begin is (ECMA-48). One that its line cuts off ends
/// there.
std::size_t escape_length(std::string_view text) {
  if (text.size() < 2) return text.size();
  std::size_t i = 2;
  if (text[1] == '[') {  // colours, the cursor: up to a final byte
    while (i < text.size() && text[i] >= 0x20 && text[i] < 0x40) ++i;
    return i < text.size() && is_final(text[i]) ? i + 1 : i;
  }
  if (text[1] == ']') {  // titles, links: up to a bell or ESC backslash
    while (i < text.size() && text[i] != '\a' && text[i] != kEscape && text[i] != '\n') ++i;
    if (text.substr(i).starts_with("\a")) return i + 1;
    return text.substr(i).starts_with("\x1b\\") ? i + 2 : i;
  }
  return is_final(text[1]) ? 2 : 1;
}

/// "(size=-1)", "(0x7f" and the like: what differs from run to run.
bool is_particular(std::string_view word, std::string_view rest) {
  if (word == "on" || word == "for" || (word == "of" && trimmed(rest).starts_with("type")))
    return true;
  if (!word.starts_with('(')) return false;
  const std::string_view inner = word.substr(1);
  return word.find('=') != std::string_view::npos || starts_with_any(inner, {"used", "malloc("}) ||
         (!inner.empty() && is_digit(inner[0]));
}

bool is_number(std::string_view word) {
  return is_digit(word[0]) || word[0] == '-' || word == "inf" || word == "nan";
}

}  // namespace

std::string plain_text(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == kEscape) {
      i += escape_length(text.substr(i));
      continue;
    }
    if (!is_control(text[i])) result += text[i];
    ++i;
  }
  return result;
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  const std::size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> begins) {
  return std::any_of(begins.begin(), begins.end(),
                     [&](std::string_view begin) { return text.starts_with(begin); });
}

bool ends_with_any(std::string_view text, std::initializer_list<std::string_view> ends) {
  return std::any_of(ends.begin(), ends.end(),
                     [&](std::string_view end) { return text.ends_with(end); });
}

std::string stable_words(std::string_view text) {
  std::string result;
  while (!(text = trimmed(text)).empty()) {
    std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    if (is_particular(word, text)) break;
    const bool is_last = word.back() == ':' || word.back() == ',';
    if (is_last) word.remove_suffix(1);
    if (!word.empty() && !is_number(word))
      result += (result.empty() ? "" : " ") + std::string(word);
    if (is_last) break;
  }
  return result.empty() ? "unknown" : result;
}

std::string excerpt(const std::vector<std::string_view>& lines, std::size_t first, unsigned count) {
  std::string result;
  for (std::size_t i = first; i < lines.size() && i < first + count; ++i) {
    if (i != first) result += '\n';
    result += lines[i].substr(0, kExcerptLineBytes);
  }
  return result;
}

}  // namespace concertina::fuzzers
