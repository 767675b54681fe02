// What the kernel says of processes and threads: used processor time, and asleep or not.
#pragma once

#include <sys/types.h>

namespace concertina::fuzzers {

/// Seconds of processor time that all threads of a process have used, its children apart; 0:
/// unknown.
double processor_seconds(pid_t process);

/// The same, with that of the children of its first thread.
double processor_seconds_with_children(pid_t process);

/// As /proc shows it: 'R' running or waiting for a processor, 'S' asleep, 'D' waiting for a device,
/// 'T' stopped, 'Z' dead; 0: there is none.
char state_of(pid_t process);

/// Its first thread sleeps, and so do all children of that thread: if one works, it waits for it.
bool is_asleep(pid_t process);

/// All threads of this process but the calling one sleep.
bool are_other_threads_asleep();

}  // namespace concertina::fuzzers
