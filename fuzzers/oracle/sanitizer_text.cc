#include "oracle/sanitizer_text.h"

namespace concertina::fuzzers {
namespace {

constexpr unsigned kFunctionsInKind = 2;
constexpr std::size_t kExcerptLineBytes = 160;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// Takes parameter lists and template arguments out, and with them "(anonymous namespace)",
/// "<null>" and "(binary+0x12)". What follows "operator" is left alone up to its parameters.
std::string without_brackets(std::string_view text) {
  constexpr std::string_view kOperator = "operator";
  std::string result;
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (depth == 0 && text.substr(i).starts_with(kOperator)) {
      result += kOperator;
      i += kOperator.size();
      while (i < text.size() && text[i] != '(' && text[i] != ' ') result += text[i++];
      if (text.substr(i).starts_with("()")) i += 2;
      --i;
      continue;
    }
    const char c = text[i];
    if (c == '(' || c == '<') ++depth;
    if (depth == 0) result += c;
    if ((c == ')' || c == '>') && depth > 0) --depth;
  }
  return result;
}

/// The last word before the file's name; words before it are a template function's return type.
std::string_view function_word(std::string_view text) {
  std::string_view function;
  while (!(text = trimmed(text)).empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    if (word.find('/') != std::string_view::npos || word.find(".cc:") != std::string_view::npos)
      break;
    if (word != "const" && word.front() != '[') function = word;
  }
  return function;
}

/// "concertina::sim::::transfer::$_0::operator" is "transfer".
std::string short_name(std::string_view function) {
  constexpr std::string_view kNoise[] = {"concertina::", "sim::", "threads::", "fuzzers::", "::"};
  for (bool changed = true; changed;) {
    changed = false;
    for (const std::string_view noise : kNoise) {
      if (!function.starts_with(noise)) continue;
      function.remove_prefix(noise.size());
      changed = true;
    }
  }
  std::string name;
  for (std::size_t i = 0; i < function.size(); ++i) {
    const std::string_view rest = function.substr(i);
    if (rest.starts_with("::$_") || rest.starts_with("::'lambda") || rest.starts_with("[")) break;
    if (rest.starts_with("::::")) ++i, ++i;  // where an anonymous namespace was
    name += function[i];
  }
  return name;
}

bool is_of_the_runtime(std::string_view function) {
  constexpr std::string_view kForeign[] = {
      "_",           "std::",         "boost::",       "fuzzer::",       "testing::", "platform::",
      "simulator::", "memcpy",        "memmove",       "memset",         "memcmp",    "free",
      "malloc",      "calloc",        "realloc",       "raise",          "abort",     "pthread_",
      "gsignal",     "make_fcontext", "jump_fcontext", "ontop_fcontext",
  };
  if (function.empty() || function == "main" || function.find("operator") != std::string_view::npos)
    return false;
  for (const std::string_view foreign : kForeign) {
    if (function.starts_with(foreign)) return false;
  }
  return true;
}

}  // namespace

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

std::string function_of_frame(std::string_view line) {
  line = trimmed(line);
  if (line.size() < 2 || line[0] != '#' || !is_digit(line[1])) return "";
  const std::size_t number_end = line.find_first_not_of("0123456789", 1);
  if (number_end == std::string_view::npos || line[number_end] != ' ') return "";
  line = trimmed(line.substr(number_end));
  if (line.starts_with("0x")) {
    const std::size_t in = line.find(" in ");
    if (in == std::string_view::npos) return "<unknown>";  // an address without a symbol
    line.remove_prefix(in + 4);
  }
  const std::string bare = without_brackets(line);
  const std::string name = short_name(function_word(bare));
  return name.empty() ? "<unknown>" : name;
}

std::string top_functions(const std::vector<std::string_view>& lines, std::size_t first) {
  std::string result;
  unsigned count = 0;
  for (std::size_t i = first; i < lines.size() && count < kFunctionsInKind; ++i) {
    const std::string function = function_of_frame(lines[i]);
    if (function.empty()) break;
    if (!is_of_the_runtime(function) || function == "<unknown>") continue;
    result += (count++ == 0 ? "" : " < ") + function;
  }
  return result.empty() ? "unknown function" : result;
}

std::string stable_words(std::string_view text) {
  std::string result;
  while (!(text = trimmed(text)).empty()) {
    std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    const bool is_last = word.back() == ':' || word.back() == ',';
    if (is_last) word.remove_suffix(1);
    const bool is_particular = word == "on" || word == "for" || word.starts_with("(pid=") ||
                               (word == "of" && trimmed(text).starts_with("type"));
    if (is_particular) break;
    const bool is_number = !word.empty() && (is_digit(word[0]) || word[0] == '-');
    if (!is_number && !word.empty()) result += (result.empty() ? "" : " ") + std::string(word);
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
