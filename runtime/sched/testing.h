// Goroutine programs for tests.
//
//   const Body child({note(1, 7)});
//   const Body main({go(child), yield(), loop(3, {note(2, 1)})});
//   const auto run = run_program({.knobs = {.processors = 1}}, main);
//   EXPECT_EQ(run.notes(1), ...)
//
// A Body is a list of steps that one frame runs one after the other; a step is a lambda over
// machine and goroutine. What steps find out is announced as events (`note`) and never written to
// variables of the test, where virtual threads would race. Bodies outlive the run: they live in the
// test.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "platform.h"
#include "platform_testing.h"
#include "sched/scheduler.h"
#include "stack/stack.h"

namespace concertina::test {

using Step = std::function<Action(Machine&, Goroutine&)>;

inline constexpr unsigned kLoopLevels = 4;

/// The frame of a Body: header.resume is the next step. Slots for elements follow.
struct TaskFrame {
  FrameHeader header;
  std::uint32_t counters[kLoopLevels] = {};
  std::uintptr_t pointer = 0;  // a slot in the caller's frame, or nil
  std::uint64_t value = 0;     // what the latest operation found
};
static_assert(sizeof(TaskFrame) == 64);

/// One operation of a program: one step, or several.
struct Op {
  std::vector<Step> steps;
  unsigned levels = 0;  // of loops inside

  Op() = default;
  template <class F>
    requires std::invocable<F, Machine&, Goroutine&>
  Op(F f) {  // NOLINT: implicit on purpose
    if constexpr (std::same_as<std::invoke_result_t<F, Machine&, Goroutine&>, void>) {
      steps.push_back([f = std::move(f)](Machine& m, Goroutine& g) {
        f(m, g);
        return Action::kNext;
      });
    } else {
      steps.push_back(std::move(f));
    }
  }
  void append(const Op& other) {
    steps.insert(steps.end(), other.steps.begin(), other.steps.end());
    if (other.levels > levels) levels = other.levels;
  }
};

inline TaskFrame& task_frame(Goroutine& g) { return *reinterpret_cast<TaskFrame*>(g.sp); }

class Body {
 public:
  explicit Body(std::initializer_list<Op> ops, std::uint32_t slot_bytes = 64, unsigned slots = 1)
      : slot_bytes_((slot_bytes + 15) & ~15u) {
    for (const Op& op : ops) ops_.append(op);
    function_.name = "body";
    function_.id = FunctionId::kFirstOfTest;
    function_.frame_bytes = static_cast<std::uint32_t>(sizeof(TaskFrame)) + slot_bytes_ * slots;
    function_.layout = {.pointers = kPointers, .pointer_count = 1};
    function_.step = &run_step;
    function_.data = this;
  }
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;

  const Function& function() const { return function_; }
  /// Distance below stack.hi of an element slot in the youngest frame, which runs a Body.
  static std::uint32_t slot(Goroutine& g, unsigned index = 0) {
    const auto& self = *static_cast<const Body*>(g.top().function->data);
    return g.below_hi(g.sp + sizeof(TaskFrame) + self.slot_bytes_ * index);
  }
  static std::uint32_t slot_bytes(Goroutine& g) {
    return static_cast<const Body*>(g.top().function->data)->slot_bytes_;
  }

 private:
  static Action run_step(Machine& m, Goroutine& g) {
    const auto& self = *static_cast<const Body*>(g.top().function->data);
    const std::uint32_t at = g.top().resume;
    if (at >= self.ops_.steps.size()) {
      pop_frame(g);
      return Action::kNext;
    }
    g.top().resume = at + 1;
    return self.ops_.steps[at](m, g);
  }
  static constexpr std::uint16_t kPointers[] = {offsetof(TaskFrame, pointer)};

  Op ops_;
  std::uint32_t slot_bytes_;
  Function function_;
};

// --- Operations that need no channel -------------------------------------------------------------

/// Announces a number under a tag; ProgramRun::notes finds it.
inline void announce(const Goroutine& g, std::uint16_t tag, std::uint32_t value) {
  platform::record(event::LocalRead{.goroutine = g.id, .slot = tag, .token = value});
}
inline Op note(std::uint16_t tag, std::uint32_t value) {
  return [=](Machine&, Goroutine& g) { announce(g, tag, value); };
}
inline Op yield() {
  return [](Machine&, Goroutine&) { return Action::kYield; };
}
inline Op go(const Body& body, std::uintptr_t argument = 0) {
  return [&body, argument](Machine& m, Goroutine& g) {
    spawn(m, g, body.function(), reinterpret_cast<void*>(argument));
  };
}
inline std::uint32_t argument_of(const Goroutine& g) {
  return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(g.user));
}
/// Calls a Body, which gets a pointer to the caller's first slot.
inline Op call(const Body& body) {
  return [&body](Machine&, Goroutine& g) {
    const std::uint32_t target = Body::slot(g);
    push_frame(g, body.function(), body.function().frame_bytes, Site::kUserPrologue);
    task_frame(g).pointer = g.at(target);
  };
}
inline Op system_call() {
  return [](Machine& m, Goroutine& g) {
    enter_syscall(m, g);
    platform::sleep_ns(1, Site::kSyscallSleep);
    return exit_syscall(m, g) ? Action::kNext : Action::kLeaveSyscall;
  };
}
inline Goroutine& goroutine(Machine& m, GoroutineId id) { return *m.runtime->goroutines[id - 1]; }
/// Parks until somebody readies the goroutine.
inline Op park_here(CommitFunction commit = nullptr) {
  return [=](Machine& m, Goroutine& g) {
    return park(m, g, commit, nullptr, WaitReason::kChanReceive);
  };
}
inline Op ready_goroutine(GoroutineId id) {
  return [=](Machine& m, Goroutine& g) { ready(m, g, goroutine(m, id)); };
}
inline Op grow(unsigned times = 1) {
  return [=](Machine&, Goroutine& g) {
    for (unsigned i = 0; i < times; ++i) grow_stack(g, 0);
  };
}
inline Op scan(bool move = false, SpawnPath path = kAnyPath) {
  return [=](Machine&, Goroutine&) { platform::post_scan_request({path, move}); };
}
inline Op loop(std::uint32_t times, std::initializer_list<Op> ops) {
  Op result;
  for (const Op& op : ops) result.append(op);
  const unsigned level = result.levels++;
  const auto length = static_cast<std::uint32_t>(result.steps.size());
  result.steps.push_back([=](Machine&, Goroutine& g) {
    TaskFrame& frame = task_frame(g);
    if (++frame.counters[level] < times) {
      frame.header.resume -= length + 1;
    } else {
      frame.counters[level] = 0;
    }
    return Action::kBackEdge;
  });
  return result;
}
/// Variables that several goroutines of a program look at; made before the first goroutine.
struct Flags {
  platform::Atomic<std::uint32_t> a{0};
  platform::Atomic<std::uint32_t> b{0};
};
/// The goroutine keeps its machine until the variable holds `value`.
inline void spin_for(platform::Atomic<std::uint32_t>& variable, std::uint32_t value) {
  // One look decides, and is what the wait compares with. Of two looks the second may see the value
  // that the first one missed, and then the wait has no end.
  std::uint32_t seen = variable.load(Site::kTest);
  while (seen != value) {
    platform::spin_until(variable, [seen](std::uint32_t now) { return now != seen; }, Site::kTest);
    seen = variable.load(Site::kTest);
  }
}

// --- System calls -----------------------------------------------------------------------------

/// Enters a system call and stays there until flag a is `value`.
inline Op system_call_until(Flags*& flags, std::uint32_t value) {
  return [&flags, value](Machine& m, Goroutine& g) {
    announce(g, 10, m.id);
    enter_syscall(m, g);
    announce(g, 11, g.status.inspect());
    announce(g, 12, m.processor == nullptr && g.in_syscall && g.stack_cache == nullptr);
    spin_for(flags->a, value);
    const bool stays = exit_syscall(m, g);
    announce(g, 13, stays);
    return stays ? Action::kNext : Action::kLeaveSyscall;
  };
}
inline Op set_flag(Flags*& flags, std::uint32_t value) {
  return [&flags, value](Machine&, Goroutine&) { flags->a.store(value, Site::kTest); };
}
/// Announces the machine, and whether the goroutine owns its place on it.
inline Op note_back(std::uint16_t tag) {
  return [=](Machine& m, Goroutine& g) {
    announce(g, tag, m.id);
    announce(g, tag,
             (g.status.inspect() & ~kScan) == kRunning && !g.in_syscall && m.processor != nullptr &&
                 g.stack_cache == &m.processor->stacks);
  };
}

// --- Running -------------------------------------------------------------------------------------

using RunSetup = PlatformSetup<Knobs, Runtime>;
using AnyRun = AnySchedule<RunSetup>;
using EveryRun = EverySchedule<RunSetup>;

/// Makes the flags; `flags` is valid for the steps of the run.
inline RunSetup with_flags(Flags*& flags, RunSetup setup = {}) {
  setup.before = [&flags, before = setup.before](Runtime& runtime) {
    flags = &make<Flags>();
    if (before) before(runtime);
  };
  return setup;
}

struct ProgramRun : RunResult {
  /// Index of the first such event from `from` on; events.size() when there is none.
  std::size_t find(EventKind kind, GoroutineId g = kNoGoroutine, std::size_t from = 0) const {
    for (; from < events.size(); ++from) {
      if (events[from].kind == kind && (g == kNoGoroutine || events[from].goroutine == g)) break;
    }
    return from;
  }
  bool has(EventKind kind, GoroutineId g = kNoGoroutine) const {
    return find(kind, g) != events.size();
  }
  unsigned count(EventKind kind, GoroutineId g = kNoGoroutine) const {
    unsigned count = 0;
    for (std::size_t i = find(kind, g); i < events.size(); i = find(kind, g, i + 1)) ++count;
    return count;
  }
  /// The numbers that were noted under a tag, in order.
  std::vector<std::uint32_t> notes(std::uint16_t tag) const {
    std::vector<std::uint32_t> found;
    for (const auto& read : of<event::LocalRead>()) {
      if (read.slot == tag) found.push_back(read.token);
    }
    return found;
  }
  std::string ending() const {
    return std::string(outcome_name(report.outcome)) + ": " + report.message;
  }
};

inline const RunSetup kOneProcessor{.knobs = {.processors = 1, .stacks = {}}};

/// Runs f() as the first thread until the run is stopped; its return ends it as kExit.
template <class F>
ProgramRun run_thread(const RunSetup& setup, F f) {
  ProgramRun run;
  static_cast<RunResult&>(run) = run_setup(setup, f);
  return run;
}

/// Runs `main` as the first goroutine of a runtime without scanner.
inline ProgramRun run_program(const RunSetup& setup, const Body& main,
                              std::uintptr_t argument = 0) {
  return run_thread(setup, [&] {
    auto& runtime = make<Runtime>(setup.knobs);
    if (setup.before) setup.before(runtime);
    concertina::start(runtime, main.function(), reinterpret_cast<void*>(argument));
  });
}

}  // namespace concertina::test
