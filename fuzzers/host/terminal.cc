#include "host/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "base/check.h"
#include "host/stopwatch.h"
#include "host/wrapped.h"

namespace concertina::fuzzers {
namespace {

constexpr double kPlainEvery_s = 10;

std::string_view environment(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

/// Its columns; a page's where it does not say.
std::size_t columns(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kPageWidth;
  return size.ws_col;
}

}  // namespace

bool obeys_escapes(int descriptor) {
  const std::string_view terminal = environment("TERM");
  return isatty(descriptor) != 0 && !terminal.empty() && terminal != "dumb";
}

bool shows_colours(int descriptor) {
  return obeys_escapes(descriptor) && environment("NO_COLOR").empty();
}

void show_status(const std::string& text) {
  CHECK(text.find('\n') == std::string::npos, "a status is one line");
  if (obeys_escapes(STDERR_FILENO)) {
    // In the last column some terminals go to the next line.
    const std::size_t room = columns(STDERR_FILENO) - 1;
    std::fprintf(stderr, "\r\x1b[K%s", text.substr(0, room).c_str());
    return;
  }
  static Stopwatch since_shown;
  if (since_shown.seconds() < kPlainEvery_s) return;
  since_shown = {};
  std::fprintf(stderr, "%s\n", text.c_str());
}

void clear_status() {
  if (obeys_escapes(STDERR_FILENO)) std::fprintf(stderr, "\r\x1b[K");
}

}  // namespace concertina::fuzzers
