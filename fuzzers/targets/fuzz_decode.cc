// Fuzz target for the two forms of an input: the laws of input/input.h for any bytes.
#include <cstdlib>
#include <string_view>

#include "pipeline.h"

namespace {

using namespace concertina::fuzzers;

void require(bool law) {
  if (!law) std::abort();
}

void check_forms(const CaseFile& file) {
  require(validate(file.input).empty());
  const Bytes bytes = encode(file.input);
  require(bytes.size() <= kEncodedSizeMax && decode(bytes) == file.input);
  CaseFile parsed;
  const std::string text = print(file);
  require(parse(text, parsed).reason.empty() && parsed == file && print(parsed) == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  CaseFile file;
  file.header.title = "any bytes";
  file.input = decode({data, size});
  check_forms(file);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (parse(text, file).reason.empty()) check_forms(file);
  return 0;
}
