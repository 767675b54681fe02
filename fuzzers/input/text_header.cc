#include "input/text_header.h"

#include <algorithm>

#include "base/check.h"

namespace concertina::fuzzers {
namespace {

constexpr std::string_view kFlavours[] = {"any", "address", "thread", "none"};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return text.substr(0, 0);
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool are_flavours(std::string_view list) {
  while (true) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view one = trimmed(list.substr(0, comma));
    if (std::find(std::begin(kFlavours), std::end(kFlavours), one) == std::end(kFlavours)) {
      return false;
    }
    if (comma == list.size()) return true;
    list.remove_prefix(comma + 1);
  }
}

bool is_word(std::string_view text) {
  return !text.empty() && text.find_first_of(" \t") == std::string_view::npos;
}

/// Which rule the value of a field breaks; empty if none.
std::string value_rule(std::string_view key, std::string_view value) {
  for (const char c : value) {
    if (static_cast<unsigned char>(c) < ' ') return "a header holds no control characters";
  }
  if (key == "expect" && value != "pass" && value != "fail") return "expect is pass or fail";
  if (key == "flavour" && !value.empty() && !are_flavours(value)) {
    return "flavours are any, address, thread, none";
  }
  return "";
}

/// One header line, of which `line` is what follows the '#'. `seen` has a bit a field.
ParseError parse_line(std::string_view line, CaseHeader& header, unsigned& seen) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return {};
  const std::string_view key = trimmed(line.substr(0, colon));
  if (!is_word(key)) return {};  // a sentence with a colon
  const auto column = static_cast<unsigned>(key.data() - line.data()) + 2;
  const std::string_view value = trimmed(line.substr(colon + 1));
  CHECK(key.data() >= line.data() && value.data() <= line.data() + line.size(),
        "columns are counted within the line");
  for (std::size_t i = 0; i < std::size(kHeaderFields); ++i) {
    if (kHeaderFields[i].key != key) continue;
    if ((seen >> i & 1) != 0) return {0, column, std::string(key) + " is given twice"};
    seen |= 1U << i;
    if (std::string rule = value_rule(key, value); !rule.empty()) {
      return {0, static_cast<unsigned>(value.data() - line.data()) + 2, std::move(rule)};
    }
    header.*kHeaderFields[i].value = std::string(value);
    return {};
  }
  return {0, column, "no such header: title, bug, oracle, flavour, expect, depth or pair"};
}

}  // namespace

ParseError parse_header(std::string_view text, CaseHeader& header) {
  unsigned seen = 0;
  for (unsigned line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view content = text.substr(0, end);
    if (content.starts_with('#')) {
      ParseError error = parse_line(content.substr(1), header, seen);
      error.line = line;
      if (!error.reason.empty()) return error;
    } else if (!trimmed(content).empty()) {
      break;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (header.expect == "fail" && header.oracle.empty()) {
    return {1, 1, "a case that is expected to fail names the oracle"};
  }
  return {};
}

}  // namespace concertina::fuzzers
