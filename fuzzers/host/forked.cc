#include "host/forked.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <thread>

#include "base/check.h"
#include "host/die_with_parent.h"
#include "host/patience.h"
#include "host/process_state.h"
#include "host/program.h"
#include "host/shared_memory.h"
#include "host/stopwatch.h"
#include "host/text.h"

namespace concertina::fuzzers {
namespace {

constexpr double kAsleepFactor = 10;
constexpr auto kPauseMin = std::chrono::microseconds(50);
constexpr auto kPauseMax = std::chrono::microseconds(5000);
constexpr double kLookMax = 0.1;

enum Stage : std::uint32_t { kWorks, kIsWhole, kThrew, kNoRoom };

/// What both processes see.
struct Notes {
  Shared<std::atomic<std::uint32_t>> stage;
  MemoryFile log{"concertina-log"};
  MemoryFile answer{"concertina-answer"};  // of kThrew: what
};

[[noreturn]] void be_child(pid_t parent, const std::function<std::string()>& work,
                           const Notes& notes) {
  die_with_parent(parent);
  setpgid(0, 0);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) std::signal(number, SIG_DFL);
  dup2(notes.log.descriptor(), STDERR_FILENO);
  Stage stage = kThrew;
  std::string answer;
  try {
    answer = work();
    stage = kIsWhole;
  } catch (const std::exception& exception) {
    answer = exception.what();
  }
  if (!notes.answer.append(answer)) stage = kNoRoom;
  notes.stage->store(stage, std::memory_order_release);
  _exit(0);
}

/// Ctrl-Z reaches this process alone, as the child is in a group of its own. While there is one of
/// these, the child is suspended and resumed with it. SIGTSTP is blocked from before the
/// fork until the child's number is known.
class SuspendedTogether {
 public:
  SuspendedTogether() {
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    pthread_sigmask(SIG_BLOCK, &stop, &mask_);
  }
  ~SuspendedTogether() {
    if (is_watching_) std::signal(SIGTSTP, SIG_DFL);
    allow();
  }
  SuspendedTogether(const SuspendedTogether&) = delete;
  SuspendedTogether& operator=(const SuspendedTogether&) = delete;

  /// In either process: as it was.
  void allow() const { pthread_sigmask(SIG_SETMASK, &mask_, nullptr); }

  void watch(pid_t child) {
    CHECK(child > 0 && !is_watching_, "one child is watched, and it has a number");
    struct sigaction before{};
    sigaction(SIGTSTP, nullptr, &before);
    is_watching_ = before.sa_handler == SIG_DFL;
    child_ = child;
    if (is_watching_) std::signal(SIGTSTP, &suspend);
    allow();
  }

 private:
  static void suspend(int) {
    const int error = errno;
    kill(-child_, SIGSTOP);
    kill(getpid(), SIGSTOP);  // returns when we are resumed
    kill(-child_, SIGCONT);
    errno = error;
  }

  static inline volatile pid_t child_ = 0;
  sigset_t mask_{};
  bool is_watching_ = false;
};

/// True when the child is over; it is not reaped, so its number and its group's are still its own.
bool is_over(pid_t child) {
  siginfo_t info{};
  const int result = waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT);
  return result == 0 ? info.si_pid == child : errno == ECHILD;
}

std::string words_of(const Patience& patience) {
  const bool slept = patience.sleeps_s() > patience.works_s();
  return text_of("It made no progress in ",
                 decimal(slept ? patience.sleeps_s() : patience.works_s(), 1),
                 slept ? " s asleep" : " s of processor time", " and was killed.");
}

/// P2. Empty, or in which way it has hung.
std::string wait_for(pid_t child, const Watch& watch) {
  const double works_s = watch.timeout_s;
  const double sleeps_s = watch.asleep_max_s > 0 ? watch.asleep_max_s : kAsleepFactor * works_s;
  Patience patience({.works_s = works_s, .sleeps_s = sleeps_s, .look_max_s = kLookMax});
  const Stopwatch clock;
  auto pause = kPauseMin;
  for (; !is_over(child); pause = std::min(pause * 2, kPauseMax)) {
    if (watch.look) watch.look();
    // A child that is done at once is not worth a look into /proc.
    const bool is_patient = pause == kPauseMax;
    const PatienceLook now{
        .progress = watch.progress != nullptr ? watch.progress->load(std::memory_order_acquire) : 0,
        .processor_s =
            is_patient ? processor_seconds_with_children(child) : processor_seconds(child),
        .wall_s = clock.seconds(),
        .is_asleep = is_patient && is_asleep(child)};
    if (!patience.look(now)) return words_of(patience);
    std::this_thread::sleep_for(pause);
  }
  return "";
}

/// What the simulator says before it aborts because the system gives it no memory: trouble of the
/// machine, whatever was to be run. Empty when it did not.
std::string want_of_memory(std::string_view log) {
  constexpr std::string_view kWords = "concertina: no memory for ";
  const std::size_t at = log.rfind(kWords);
  if (at == std::string_view::npos || (at != 0 && log[at - 1] != '\n')) return "";
  const std::string_view line = log.substr(at, log.find('\n', at) - at);
  return std::string(line.substr(line.find(' ') + 1));
}

}  // namespace

Forked run_forked(const std::function<std::string()>& work, const Watch& watch) {
  Forked forked;
  CHECK(work != nullptr, "a child has work");
  const Notes notes;
  flush_output();  // or the child would write out what is buffered here once more
  const pid_t parent = getpid();
  std::optional<SuspendedTogether> together(std::in_place);
  const pid_t child = fork();
  if (child < 0)
    throw std::system_error(errno, std::generic_category(), "cannot run a child process");
  if (child == 0) {
    together->allow();
    be_child(parent, work, notes);
  }
  setpgid(child, child);  // both do it: whichever comes first
  together->watch(child);

  forked.hang = wait_for(child, watch);
  together.reset();
  kill(-child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  forked.log = notes.log.read_all();
  const std::uint32_t stage = notes.stage->load(std::memory_order_acquire);
  if (stage == kIsWhole) {
    forked.end = ForkedEnd::kAnswered;
    forked.answer = notes.answer.read_all();
  } else if (stage == kThrew) {
    throw std::runtime_error("in a child process: " + notes.answer.read_all());
  } else if (stage == kNoRoom) {
    throw std::runtime_error("in a child process: no room for its answer");
  } else if (!forked.hang.empty()) {
    forked.end = ForkedEnd::kHung;
  } else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
    throw std::runtime_error("a child process was killed from outside, perhaps for want of memory");
  } else if (const std::string want = want_of_memory(forked.log); !want.empty()) {
    throw std::runtime_error("in a child process: " + want);
  } else {
    forked.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    forked.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  }
  return forked;
}

}  // namespace concertina::fuzzers
