// Ink: emphasis for terminals. Off, every text stays as it is, so that a page without colours is
// the same bytes in a file, a pipe and a test.
#pragma once

#include <string>
#include <string_view>

namespace concertina::fuzzers {

class Ink {
 public:
  explicit Ink(bool is_on) : is_on_(is_on) {}

  std::string title(std::string_view text) const { return in("1", text); }
  std::string bad(std::string_view text) const { return in("1;31", text); }
  std::string mark(std::string_view text) const { return in("33", text); }
  std::string good(std::string_view text) const { return in("32", text); }
  std::string faint(std::string_view text) const { return in("2", text); }

 private:
  std::string in(std::string_view code, std::string_view text) const {
    if (!is_on_ || text.empty()) return std::string(text);
    return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
  }
  bool is_on_;
};

}  // namespace concertina::fuzzers
