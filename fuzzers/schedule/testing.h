// TinyProgram: threads that are lists of operations on shared variables and locks, and a run of
// them under a chooser. For tests of strategies: no fibers, no runtime, and the bugs are known.
#pragma once

#include <array>
#include <functional>
#include <utility>
#include <vector>

#include "platform/sim/run_log.h"
#include "schedule/choosers.h"

namespace concertina::fuzzers {

struct TinyState {
  std::array<int, 16> shared{};
  std::array<std::array<int, 4>, kThreadsMax> local{};
  bool has_failed = false;
  ThreadMask ended{};  // threads that return early
  unsigned skip = 0;   // operations of the current thread to jump over
};

struct TinyOperation {
  OperationKind kind;
  ObjectId object;
  Site site;
  std::function<void(TinyState&, ThreadId)> effect = {};
};

inline Site tiny_site(unsigned line) { return static_cast<Site>(line); }

struct TinyProgram {
  static constexpr unsigned kStepsMax = 5000;

  std::vector<std::vector<TinyOperation>> threads;
  unsigned objects = 0;

  void add(unsigned times, const std::vector<TinyOperation>& thread) {
    for (; times > 0; --times) threads.push_back(thread);
  }

  /// True when it failed. A thread that takes a lock is enabled when the lock is free; one that
  /// spins is always enabled here, unlike in the simulator: what a strategy makes of it is to be
  /// tested.
  bool run(Chooser& chooser, unsigned steps_max = kStepsMax, RunLog* log = nullptr) const {
    TinyState state;
    std::array<unsigned, kThreadsMax> at{};
    std::array<Pending, kThreadsMax> pending{};
    std::array<int, 16> holders;
    holders.fill(-1);
    const auto size = static_cast<unsigned>(threads.size());
    if (log != nullptr) log->clear();
    for (ObjectId object = 1; object <= objects; ++object) {
      if (log != nullptr) log->add_object(object, kSchedulerPath);
      if (chooser.names_objects()) chooser.made(object, kSchedulerPath);
    }
    for (unsigned t = 0; t < size; ++t) chooser.started(static_cast<ThreadId>(t));
    ThreadId current = 0;
    for (unsigned step = 0; step < steps_max && !state.has_failed; ++step) {
      ThreadMask enabled{};
      for (unsigned t = 0; t < size; ++t) {
        const auto thread = static_cast<ThreadId>(t);
        if ((state.ended & bit(thread)) != 0 || at[t] == threads[t].size()) {
          pending[t] = {};
          continue;
        }
        const TinyOperation& next = threads[t][at[t]];
        pending[t] = {.site = next.site,
                      .kind = next.kind,
                      .is_write = next.kind == OperationKind::kLock || is_writer(next.kind),
                      .is_spinning = next.kind == OperationKind::kSpin,
                      .object = next.object};
        const bool waits = next.kind == OperationKind::kLock && holders[next.object] >= 0;
        if (!waits) enabled |= bit(thread);
      }
      if (enabled == 0) break;
      const bool is_decision = without_lowest(enabled) != 0;
      current = is_decision ? chooser.pick(enabled, current, pending.data()) : lowest(enabled);
      if (log != nullptr) {
        log->decisions += is_decision ? 1 : 0;
        log->add(step_of(current, pending[current]));
      }
      if (chooser.observes()) chooser.executing(current, pending.data());
      const TinyOperation& operation = threads[current][at[current]];
      if (operation.kind == OperationKind::kLock) holders[operation.object] = current;
      if (operation.kind == OperationKind::kUnlock) holders[operation.object] = -1;
      ++at[current];
      if (operation.effect) operation.effect(state, current);
      at[current] += std::exchange(state.skip, 0);
      // A spinner whose condition does not hold looks again.
      if (operation.kind == OperationKind::kSpin && state.shared[operation.object] == 0) {
        --at[current];
      }
    }
    return state.has_failed;
  }
};

/// `setters` threads write a = 1, then b = -1; one checks that (a, b) is (0, 0), else (1, -1), with
/// a load each time. It fails only when some setter has written a and none has written b.
inline TinyProgram reorder(unsigned setters) {
  TinyProgram program;
  program.objects = 2;
  using K = OperationKind;
  program.add(setters, {{K::kStore, 1, tiny_site(1), [](auto& s, auto) { s.shared[1] = 1; }},
                        {K::kStore, 2, tiny_site(2), [](auto& s, auto) { s.shared[2] = -1; }}});
  program.add(1, {{K::kLoad, 1, tiny_site(3), [](auto& s, auto) { s.skip = s.shared[1] != 0; }},
                  {K::kLoad, 2, tiny_site(4),
                   [](auto& s, auto t) {
                     if (s.shared[2] == 0) s.ended |= bit(t);
                   }},
                  {K::kLoad, 1, tiny_site(5), [](auto& s, auto t) { s.local[t][1] = s.shared[1]; }},
                  {K::kLoad, 2, tiny_site(6), [](auto& s, auto t) {
                     s.has_failed = s.local[t][1] != 1 || s.shared[2] != -1;
                   }}});
  return program;
}

/// `writers` threads set x under one lock, then y = x + 1 under another; `readers` read them under
/// the same locks and must not see the one without the other.
inline TinyProgram two_stage(unsigned writers, unsigned readers) {
  TinyProgram program;
  program.objects = 4;  // x, y and their locks
  using K = OperationKind;
  program.add(
      writers,
      {{K::kLock, 3, tiny_site(1)},
       {K::kStore, 1, tiny_site(2), [](auto& s, auto) { s.shared[1] = 1; }},
       {K::kUnlock, 3, tiny_site(3)},
       {K::kLock, 4, tiny_site(4)},
       {K::kLoad, 1, tiny_site(5), [](auto& s, auto t) { s.local[t][0] = s.shared[1]; }},
       {K::kStore, 2, tiny_site(6), [](auto& s, auto t) { s.shared[2] = s.local[t][0] + 1; }},
       {K::kUnlock, 4, tiny_site(7)}});
  program.add(readers,
              {{K::kLock, 3, tiny_site(8)},
               {K::kLoad, 1, tiny_site(9), [](auto& s, auto t) { s.local[t][0] = s.shared[1]; }},
               {K::kUnlock, 3, tiny_site(10),
                [](auto& s, auto t) {
                  if (s.local[t][0] == 0) s.ended |= bit(t);
                }},
               {K::kLock, 4, tiny_site(11)},
               {K::kLoad, 2, tiny_site(12),
                [](auto& s, auto t) { s.has_failed = s.shared[2] != s.local[t][0] + 1; }},
               {K::kUnlock, 4, tiny_site(13)}});
  return program;
}

}  // namespace concertina::fuzzers
