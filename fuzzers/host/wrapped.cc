#include "host/wrapped.h"

#include <algorithm>

#include "base/check.h"
#include "host/text_lines.h"

namespace concertina::fuzzers {
namespace {

std::size_t blanks_at_begin(std::string_view text) {
  return std::min(text.find_first_not_of(' '), text.size());
}

bool is_inside_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

/// Where a line that is longer than `room` is broken.
std::size_t break_of(std::string_view line, std::size_t room) {
  const std::size_t blank = line.rfind(' ', room);
  if (blank != std::string_view::npos && blank > blanks_at_begin(line)) return blank;
  std::size_t end = room;
  while (end > 1 && is_inside_character(line[end])) --end;
  return end;
}

}  // namespace

std::vector<std::string> wrapped(std::string_view line, std::size_t hang, std::size_t width) {
  std::vector<std::string> lines;
  std::string indent;
  CHECK(width > 1, "a line has room");
  while (line.size() > width - indent.size()) {
    const std::size_t end = break_of(line, width - indent.size());
    CHECK(end > 0 && end <= width - indent.size(), "a line is broken within its room");
    std::string piece = indent + std::string(line.substr(0, end));
    piece.erase(piece.find_last_not_of(' ') + 1);
    if (!piece.empty()) lines.push_back(std::move(piece));
    line.remove_prefix(end);
    line.remove_prefix(blanks_at_begin(line));
    indent.assign(std::min(hang, width / 2), ' ');
  }
  if (!line.empty() || lines.empty()) lines.push_back(indent + std::string(line));
  return lines;
}

std::string wrapped_text(std::string_view text, std::size_t hang, std::size_t width) {
  std::string result;
  while (!text.empty()) {
    for (const std::string& one : wrapped(take_line(text), hang, width)) result += one + "\n";
  }
  return result;
}

}  // namespace concertina::fuzzers
