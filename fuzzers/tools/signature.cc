#include <algorithm>
#include <cstdio>

#include "host/files.h"
#include "host/json.h"
#include "host/shown.h"
#include "oracle/crash.h"
#include "tools/case_io.h"
#include "tools/commands.h"

namespace concertina::fuzzers {
namespace {

constexpr std::size_t kLogBytesMax = std::size_t{64} << 20;

}  // namespace

int signature(const SignatureOptions& options) {
  std::string log;
  if (const std::string why = read_file(options.file, kLogBytesMax, log); !why.empty()) {
    complain(shown_path(options.file), why);
    return kExitUnusable;
  }
  const Verdict verdict =
      judge_crash(static_cast<int>(options.signal), static_cast<int>(options.exit_status), log);
  if (options.json) {
    JsonObject object;
    object.text("file", options.file)
        .text("signature", verdict.signature())
        .text("oracle", verdict.oracle)
        .text("kind", verdict.kind)
        .text("detail", verdict.detail);
    std::printf("%s\n", object.str().c_str());
  } else {
    std::printf("%s\n", verdict.signature().c_str());
    if (verdict.failed()) std::printf("%s\n", verdict.detail.c_str());
  }
  return verdict.failed() ? kExitFailed : kExitAsExpected;
}

}  // namespace concertina::fuzzers
