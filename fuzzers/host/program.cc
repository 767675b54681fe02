#include "host/program.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <new>
#include <stdexcept>
#include <system_error>

#include "base/check.h"
#include "host/shown.h"

namespace concertina::fuzzers {
namespace {

constexpr std::size_t kReasonMax = 1000;

char no_reader[200];  // the complaint, made before there is a signal

extern "C" void end_without_a_reader(int) {
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, no_reader, std::strlen(no_reader));
  _exit(kExitUnusable);
}

int guarded(std::string_view name, const std::function<int()>& body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    complain(name, "out of memory");
  } catch (const std::exception& exception) {
    complain(name, exception.what());
  }
  return kExitUnusable;
}

}  // namespace

void flush_output() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return;
  if (errno == 0) throw std::runtime_error("cannot write its output");
  throw std::system_error(errno, std::generic_category(), "cannot write its output");
}

void complain(std::string_view name, std::string_view reason) {
  CHECK(!reason.empty(), "a complaint has a reason");
  std::fprintf(stderr, "%s: %s\n", shown_path(name).c_str(), shown(reason, kReasonMax).c_str());
}

int run_program(std::string_view name, const std::function<int()>& body) {
  std::snprintf(no_reader, sizeof no_reader,
                "%.100s: cannot write its output: the reader is gone\n", std::string(name).c_str());
  std::signal(SIGPIPE, &end_without_a_reader);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is a write that fails
  std::signal(SIGCHLD, SIG_DFL);  // our parent may have had it ignored
  const int code = guarded(name, body);
  CHECK(code >= kExitAsExpected && code <= kExitNotComplete, "an exit code is one of the four");
  // A main part that could not run has said why.
  if (code == kExitUnusable) return code;
  return guarded(name, [code] {
    errno = 0;
    std::cout.flush();  // CLI11 prints there
    flush_output();
    return code;
  });
}

}  // namespace concertina::fuzzers
