// The file is a 64-bit count of runs, three 32-bit words (size, running, size of what killed) and
// the bytes of two inputs: the one in flight, and the last one in whose run a process died. It is a
// shared mapping, so what was written is in the page cache and stays there when the process is
// killed. One process at a time writes it; the next one with the same file counts on.
//
//   writer                                    reader, after the writer's death
// W0 a process's first: if running, the one   R1 size is 0, or more than the file holds:
//    before died in that run: its input is       nothing was in flight
//    kept as what killed                      R2 else the bytes are whole
// W1 count; size = 0: the input before is
//    done, its engine has saved what it
//    wanted of it
// W2 bytes
// W3 size = n, running; run
// W4 not running
//
// Killed between W1 and W3: the new input has not been run, the one before is finished. An input
// too large for the file is not kept; engines have a much smaller limit. What killed is for
// AFL++, whose next process runs something else before, or while, it saves a crash.
//
// The file's room is taken up before the first run. Of a file with holes, a disk that has become
// full would kill a run by SIGBUS, which looks like a bug, and lose its input. A process that gets
// no slot ends without a run, and not by a signal, which engines would take for a crash.
#include "targets/in_flight.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace concertina::fuzzers {
namespace {

struct Slot {
  std::uint64_t runs;
  std::atomic<std::uint32_t> size;
  std::atomic<std::uint32_t> running;
  std::atomic<std::uint32_t> killer_size;
  std::uint8_t bytes[kInFlightSizeMax];
  std::uint8_t killer[kInFlightSizeMax];
};
static_assert(offsetof(Slot, bytes) == kInFlightHeaderSize);

/// What posix_fallocate says of a file that was opened, or not: 0, or the error.
int reserve(int file) {
  if (file < 0) return errno;
  int error = 0;
  do {
    error = posix_fallocate(file, 0, sizeof(Slot));
  } while (error == EINTR);
  return error;
}

Slot* map_slot() {
  const char* const path = std::getenv(kInFlightVariable);
  if (path == nullptr) return nullptr;
  const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  int error = reserve(file);
  void* memory = MAP_FAILED;
  if (error == 0) {
    memory = mmap(nullptr, sizeof(Slot), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED) error = errno;
  }
  if (error != 0) {
    std::fprintf(stderr, "no room for the input in flight: %s: %s\n", path, std::strerror(error));
    _exit(kExitWithoutSlot);
  }
  close(file);
  return static_cast<Slot*>(memory);
}

/// Only the order of this thread's stores counts: the kernel sees memory as this processor does.
void store(std::uint8_t* to, std::atomic<std::uint32_t>& size, const std::uint8_t* data,
           std::uint32_t count) {
  size.store(0, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  std::memcpy(to, data, count);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  size.store(count, std::memory_order_relaxed);
}

void keep_what_killed(Slot* slot) {
  const std::uint32_t size = slot->size.load(std::memory_order_relaxed);
  if (slot->running.load(std::memory_order_relaxed) != 0 && size <= sizeof(slot->bytes)) {
    store(slot->killer, slot->killer_size, slot->bytes, size);
  }
  slot->running.store(0, std::memory_order_relaxed);
}

Slot* slot_of_process() {
  static Slot* const slot = [] {
    Slot* const mapped = map_slot();
    if (mapped != nullptr) keep_what_killed(mapped);
    return mapped;
  }();
  return slot;
}

}  // namespace

void begin_run(const std::uint8_t* data, std::size_t size) {
  Slot* const slot = slot_of_process();
  if (slot == nullptr) return;
  ++slot->runs;
  slot->size.store(0, std::memory_order_relaxed);
  if (size == 0 || size > sizeof(slot->bytes)) return;
  store(slot->bytes, slot->size, data, static_cast<std::uint32_t>(size));
  slot->running.store(1, std::memory_order_relaxed);
}

void end_run() {
  Slot* const slot = slot_of_process();
  if (slot != nullptr) slot->running.store(0, std::memory_order_relaxed);
}

}  // namespace concertina::fuzzers
