#include "oracle/library_words.h"

#include <algorithm>

#include "oracle/report_text.h"

namespace concertina::fuzzers {
namespace {

constexpr std::size_t kWordsMax = 120;

/// "malloc.c:2599", "0x5f", "12": what differs from build to build.
bool is_particular(std::string_view word) {
  const std::size_t digit = word.find_first_of("0123456789");
  return digit != std::string_view::npos && (digit == 0 || word.substr(0, digit).ends_with(':'));
}

std::string without_particulars(std::string_view text) {
  std::string words;
  while (!(text = trimmed(text)).empty() && words.size() < kWordsMax) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    if (!is_particular(word)) words += (words.empty() ? "" : " ") + std::string(word);
  }
  return words;
}

/// Where such words begin in the line; npos when it has none.
std::size_t find_words(std::string_view line) {
  constexpr std::string_view kWords[] = {"double free or corruption",
                                         "free(): ",
                                         "malloc(): ",
                                         "realloc(): ",
                                         "calloc(): ",
                                         "munmap_chunk(): ",
                                         "malloc_consolidate(): ",
                                         "sysmalloc: ",
                                         "corrupted size vs. prev_size",
                                         "corrupted double-linked list",
                                         "stack smashing detected",
                                         "buffer overflow detected",
                                         "Fatal glibc error: ",
                                         "terminate called ",
                                         "pure virtual method called",
                                         "Assertion `",
                                         "Assertion '"};
  std::size_t first = std::string_view::npos;
  for (const std::string_view words : kWords) first = std::min(first, line.find(words));
  return first;
}

}  // namespace

std::string last_library_words(const std::vector<std::string_view>& lines) {
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    const std::size_t at = find_words(*line);
    if (at == std::string_view::npos) continue;
    std::string_view words = line->substr(at);
    if (const std::size_t end = words.find(" ***"); end != std::string_view::npos)
      words = words.substr(0, end);
    // The expression of an assertion is its own.
    return words.starts_with("Assertion") ? std::string(words.substr(0, kWordsMax))
                                          : without_particulars(words);
  }
  return "";
}

}  // namespace concertina::fuzzers
