#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/check.h"
#include "host/shown.h"
#include "input/text_header.h"
#include "tools/case_io.h"
#include "tools/commands.h"

namespace concertina::fuzzers {
namespace {

std::string render(const CaseFile& file, const ShowOptions& options) {
  if (options.header_only) return header_lines(file.header);
  if (options.as == "bytes") return encoded(file.input);
  if (options.as == "go") return to_go(file.input.program);
  CHECK(options.as == "text", "options name one of the forms");
  return print(file);
}

/// With several inputs, `output` is a folder and each keeps its name under a new extension.
std::string output_path(const std::string& path, const ShowOptions& options) {
  if (options.files.size() == 1 && !std::filesystem::is_directory(options.output)) {
    return options.output;
  }
  std::filesystem::path name = std::filesystem::path(path).filename();
  name.replace_extension(options.as == "text" ? "case" : options.as);
  return (std::filesystem::path(options.output) / name).string();
}

/// Empty, or what would keep a reader from the header that comes of it.
std::string set_header(CaseFile& file, const std::vector<std::string>& assignments) {
  for (const std::string& assignment : assignments) {
    const std::string why = set_header_field(file.header, assignment);
    if (!why.empty()) return why;
  }
  CaseHeader read;
  return assignments.empty() ? "" : parse_header(print(file), read).reason;
}

int show_one(const std::string& path, const ShowOptions& options) {
  CaseFile file;
  if (!load_or_complain(path, file, options.as_bytes)) return kExitUnusable;
  if (const std::string why = set_header(file, options.assign); !why.empty()) {
    complain("--set", why);
    return kExitUnusable;
  }
  const std::string content = render(file, options);
  if (!options.output.empty()) {
    return write_or_complain(output_path(path, options), content) ? kExitAsExpected : kExitUnusable;
  }
  const bool written = std::fwrite(content.data(), 1, content.size(), stdout) == content.size();
  return written ? kExitAsExpected : kExitUnusable;
}

/// Of inputs with the same name the second would take the first one's place. Empty, or that one.
std::string whose_place(const std::string& path, const ShowOptions& options,
                        std::map<std::string, std::string>& inputs) {
  if (options.output.empty()) return "";
  const std::string& first = inputs.emplace(output_path(path, options), path).first->second;
  return first == path ? "" : first;
}

}  // namespace

int show(const ShowOptions& options) {
  int worst = kExitAsExpected;
  std::map<std::string, std::string> inputs;  // of the outputs
  for (const std::string& path : options.files) {
    if (const std::string first = whose_place(path, options, inputs); !first.empty()) {
      complain(shown_path(path) + ":1:1",
               "it would be written where '" + shown_path(first) + "' was, whose name is the same");
      worst = kExitUnusable;
      continue;
    }
    worst = std::max(worst, show_one(path, options));
  }
  return worst;
}

}  // namespace concertina::fuzzers
