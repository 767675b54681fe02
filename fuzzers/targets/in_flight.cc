// The file is a 64-bit count of runs, a 32-bit size and that many bytes. It is a shared mapping, so
// what was written is in the page cache and stays there when the process is killed. One process at
// a time writes it; the next one with the same file counts on.
//
//   writer                                    reader, after the writer's death
// W1 count; size = 0: the input before is     R1 size is 0, or more than the file holds:
//    done, its engine has saved what it          nothing was in flight
//    wanted of it                             R2 else the bytes are whole
// W2 bytes
// W3 size = n; run
//
// Killed between W1 and W3: the new input has not been run, the one before is finished. An input
// too large for the file is not kept; engines are told a much smaller limit.
#include "targets/in_flight.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace concertina::fuzzers {
namespace {

struct Slot {
  std::uint64_t runs;
  std::atomic<std::uint32_t> size;
  std::uint8_t bytes[kInFlightSizeMax];
};
static_assert(offsetof(Slot, bytes) == kInFlightHeaderSize);

Slot* map_slot() {
  const char* const path = std::getenv(kInFlightVariable);
  if (path == nullptr) return nullptr;
  const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  void* memory = MAP_FAILED;
  if (file >= 0 && ftruncate(file, sizeof(Slot)) == 0) {
    memory = mmap(nullptr, sizeof(Slot), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  }
  if (memory == MAP_FAILED) {
    std::perror(path);
    std::abort();
  }
  close(file);
  return static_cast<Slot*>(memory);
}

}  // namespace

void keep_in_flight(const std::uint8_t* data, std::size_t size) {
  static Slot* const slot = map_slot();
  if (slot == nullptr) return;
  ++slot->runs;
  slot->size.store(0, std::memory_order_relaxed);
  if (size == 0 || size > sizeof(slot->bytes)) return;
  // Only the order of this thread's stores counts: the kernel sees memory as this processor does.
  std::atomic_signal_fence(std::memory_order_seq_cst);
  std::memcpy(slot->bytes, data, size);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  slot->size.store(static_cast<std::uint32_t>(size), std::memory_order_relaxed);
}

}  // namespace concertina::fuzzers
