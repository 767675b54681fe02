// AFL++'s process tree: no death in it leaves a process or memory, not even SIGKILL of afl-fuzz.
//
//   afl-fuzz --fork--> fork server (LLVMFuzzerInitialize runs here) --fork--> persistent child
//
// - Each asks the kernel to be killed with its parent. The child is mostly stopped, waiting for the
//   next input, in a session of its own: nothing else would end it.
// - AFL's two shared memory segments are marked for removal as soon as they are attached; Linux
//   frees them with the last process, and lets later children attach as long as afl-fuzz is there.
#include <pthread.h>
#include <sys/shm.h>
#include <unistd.h>

#include <cstdlib>

#include "host/die_with_parent.h"

namespace {

using concertina::fuzzers::die_with_parent;

pid_t fork_server = 0;

void child_begins() { die_with_parent(fork_server); }

void free_with_last_process(const char* variable) {
  const char* const id = std::getenv(variable);
  if (id != nullptr) shmctl(std::atoi(id), IPC_RMID, nullptr);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  if (std::getenv("__AFL_SHM_ID") == nullptr) return 0;  // a run by hand
  fork_server = getpid();
  die_with_parent(getppid());
  pthread_atfork(nullptr, nullptr, &child_begins);
  free_with_last_process("__AFL_SHM_ID");
  free_with_last_process("__AFL_SHM_FUZZ_ID");
  return 0;
}
