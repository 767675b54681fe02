// What a child process leaves to its parent however it ends: a file without a name, and memory that
// both map. Throws when there is none.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

#include "host/files.h"

namespace concertina::fuzzers {

[[noreturn]] inline void throw_no_share() {
  throw std::system_error(errno, std::generic_category(),
                          "no memory to share with a child process");
}

class MemoryFile {
 public:
  explicit MemoryFile(const char* name) : descriptor_(memfd_create(name, MFD_CLOEXEC)) {
    if (descriptor_ < 0) throw_no_share();
  }
  ~MemoryFile() { close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  int descriptor() const { return descriptor_; }

  bool append(std::string_view content) const { return write_all(descriptor_, content); }

  /// In place of what was in it.
  bool replace_all(std::string_view content) const {
    return ftruncate(descriptor_, 0) == 0 && lseek(descriptor_, 0, SEEK_SET) == 0 &&
           append(content);
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

/// Zeroed memory that a child shares: a T, and `bytes_behind` bytes after it.
template <class T>
class Shared {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  explicit Shared(std::size_t bytes_behind = 0) : bytes_(sizeof(T) + bytes_behind) {
    void* const memory =
        mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw_no_share();
    item_ = new (memory) T;
  }
  ~Shared() { munmap(item_, bytes_); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  T* get() const { return item_; }
  T& operator*() const { return *item_; }
  T* operator->() const { return item_; }

 private:
  std::size_t bytes_;
  T* item_;
};

}  // namespace concertina::fuzzers
