// The threads platform's side of tests that run on any platform: how to run a body or a program
// here.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "platform/threads/testing.h"

namespace concertina::test {

/// Runs the body as the first thread, several times, until one does not end with that message (""
/// for the body's return). Returns the last run's message.
template <class Body>
std::string last_message(std::string_view message, Body body) {
  constexpr unsigned kRuns = 10;
  std::string ended(message);
  for (unsigned run = 0; run < kRuns && ended == message; ++run) {
    ended = run_body(threaded::Config{.seed = run}, body).report.message;
  }
  return ended;
}

/// How a program is run. Tests for any platform use `knobs` and `before` only.
template <class Knobs, class Runtime>
struct PlatformSetup {
  Knobs knobs = {};
  threaded::Config threads = {.events_max = kTestEventsMax};
  std::function<void(Runtime&)> before = {};  // before the first goroutine exists
};

/// Runs f() as the first thread until the run is stopped; its return ends it as kExit.
template <class Setup, class F>
RunResult run_setup(const Setup& setup, F f) {
  return run_body(setup.threads, f);
}

/// The setup, with other draws for each seed; the schedule is whatever it happens to be.
template <class Setup>
class AnySchedule {
 public:
  explicit AnySchedule(unsigned seed, const Setup& base = {}) : setup(base) {
    setup.threads.seed = seed;
  }
  AnySchedule(const AnySchedule&) = delete;
  AnySchedule& operator=(const AnySchedule&) = delete;

  Setup setup;
};

/// The setup, to be run again and again while `next` says so: here a few hundred times.
template <class Setup>
class EverySchedule {
 public:
  EverySchedule() = default;
  EverySchedule(const EverySchedule&) = delete;
  EverySchedule& operator=(const EverySchedule&) = delete;

  bool next() { return ++runs_ < kRuns; }
  /// Schedules cannot be told from each other here.
  bool were_at_least(unsigned) const { return true; }

  Setup setup;

 private:
  static constexpr unsigned kRuns = 300;
  unsigned runs_ = 0;
};

/// Runs the body with the same answer at each prologue.
template <class Body>
RunResult run_disturbed(StackAction action, Body body) {
  threaded::Config config{.events_max = kTestEventsMax};
  (action == StackAction::kGrow ? config.grow_one_in : config.move_one_in) = 1;
  return run_body(config, body);
}

/// Moves, grows, shrinks and preempts at prologues, while the scanner works all the time; a program
/// must not notice.
template <class Setup>
class Disturbance {
 public:
  static constexpr unsigned kVariants = 40;
  static constexpr unsigned kScale = 25;  // how long programs should be

  explicit Disturbance(unsigned variant) {
    setup.threads.seed = variant;
    setup.knobs.stacks.poison = variant % 2 == 0;
    setup.knobs.stacks.census = variant % 2 == 0;
    if (variant % 3 != 0) setup.threads.move_one_in = 1 + variant % 4;
    if (variant % 3 == 2) setup.threads.grow_one_in = 29;
    if (variant % 5 != 0) setup.threads.shrink_one_in = 3 + variant % 7;
    if (variant % 5 > 1) setup.threads.preempt_one_in = 5 + variant % 11;
    if (variant % 4 != 0) setup.threads.scan_every_ns = variant % 4 * 20'000;
  }
  Disturbance(const Disturbance&) = delete;
  Disturbance& operator=(const Disturbance&) = delete;

  Setup setup;
};

}  // namespace concertina::test
