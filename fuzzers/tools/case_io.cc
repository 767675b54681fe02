#include "tools/case_io.h"

#include <cstdio>

#include "base/check.h"
#include "host/files.h"
#include "host/shown.h"
#include "host/text.h"
#include "input/load.h"
#include "input/text_header.h"

namespace concertina::fuzzers {

bool load_or_complain(const std::string& path, CaseFile& file, bool as_bytes) {
  const std::string error = load(path, file, as_bytes);
  if (!error.empty()) std::fprintf(stderr, "%s\n", error.c_str());
  return error.empty();
}

bool write_or_complain(const std::string& path, std::string_view content) {
  const std::string why = write_file(path, content);
  if (!why.empty()) complain(path, "cannot write: " + why);
  return why.empty();
}

bool can_write_or_complain(const std::string& path) {
  const std::string why = path.empty() ? "" : why_not_writable(path);
  if (!why.empty()) complain(path, "cannot write: " + why);
  return why.empty();
}

std::string encoded(const Input& input) {
  const Bytes bytes = encode(input);
  CHECK(decode(bytes) == input, "an input is read back from its bytes");
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string header_lines(const CaseHeader& header) {
  std::string text;
  for (const HeaderField& field : kHeaderFields) {
    const bool is_any = field.key == "flavour" && header.flavour.empty();
    text += std::string(field.key) + ": " + (is_any ? "any" : header.*field.value) + "\n";
  }
  return text;
}

std::string set_header_field(CaseHeader& header, const std::string& assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string::npos) return "'" + shown(assignment) + "' is not key=value";
  const std::string key = assignment.substr(0, equals);
  for (const HeaderField& field : kHeaderFields) {
    if (field.key != key) continue;
    header.*field.value = assignment.substr(equals + 1);
    return "";
  }
  return "no header field '" + shown(key) + "'";
}

CaseHeader with_mutant(CaseHeader header, std::string_view mutant) {
  if (!mutant.empty() && header.bug == mutant) header.expect = "fail";
  return header;
}

bool is_as_expected(const CaseHeader& header, const Verdict& verdict) {
  if (header.expect != "fail") return !verdict.failed();
  return verdict.failed() && (header.oracle.empty() || header.oracle == verdict.oracle);
}

bool flavour_can_see(const CaseHeader& header, std::string_view flavour) {
  if (header.expect != "fail" || header.flavour.empty() || header.flavour == "any") return true;
  std::string list = "," + header.flavour + ",";
  std::erase(list, ' ');
  return list.find(text_of(",", flavour, ",")) != list.npos || list.find(",any,") != list.npos;
}

std::string_view this_flavour() { return CONCERTINA_FLAVOUR; }

}  // namespace concertina::fuzzers
