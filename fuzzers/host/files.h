// Files as the tools read and write them: an input is a file of a bounded size, an output appears
// whole or not at all.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace concertina::fuzzers {

/// Reads a regular file of at most `bytes_max` bytes. Empty, or why not. It never waits: pipes,
/// devices, sockets and folders are refused.
std::string read_file(const std::string& path, std::size_t bytes_max, std::string& content);

/// What a chain of symbolic links leads to, whether that exists or not.
std::filesystem::path target_of(std::filesystem::path path);

/// Empty, or why not.
///
///   1  the first time in a folder: remove what dead writers have left there
///   2  write to a new file in the same folder, with the old one's permissions; where the file
///      system allows it, it has no name yet, so that it vanishes if this process is killed
///   3  give it the path, through ".NAME.PID.partial" when the path exists; the old file stays
///      whole until then, and when anything fails
///
/// scripts/lib/files.py has the same names.
///
/// A symbolic link is followed. A pipe or device is written to as it is, and so is the file that
/// is this process's stdout or stderr: "-o /dev/stdout" goes where they go.
std::string write_file(const std::string& path, std::string_view content);

/// All of it, to an open file. False, with the reason in errno, when that cannot be.
bool write_all(int descriptor, std::string_view content);

/// Why `write_file` would fail if it were called now, to be asked before long work for that file;
/// empty: it may succeed.
std::string why_not_writable(const std::string& path);

}  // namespace concertina::fuzzers
