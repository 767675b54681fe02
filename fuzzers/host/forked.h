// A piece of work in a child process, so that a sanitizer's report, a fatal signal or a hang is a
// result and not the end of the tool.
//
//   parent                                       child
// P1 files without a name for the log and the  C1 dies with its parent; no core file; a group
//    answer; flush; fork                          of its own; signals as by default; stderr to
// P2 look at its progress now and then; kill      the log
//    it when it has hung                       C2 does the work
// P3 it is over: kill what is left of its      C3 the answer to its file, then "whole";
//    group; did it answer, die, or hang?          _exit(0)
//
// A child has hung when it makes no progress for `timeout_s` of processor time, that of its own
// children included, or asleep for much longer (patience.h). Its children (a sanitizer's
// symboliser) are in its group and end with it. When it is this process that is killed, the kernel
// kills the child, and a symboliser ends by itself, as its pipe does.
//
// Fork before the first run of this process: ThreadSanitizer does not carry fibers across a fork,
// and what they did before it would look like races in the child.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

namespace concertina::fuzzers {

struct Watch {
  unsigned timeout_s = 20;
  double asleep_max_s = 0;  // 0: ten times as long
  /// In shared memory; changes whenever the work gets on. Null: it is one piece.
  const std::atomic<std::uint64_t>* progress = nullptr;
  /// Called in the parent about a hundred times a second while the child lives.
  std::function<void()> look = {};
};

enum class ForkedEnd { kAnswered, kDied, kHung };

struct Forked {
  ForkedEnd end = ForkedEnd::kDied;
  std::string answer;   // kAnswered: what the work returned
  std::string log;      // what the child wrote to stderr
  int signal = 0;       // kDied: of which, or 0
  int exit_status = 0;  // kDied: without a signal
  std::string hang;     // kHung: in words

  bool answered() const { return end == ForkedEnd::kAnswered; }
};

/// Throws when there can be no child, when the work threw (memory ran out) or said that there is no
/// memory for the simulator, or when another process has killed the child (SIGKILL): trouble of the
/// tool, which says nothing about the work.
Forked run_forked(const std::function<std::string()>& work, const Watch& watch);

}  // namespace concertina::fuzzers
