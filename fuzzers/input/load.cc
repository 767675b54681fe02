#include "input/load.h"

#include "base/check.h"
#include "host/files.h"
#include "host/shown.h"
#include "input/form.h"

namespace concertina::fuzzers {
namespace {

void load_bytes(std::string_view content, CaseFile& file) {
  file = CaseFile{};
  file.header.title = "engine bytes";
  file.input = decode({reinterpret_cast<const std::uint8_t*>(content.data()), content.size()});
}

ParseError load_text(const NameSays& name, std::string_view content, CaseFile& file) {
  NoText no_text = why_no_text(content);
  if (no_text.error.reason.empty()) return parse(content, file);
  if (no_text.may_be_bytes && !name.is_text) {
    no_text.error.reason += "; engine bytes are named as such, by --bytes or NAME.bytes";
  }
  return no_text.error;
}

}  // namespace

std::string load(const std::string& path, CaseFile& file, bool as_bytes) {
  const std::string place = shown_path(path) + ":";
  const NameSays name = what_the_name_says(path);
  CHECK(!name.is_text || !name.is_bytes, "a name says one of two forms");
  std::string content;
  if (const std::string why = read_file(path, kCaseBytesMax, content); !why.empty()) {
    return place + "1:1: cannot read the file: " + why;
  }
  if (as_bytes || name.is_bytes) {
    std::string why = as_bytes ? "" : why_no_bytes(name, content);
    if (name.is_text) why = "its name says that it is text; --bytes is for an engine's input";
    if (!why.empty()) return place + "1:1: " + why;
    load_bytes(content, file);
    return "";
  }
  const ParseError error = load_text(name, content, file);
  if (error.reason.empty()) return "";
  CHECK(error.line != 0 && error.column != 0, "an error has a place");
  return place + std::to_string(error.line) + ":" + std::to_string(error.column) + ": " +
         error.reason;
}

}  // namespace concertina::fuzzers
