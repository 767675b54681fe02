// Case files as the tool reads and writes them, and their header's meaning.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/program.h"
#include "pipeline.h"

namespace concertina::fuzzers {

/// As `load` (input/load.h), but complains on stderr.
bool load_or_complain(const std::string& path, CaseFile& file, bool as_bytes);

/// Writes the file whole (host/files.h), or complains on stderr and leaves what was there.
bool write_or_complain(const std::string& path, std::string_view content);

/// Complains before the work for a file that could not be written. Empty: none is wanted.
bool can_write_or_complain(const std::string& path);

/// Does it with each file; the worst of the exit codes. A failure outranks what was not finished,
/// and what could not be run outranks both.
template <class DoOne>
int worst_of(const std::vector<std::string>& files, const DoOne& do_one) {
  const auto rank = [](int code) {
    return code == kExitNotComplete ? 1 : code == 0 ? 0 : code + 1;
  };
  int worst = kExitAsExpected;
  for (const std::string& path : files) {
    const int code = do_one(path);
    if (rank(code) > rank(worst)) worst = code;
  }
  return worst;
}

/// Engine bytes as a string that can be written.
std::string encoded(const Input& input);

/// The header as `key: value` lines, every key always present.
std::string header_lines(const CaseHeader& header);

/// Sets one header field by its key. Empty on success, else what is wrong with "key=value".
std::string set_header_field(CaseHeader& header, const std::string& assignment);

/// The header as it holds for a runtime with the named mutant in it (empty: none): a case whose bug
/// that is must fail there, by its oracle.
CaseHeader with_mutant(CaseHeader header, std::string_view mutant);

/// Does the verdict satisfy the header? An expected failure must come from the header's oracle.
bool is_as_expected(const CaseHeader& header, const Verdict& verdict);

/// Can the flavour that this binary was built with see what the header expects? A pass is always
/// visible; a failure may need a sanitizer.
bool flavour_can_see(const CaseHeader& header, std::string_view flavour);

/// "address", "thread", "none" or "coverage".
std::string_view this_flavour();

}  // namespace concertina::fuzzers
