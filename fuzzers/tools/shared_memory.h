// What a child process leaves to its parent however it ends: a file without a name, and memory that
// both map.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace concertina::fuzzers {

class MemoryFile {
 public:
  explicit MemoryFile(const char* name) : descriptor_(memfd_create(name, 0)) {}
  ~MemoryFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  int descriptor() const { return descriptor_; }

  bool write_all(std::string_view content) const {
    while (!content.empty()) {
      const ssize_t written = write(descriptor_, content.data(), content.size());
      if (written <= 0) return false;
      content.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
  }

  std::string read_all() const {
    const off_t size = lseek(descriptor_, 0, SEEK_END);
    std::string content(static_cast<std::size_t>(std::max<off_t>(size, 0)), '\0');
    const ssize_t got = pread(descriptor_, content.data(), content.size(), 0);
    content.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return content;
  }

 private:
  int descriptor_;
};

/// Zeroed memory that a child shares; null when there was none.
class SharedMemory {
 public:
  explicit SharedMemory(std::size_t bytes) : bytes_(bytes) {
    void* const memory =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) memory_ = memory;
  }
  ~SharedMemory() {
    if (memory_ != nullptr) munmap(memory_, bytes_);
  }
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  void* get() const { return memory_; }

 private:
  std::size_t bytes_;
  void* memory_ = nullptr;
};

}  // namespace concertina::fuzzers
