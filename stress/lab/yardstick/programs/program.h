// Program: a small concurrent program with a known bug, on the simulator's virtual threads.
//
// The programs are re-written from descriptions of those that the literature measures strategies on
// (stress/lab/yardstick/README.md). Here they are classes: what the threads share are members, what
// a thread does is a method, `main` starts the threads, `end` is what is demanded when all have
// returned. Everything is on sequentially consistent memory, so plain shared variables of the
// originals are atomic ones here: ThreadSanitizer has nothing to say about intended races.
//
// Rules
//   1. Each access to what threads share, locks included, is a yield point with a site of its own
//      (HERE). Nothing else is one, apart from starting a thread and a thread's start.
//   2. The bug shows as an `expect` that fails (Outcome::kFatal) or as a deadlock
//      (Outcome::kHung), never as undefined behaviour.
//   3. A thread that waits in a loop does so by spin_until, or strategies with priorities would
//      starve the thread that it waits for.
//   4. A run is abandoned where it stands: what threads share lives in the run's arena, and nothing
//      on a thread's stack owns memory.
//   5. The fixed program differs from the other one in the defect only.
#pragma once

#include <atomic>
#include <cstdint>
#include <new>
#include <string_view>
#include <type_traits>

#include "base/outcome.h"
#include "base/site.h"
#include "base/spawn_path.h"
#include "platform.h"

namespace concertina::yardstick {

struct Program {
  std::string_view name;
  unsigned threads;             // besides main
  Outcome bug;                  // how a run ends that shows it
  void (*main)(bool is_fixed);  // on the first virtual thread; fixed: without the bug
};

inline constexpr unsigned kSitesMax =
    static_cast<unsigned>(Site::kCount) - static_cast<unsigned>(Site::kYard0);

/// The n-th access of a program.
template <unsigned kOrdinal>
constexpr Site site() {
  static_assert(kOrdinal < kSitesMax, "stress/lab/yardstick/sites.def has too few");
  return static_cast<Site>(static_cast<unsigned>(Site::kYard0) + kOrdinal);
}
/// A site for the access at this place of a program's file.
#define HERE ::concertina::yardstick::site<__COUNTER__>()

template <class T>
using Shared = platform::Atomic<T>;

class Lock : public platform::Mutex {
 public:
  Lock() : Mutex(LockRank::kNone) {}
};

inline void expect(bool holds, std::string_view otherwise) {
  if (!holds) platform::stop(Outcome::kFatal, otherwise);
}

/// The name of the n-th thread that main starts. A path's level has 31 names; later threads get a
/// second level, so that 900 have different ones.
constexpr SpawnPath path_of(unsigned ordinal) {
  const SpawnPath first = child_path(kMainPath, ordinal % 31);
  return ordinal < 31 ? first : child_path(first, ordinal / 31);
}

/// What the threads of one run share. Derived has `void main()`, and may hide `end`.
template <class Derived>
class Crew {
 public:
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  /// Program::main.
  static void run(bool is_fixed) {
    platform::set_goroutine(1, kMainPath);
    auto* const crew = new (platform::allocate(sizeof(Derived))) Derived;
    crew->is_fixed_ = is_fixed;
    crew->main();
    crew->leave();
  }

 protected:
  Crew() = default;

  bool is_fixed() const { return is_fixed_; }

  /// Starts a thread that runs the method; it may have the ordinal among its like as parameter.
  template <auto kMethod>
  void start(unsigned argument = 0) {
    running_.fetch_add(1, std::memory_order_relaxed);
    auto* const begin = new (platform::allocate(sizeof(Begin))) Begin;
    *begin = {static_cast<Derived*>(this), argument, started_++};
    platform::start_thread(&Crew::thread_main<kMethod>, begin, Site::kYardSpawn);
  }

  /// When the last thread has returned, on that thread. No yield points in here.
  void end() {}

 private:
  struct Begin {
    Derived* crew;
    unsigned argument;
    unsigned ordinal;
  };

  template <auto kMethod>
  static void thread_main(void* argument) {
    const Begin& begin = *static_cast<const Begin*>(argument);
    platform::set_goroutine(static_cast<GoroutineId>(begin.ordinal + 2), path_of(begin.ordinal));
    if constexpr (std::is_invocable_v<decltype(kMethod), Derived&, unsigned>) {
      (begin.crew->*kMethod)(begin.argument);
    } else {
      (begin.crew->*kMethod)();
    }
    begin.crew->leave();
  }

  // Instead of a main that joins: the last one to leave ends the run, without a yield point.
  void leave() {
    if (running_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    static_cast<Derived*>(this)->end();
    platform::stop(Outcome::kExit, "");
  }

  bool is_fixed_ = false;
  unsigned started_ = 0;
  std::atomic<std::uint32_t> running_{1};  // main and the threads that have not returned
};

}  // namespace concertina::yardstick
