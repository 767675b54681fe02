#include "platform/sim/arena.h"

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/sanitizer.h"

namespace concertina::simulator {

Arena::Arena() {
  void* const memory = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    std::perror("concertina: no memory for the arena");
    std::abort();
  }
  begin_ = static_cast<std::byte*>(memory);
}

Arena::~Arena() {
  sanitizer::unpoison(begin_, dirty_);
  munmap(begin_, kBytes);
}

void* Arena::allocate(std::size_t bytes) {
  const std::size_t rounded = (bytes + 15) & ~std::size_t{15};
  if (rounded + kRedZone > kBytes - used_) return nullptr;
  std::byte* const result = begin_ + used_;
  used_ += rounded;
  sanitizer::unpoison(result, bytes);
  // Fresh pages are zero already; only what an earlier run has used needs clearing.
  if (result < begin_ + dirty_) std::memset(result, 0, bytes);
  sanitizer::poison(begin_ + used_, kRedZone);
  used_ += kRedZone;
  if (used_ > dirty_) dirty_ = used_;
  return result;
}

void Arena::reset() {
  sanitizer::poison(begin_, used_);
  used_ = 0;
}

}  // namespace concertina::simulator
