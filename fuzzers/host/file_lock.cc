#include "host/file_lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "host/shown.h"

namespace concertina::fuzzers {
namespace {

/// The last holder may have removed the file since it was opened.
bool is_still(const std::string& path, int descriptor) {
  struct stat opened{}, there{};
  return fstat(descriptor, &opened) == 0 && stat(path.c_str(), &there) == 0 &&
         opened.st_dev == there.st_dev && opened.st_ino == there.st_ino;
}

/// A lock's file is empty and goes with the lock. Empty, or why this file is something else.
std::string why_no_lock(const std::string& path, int descriptor) {
  struct stat status{};
  if (fstat(descriptor, &status) != 0)
    return std::string("cannot lock it: ") + std::strerror(errno);
  if (S_ISREG(status.st_mode) && status.st_size == 0) return "";
  return "cannot lock it: '" + shown_path(path) + "' exists, and is not a lock";
}

struct flock whole_file() {
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

/// The holder, in words.
std::string holder(int descriptor) {
  struct flock lock = whole_file();
  if (fcntl(descriptor, F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK || lock.l_pid <= 0) {
    return "another process is using it";
  }
  return "process " + std::to_string(lock.l_pid) + " is at work with it";
}

}  // namespace

FileLock::~FileLock() {
  if (descriptor_ < 0) return;
  unlink(path_.c_str());  // before it is let go: the next one sees that its file is gone
  close(descriptor_);
}

std::string FileLock::take(const std::string& path) {
  CHECK(descriptor_ < 0, "one object holds one lock");
  for (;;) {
    const int descriptor =
        open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (descriptor < 0) return std::string("cannot lock it: ") + std::strerror(errno);
    struct flock lock = whole_file();
    std::string why = why_no_lock(path, descriptor);
    if (!why.empty()) {
      close(descriptor);
      return why;
    }
    if (fcntl(descriptor, F_SETLK, &lock) != 0) {
      const bool is_held = errno == EACCES || errno == EAGAIN;
      why = is_held ? holder(descriptor) : std::string("cannot lock it: ") + std::strerror(errno);
    } else if (is_still(path, descriptor)) {
      path_ = path;
      descriptor_ = descriptor;
      return "";
    }
    close(descriptor);
    if (!why.empty()) return why;
  }
}

}  // namespace concertina::fuzzers
