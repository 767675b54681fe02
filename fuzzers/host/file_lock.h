// A lock between processes, on a file that is made for it and goes with it.
//
// It ends with its holder, however that ends; a child does not inherit it, and may not have one on
// the same file. A killed holder leaves an empty file, which the next one takes and removes. A
// file with content, and anything that is not a file, is not touched.
#pragma once

#include <string>

namespace concertina::fuzzers {

class FileLock {
 public:
  FileLock() = default;
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  /// Empty: it is ours until this object ends. Else why not; that does not wait.
  std::string take(const std::string& path);

 private:
  std::string path_;
  int descriptor_ = -1;
};

}  // namespace concertina::fuzzers
