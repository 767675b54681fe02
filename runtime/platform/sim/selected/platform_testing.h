// The sim platform's side of tests that run on any platform: how to run a body or a program here.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "platform/sim/choosers_testing.h"
#include "platform/sim/testing.h"

namespace concertina::test {

/// Runs the body as the first thread, under many schedules, until one does not end with that
/// message ("" for the body's return). Returns the last run's message.
template <class Body>
std::string last_message(std::string_view message, Body body) {
  constexpr unsigned kSchedules = 40;
  simulator::World world;
  FirstEnabled first_enabled;
  std::string ended = run_body(world, {.chooser = &first_enabled}, body).report.message;
  for (unsigned seed = 0; seed < kSchedules && ended == message; ++seed) {
    Random random(seed);
    ended = run_body(world, {.chooser = &random}, body).report.message;
  }
  return ended;
}

/// How a program is run. Tests for any platform use `knobs` and `before` only.
template <class Knobs, class Runtime>
struct PlatformSetup {
  Knobs knobs = {};
  Chooser* chooser = nullptr;  // null: LazyChooser
  StackEvents* stack_events = nullptr;
  RunLog* log = nullptr;
  std::uint32_t steps_max = 20'000;
  std::function<void(Runtime&)> before = {};  // before the first goroutine exists
};

inline simulator::World& shared_world() {
  static simulator::World world;
  return world;
}

/// Runs f() as the first thread until the run is stopped; its return ends it as kExit.
template <class Setup, class F>
RunResult run_setup(const Setup& setup, F f) {
  LazyChooser lazy;
  simulator::Config config;
  config.chooser = setup.chooser != nullptr ? setup.chooser : &lazy;
  config.stack_events = setup.stack_events;
  config.log = setup.log;
  config.steps_max = setup.steps_max;
  return run_body(shared_world(), config, f);
}

/// The setup, with another schedule for each seed.
template <class Setup>
class AnySchedule {
 public:
  explicit AnySchedule(unsigned seed, const Setup& base = {}) : setup(base), random_(seed) {
    setup.chooser = &random_;
  }
  AnySchedule(const AnySchedule&) = delete;
  AnySchedule& operator=(const AnySchedule&) = delete;

  Setup setup;

 private:
  Random random_;
};

/// The setup, to be run again and again while `next` says so: under every schedule.
template <class Setup>
class EverySchedule {
 public:
  EverySchedule() { setup.chooser = &chooser_; }
  EverySchedule(const EverySchedule&) = delete;
  EverySchedule& operator=(const EverySchedule&) = delete;

  bool next() { return chooser_.next() && ++runs_ < kRunsMax; }
  /// Were there at least this many schedules?
  bool were_at_least(unsigned schedules) const { return runs_ + 1 >= schedules; }

  Setup setup;

 private:
  static constexpr unsigned kRunsMax = 200'000;
  ExhaustiveChooser chooser_;
  unsigned runs_ = 0;
};

/// Runs the body with the same answer at each of the user's prologues.
template <class Body>
RunResult run_disturbed(StackAction action, Body body) {
  StackEventsAt events({Site::kUserPrologue}, action);
  return run_body({.stack_events = &events}, body);
}

/// Moves, grows, shrinks, preempts or scans at prologues, and another schedule for each variant; a
/// program must not notice.
template <class Setup>
class Disturbance {
 public:
  static constexpr unsigned kVariants = 300;
  static constexpr unsigned kScale = 1;  // how long programs should be

  explicit Disturbance(unsigned variant)
      : events_(variant % 6 == 0   ? StackEventsAt::prologues(StackAction::kMove)
                : variant % 6 == 1 ? StackEventsAt::prologues(StackAction::kGrow, 29)
                : variant % 6 == 2 ? StackEventsAt::prologues(StackAction::kScanMove, 11)
                : variant % 6 == 3 ? StackEventsAt::prologues(StackAction::kPreempt, 3)
                : variant % 6 == 4 ? StackEventsAt::prologues(StackAction::kShrink, 2)
                                   : StackEventsAt::prologues(StackAction::kScanShrink, 7)),
        random_(variant),
        priorities_(variant, 6000) {
    setup.chooser = variant % 2 == 0 ? static_cast<Chooser*>(&random_) : &priorities_;
    setup.stack_events = &events_;
    setup.steps_max = 60'000;
  }
  Disturbance(const Disturbance&) = delete;
  Disturbance& operator=(const Disturbance&) = delete;

  Setup setup;

 private:
  StackEventsAt events_;
  Random random_;
  PriorityChooser priorities_;
};

}  // namespace concertina::test
