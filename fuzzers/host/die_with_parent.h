// A process that the kernel kills with its parent, however that one ends.
#pragma once

#include <sys/prctl.h>
#include <sys/types.h>
#include <unistd.h>
#include <csignal>

namespace concertina::fuzzers {

/// In the child. `parent` is the process that forked it, asked before the fork: a parent that died
/// between the fork and this call cannot trigger the signal any more, so the child ends by itself.
/// (The kernel means the thread that forked; here that is the process's only one.)
inline void die_with_parent(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
}

}  // namespace concertina::fuzzers
