#include "tools/case_io.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

namespace concertina::fuzzers {
namespace {

std::string CaseHeader::* field_by_name(std::string_view name) {
  if (name == "title") return &CaseHeader::title;
  if (name == "bug") return &CaseHeader::bug;
  if (name == "oracle") return &CaseHeader::oracle;
  if (name == "flavour") return &CaseHeader::flavour;
  if (name == "expect") return &CaseHeader::expect;
  if (name == "depth") return &CaseHeader::depth;
  if (name == "pair") return &CaseHeader::pair;
  return nullptr;
}

}  // namespace

std::string load(const std::string& path, CaseFile& file) {
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  // A directory opens but does not read.
  if (!stream || stream.peek() == std::ifstream::traits_type::eof()) {
    if (errno != 0) return path + ":1:1: cannot read the file: " + std::strerror(errno);
    stream.clear();
  }
  const std::string content{std::istreambuf_iterator<char>(stream), {}};
  if (looks_like_text(content)) {
    const ParseError error = parse(content, file);
    if (error.reason.empty()) return "";
    return path + ":" + std::to_string(error.line) + ":" + std::to_string(error.column) + ": " +
           error.reason;
  }
  // Any other byte string is a valid input for an engine, but somebody who names a .case file
  // means text; replaying noise would hide a damaged file.
  if (path.ends_with(".case")) return path + ":1:1: not a case file (it lacks the header)";
  file = CaseFile{};
  file.header.title = "engine bytes";
  file.input = decode({reinterpret_cast<const std::uint8_t*>(content.data()), content.size()});
  return "";
}

bool load_or_complain(const std::string& path, CaseFile& file) {
  const std::string error = load(path, file);
  if (!error.empty()) std::fprintf(stderr, "%s\n", error.c_str());
  return error.empty();
}

bool write_file(const std::string& path, std::string_view content) {
  std::ofstream stream(path, std::ios::binary);
  stream.write(content.data(), static_cast<std::streamsize>(content.size()));
  stream.close();
  if (stream) return true;
  std::fprintf(stderr, "%s: cannot write: %s\n", path.c_str(), std::strerror(errno));
  return false;
}

std::string encoded(const Input& input) {
  const Bytes bytes = encode(input);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string header_lines(const CaseHeader& header) {
  const std::string flavour = header.flavour.empty() ? "any" : header.flavour;
  return "title: " + header.title + "\nbug: " + header.bug + "\noracle: " + header.oracle +
         "\nflavour: " + flavour + "\nexpect: " + header.expect +
         "\ndepth: " + header.depth + "\npair: " + header.pair + "\n";
}

std::string set_header_field(CaseHeader& header, const std::string& assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string::npos) return "'" + assignment + "' is not key=value";
  std::string CaseHeader::* const field = field_by_name(assignment.substr(0, equals));
  if (field == nullptr) return "no header field '" + assignment.substr(0, equals) + "'";
  header.*field = assignment.substr(equals + 1);
  return "";
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
  std::string_view rest = header.flavour;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    std::string_view name = rest.substr(0, comma);
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (name == flavour || name == "any") return true;
  }
  return false;
}

std::string_view this_flavour() { return CONCERTINA_FLAVOUR; }

}  // namespace concertina::fuzzers
