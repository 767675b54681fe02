#include <cstdio>
#include <filesystem>
#include <system_error>

#include "tools/case_io.h"
#include "tools/commands.h"
#include "tools/generator.h"

namespace concertina::fuzzers {

int generate_command(const GenerateCommandOptions& options) {
  std::error_code error;
  if (!options.folder.empty()) std::filesystem::create_directories(options.folder, error);
  if (error) {
    complain(options.folder, "cannot make the folder: " + error.message());
    return kExitUnusable;
  }
  for (unsigned i = 0; i < options.count; ++i) {
    const std::string name = "generated-" + std::to_string(options.seed) + "-" + std::to_string(i);
    CaseFile file;
    file.header.title = name;
    file.input = generated_input(options.seed, i);
    const bool as_bytes = options.as == "bytes";
    const std::string content = as_bytes ? encoded(file.input) : print(file);
    if (options.folder.empty()) {
      std::fwrite(content.data(), 1, content.size(), stdout);
      continue;
    }
    const std::string path = options.folder + "/" + name + (as_bytes ? ".bytes" : ".case");
    if (!write_or_complain(path, content)) return kExitUnusable;
  }
  return kExitAsExpected;
}

}  // namespace concertina::fuzzers
