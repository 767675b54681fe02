#include "host/terminal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace concertina::fuzzers {
namespace {

/// Standard error is a terminal of 20 columns, until the end of the test.
class Terminal : public testing::Test {
 protected:
  void SetUp() override {
    setenv("TERM", "xterm", 1);
    unsetenv("NO_COLOR");
    old_ = dup(STDERR_FILENO);
    outside_ = posix_openpt(O_RDWR | O_NOCTTY);
    ASSERT_GE(outside_, 0);
    ASSERT_EQ(grantpt(outside_), 0);
    ASSERT_EQ(unlockpt(outside_), 0);
    const int inside = open(ptsname(outside_), O_RDWR | O_NOCTTY);
    const winsize size{.ws_row = 5, .ws_col = 20, .ws_xpixel = 0, .ws_ypixel = 0};
    ASSERT_EQ(ioctl(inside, TIOCSWINSZ, &size), 0);
    dup2(inside, STDERR_FILENO);
    close(inside);
  }
  void TearDown() override {
    dup2(old_, STDERR_FILENO);
    close(old_);
    close(outside_);
  }
  /// What it shows of what was written by the action.
  template <class Action>
  std::string shown(const Action& action) {
    action();
    std::fprintf(stderr, "#");  // it never waits, nor for nothing
    std::string text;
    char piece[1000];
    while (text.find('#') == std::string::npos) {
      const ssize_t size = read(outside_, piece, sizeof piece);
      if (size <= 0) break;
      text.append(piece, static_cast<std::size_t>(size));
    }
    return text.substr(0, text.find('#'));
  }

  int old_ = -1, outside_ = -1;
};

TEST_F(Terminal, AStatusIsRewrittenAndCut) {
  EXPECT_EQ(shown([] { show_status("abc"); }), "\r\x1b[Kabc");
  EXPECT_EQ(shown([] { show_status("0123456789012345678901234"); }), "\r\x1b[K0123456789012345678");
  EXPECT_EQ(shown([] { clear_status(); }), "\r\x1b[K");
}

TEST_F(Terminal, ADumbOneGetsNoEscapes) {
  for (const char* name : {"dumb", ""}) {
    setenv("TERM", name, 1);
    EXPECT_FALSE(obeys_escapes(STDERR_FILENO)) << name;
    EXPECT_FALSE(shows_colours(STDERR_FILENO)) << name;
    EXPECT_EQ(shown([] {
                show_status("abc");
                clear_status();
              }),
              "")
        << name;
  }
}

TEST_F(Terminal, ColoursCanBeRefused) {
  EXPECT_TRUE(shows_colours(STDERR_FILENO));
  setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(shows_colours(STDERR_FILENO));
  EXPECT_TRUE(obeys_escapes(STDERR_FILENO));
  setenv("NO_COLOR", "", 1);  // set, and empty: as if it were not
  EXPECT_TRUE(shows_colours(STDERR_FILENO));
}

TEST(TerminalThatIsNone, ObeysNothing) {
  setenv("TERM", "xterm", 1);
  const int file = open("/dev/null", O_WRONLY | O_CLOEXEC);
  EXPECT_FALSE(obeys_escapes(file));
  EXPECT_FALSE(shows_colours(file));
  close(file);
}

}  // namespace
}  // namespace concertina::fuzzers
