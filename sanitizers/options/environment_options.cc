// What is compiled in decides, not the environment that a program happens to be started in: a
// report that has another form, goes to another file or ends with another exit code would be
// another verdict. The sanitizers read their variables before anything of ours runs, and after what
// is compiled in. So the program starts itself once more without them:
//
//   E1 the sanitizer reads the environment; then this, before other constructors and before main
//   E2 wanted: every variable of a sanitizer is unset, or what was asked for; if so, main runs
//   E3 make it so, and exec the same program with the same arguments: back to E1
//
// Asked for is what CONCERTINA_SANITIZER_OPTIONS says ("symbolize=0:verbosity=1"), for whichever
// sanitizer is in the program; it wins over what is compiled in. Under afl-fuzz, what that cannot
// do without comes first.
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(undefined_behavior_sanitizer)
#define CONCERTINA_HAS_SANITIZER
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CONCERTINA_HAS_SANITIZER
#endif

#ifdef CONCERTINA_HAS_SANITIZER
namespace {

constexpr const char* kAsked = "CONCERTINA_SANITIZER_OPTIONS";
constexpr const char* kVariables[] = {"ASAN_OPTIONS", "LSAN_OPTIONS", "MSAN_OPTIONS",
                                      "TSAN_OPTIONS", "UBSAN_OPTIONS"};
// For afl-fuzz a crash is a signal, no exit code; and a fork server has no time for names.
constexpr const char* kForAfl = "abort_on_error=1:symbolize=0:";
constexpr int kUnusable = 2;

/// E2. Whether the variable had to be changed.
bool make_so(const char* variable, const char* wanted) {
  const char* const value = std::getenv(variable);
  if (wanted[0] == '\0') return value != nullptr && unsetenv(variable) == 0;
  if (value != nullptr && std::strcmp(value, wanted) == 0) return false;
  return setenv(variable, wanted, 1) == 0;
}

[[noreturn]] void start_again(char** arguments) {
  char path[PATH_MAX];  // the link's own name would be the process's: "exe"
  const ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
  if (size > 0) {
    path[size] = '\0';
    execv(path, arguments);
  }
  execv("/proc/self/exe", arguments);
  std::fprintf(
      stderr,
      "%s: cannot start again without the sanitizers' options of its environment: %s; unset "
      "ASAN_OPTIONS, TSAN_OPTIONS and the like\n",
      arguments[0], std::strerror(errno));
  _exit(kUnusable);
}

[[gnu::constructor(101)]] void keep_the_environment_out(int count, char** arguments, char**) {
  if (count == 0) return;
  const char* const asked = std::getenv(kAsked);
  char wanted[4096];
  const int size = std::snprintf(wanted, sizeof wanted, "%s%s",
                                 std::getenv("__AFL_SHM_ID") != nullptr ? kForAfl : "",
                                 asked != nullptr ? asked : "");
  if (size < 0 || static_cast<std::size_t>(size) >= sizeof wanted) {
    std::fprintf(stderr, "%s: %s is too long\n", arguments[0], kAsked);
    _exit(kUnusable);
  }
  bool is_changed = false;
  for (const char* const variable : kVariables) is_changed |= make_so(variable, wanted);
  if (is_changed) start_again(arguments);
}

}  // namespace
#endif
