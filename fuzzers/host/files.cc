#include "host/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <set>
#include <system_error>

namespace concertina::fuzzers {
namespace {

constexpr unsigned kLinksMax = 40;  // as Linux
constexpr std::string_view kPartial = ".partial";
constexpr std::size_t kNameMax = 200;  // of the file's own in the temporary's

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  explicit operator bool() const { return number_ >= 0; }
  int number() const { return number_; }
  bool close() {
    const int number = number_;
    number_ = -1;
    return number < 0 || ::close(number) == 0;
  }

 private:
  int number_;
};

std::string reason() { return std::strerror(errno); }

std::string kind_of(const struct stat& status) {
  if (S_ISDIR(status.st_mode)) return "a folder";
  if (S_ISFIFO(status.st_mode)) return "a pipe";
  if (S_ISSOCK(status.st_mode)) return "a socket";
  return "a device";
}

std::string too_large(std::size_t size, std::size_t bytes_max) {
  return "it has " + std::to_string(size) + " bytes, at most " + std::to_string(bytes_max) +
         " are read";
}

/// stdout or stderr, when it is that file; or null.
std::FILE* stream_of(const struct stat& status) {
  for (std::FILE* const stream : {stdout, stderr}) {
    struct stat open{};
    if (fstat(fileno(stream), &open) == 0 && open.st_dev == status.st_dev &&
        open.st_ino == status.st_ino) {
      return stream;
    }
  }
  return nullptr;
}

/// Into what is there and is to stay: a device, a pipe.
std::string write_into(const std::string& path, std::string_view content) {
  Descriptor file(open(path.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC));
  return file && write_all(file.number(), content) && file.close() ? "" : reason();
}

bool fill(Descriptor& file, mode_t mode, std::string_view content) {
  return write_all(file.number(), content) && fchmod(file.number(), mode) == 0;
}

/// The process number in ".NAME.PID.partial"; 0 for any other name.
pid_t writer_of(std::string_view name) {
  if (!name.starts_with('.') || !name.ends_with(kPartial)) return 0;
  name.remove_suffix(kPartial.size());
  const std::string_view digits = name.substr(name.rfind('.') + 1);
  pid_t writer = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), writer);
  return error == std::errc{} && end == digits.data() + digits.size() ? std::max(writer, 0) : 0;
}

/// Step 1. In a large folder a look at all names for each file would be much.
void remove_left_overs(const std::filesystem::path& folder) {
  static std::mutex mutex;
  static std::set<std::filesystem::path> seen;
  const std::lock_guard lock(mutex);
  if (!seen.insert(folder).second) return;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const pid_t writer = writer_of(entry->path().filename().string());
    if (writer > 0 && kill(writer, 0) != 0 && errno == ESRCH) unlink(entry->path().c_str());
  }
}

/// Nobody else's: a process writes one file of a name at a time, and an earlier one with our number
/// is no more.
std::string partial_name(const std::filesystem::path& path) {
  const std::string name =
      path.parent_path() / ("." + path.filename().string().substr(0, kNameMax) + "." +
                            std::to_string(getpid()) + std::string(kPartial));
  unlink(name.c_str());
  return name;
}

/// `name` becomes `path`, or is gone.
bool rename_or_remove(const std::string& name, const std::filesystem::path& path) {
  if (std::rename(name.c_str(), path.c_str()) == 0) return true;
  const int error = errno;
  unlink(name.c_str());
  errno = error;
  return false;
}

/// Gives an open file that has no name the path. Only a new name can be given, so what is there is
/// replaced through a temporary one. A process that is killed leaves that one only if it dies in
/// this moment, not while it writes.
bool name_file(const Descriptor& file, const std::filesystem::path& path) {
  const std::string unnamed = "/proc/self/fd/" + std::to_string(file.number());
  const auto link_as = [&](const std::string& name) {
    return linkat(AT_FDCWD, unnamed.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0;
  };
  if (link_as(path.string())) return true;
  if (errno != EEXIST) return false;
  const std::string name = partial_name(path);
  return link_as(name) && rename_or_remove(name, path);
}

/// Where the file system has no files without a name.
std::string replace_by_rename(const std::filesystem::path& path, mode_t mode,
                              std::string_view content) {
  const std::string name = partial_name(path);
  Descriptor file(open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) return reason();
  if (!fill(file, mode, content) || !file.close()) {
    const std::string why = reason();
    unlink(name.c_str());
    return why;
  }
  return rename_or_remove(name, path) ? "" : reason();
}

/// The steps of write_file() (files.h).
std::string replace(const std::filesystem::path& path, mode_t mode, std::string_view content) {
  const std::filesystem::path folder = path.parent_path().empty() ? "." : path.parent_path();
  remove_left_overs(folder);
  Descriptor file(open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
  if (!file) return replace_by_rename(path, mode, content);
  if (!fill(file, mode, content)) return reason();
  if (name_file(file, path)) return "";
  // Without /proc, or on some network file systems, it cannot be named.
  return errno == ENOENT || errno == EOPNOTSUPP || errno == EPERM || errno == EXDEV
             ? replace_by_rename(path, mode, content)
             : reason();
}

/// Of a file that did not exist before.
mode_t new_mode() {
  const mode_t mask = umask(0);
  umask(mask);
  return 0666 & ~mask;
}

}  // namespace

bool write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::string read_file(const std::string& path, std::size_t bytes_max, std::string& content) {
  struct stat status{};
  // Asked before it is opened: to open a device may do something, a pipe without a writer waits.
  if (stat(path.c_str(), &status) != 0) return reason();
  if (!S_ISREG(status.st_mode)) return "it is " + kind_of(status) + ", not a file";
  const Descriptor file(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!file) return reason();
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > bytes_max) return too_large(size, bytes_max);
  // It may hold more than it said: it grows, or it is one of /proc.
  content.clear();
  char piece[1 << 16];
  while (content.size() <= bytes_max) {
    const ssize_t got = read(file.number(), piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return reason();
    if (got == 0) return "";
    content.append(piece, static_cast<std::size_t>(got));
  }
  return too_large(content.size(), bytes_max);
}

std::filesystem::path target_of(std::filesystem::path path) {
  std::error_code error;
  for (unsigned i = 0; i < kLinksMax && std::filesystem::is_symlink(path, error); ++i) {
    path = path.parent_path() / std::filesystem::read_symlink(path, error);
  }
  return path;
}

std::string write_file(const std::string& path, std::string_view content) {
  if (std::string why = why_not_writable(path); !why.empty()) return why;
  struct stat status{};
  const bool exists = stat(path.c_str(), &status) == 0;
  if (std::FILE* const stream = exists ? stream_of(status) : nullptr) {
    const bool is_written = std::fflush(stream) == 0 && write_all(fileno(stream), content);
    return is_written ? "" : reason();
  }
  if (exists && !S_ISREG(status.st_mode)) return write_into(path, content);
  return replace(target_of(path), exists ? status.st_mode & 07777 : new_mode(), content);
}

std::string why_not_writable(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) return "it is a folder";
    if (access(path.c_str(), W_OK) != 0) return reason();
    if (!S_ISREG(status.st_mode) || stream_of(status) != nullptr) return "";
  } else if (errno != ENOENT || path.empty()) {
    return reason();
  }
  // An old file is replaced, so the folder must be writable for it as for a new one.
  const std::filesystem::path folder = target_of(path).parent_path();
  return access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) == 0 ? "" : reason();
}

}  // namespace concertina::fuzzers
