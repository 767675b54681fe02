#include "oracle/stack_frame.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "oracle/function_name.h"
#include "oracle/report_text.h"

namespace concertina::fuzzers {
namespace {

constexpr std::string_view kUnknown = "<unknown>";
constexpr std::size_t kLineMax = 16'384;  // of which a name is looked for

bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

std::size_t count_front(std::string_view text, bool (*is)(char)) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is) - text.begin());
}

bool take_number(std::string_view& text, unsigned& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take_address(std::string_view& text) {
  if (!text.starts_with("0x")) return false;
  const std::size_t digits = count_front(text.substr(2), is_hex);
  if (digits == 0 || (text.size() > 2 + digits && text[2 + digits] != ' ')) return false;
  text.remove_prefix(2 + digits);
  return true;
}

/// ":12:7" at the text's end, or ":12".
bool take_line_and_column(std::string_view& text, unsigned& line) {
  bool is_taken = false;
  for (unsigned i = 0; i < 2; ++i) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) break;
    std::string_view digits = text.substr(colon + 1);
    if (digits == "?" || digits == "??") digits = "0";
    unsigned number = 0;
    if (!take_number(digits, number) || !digits.empty()) break;
    line = number;
    text = text.substr(0, colon);
    is_taken = true;
  }
  return is_taken;
}

/// Its bracket's begin when the text ends with "(program+0x1f)", else nothing. Paths may have
/// brackets, too.
std::size_t find_module(std::string_view text) {
  if (!text.ends_with(')')) return std::string_view::npos;
  const std::size_t plus = text.rfind("+0x");
  if (plus == std::string_view::npos) return plus;
  const std::string_view offset = text.substr(plus + 3, text.size() - plus - 4);
  if (offset.empty() || count_front(offset, is_hex) != offset.size()) return std::string_view::npos;
  int depth = 0;
  for (std::size_t i = text.size(); i-- > 0;) {
    depth += text[i] == ')' ? 1 : text[i] == '(' ? -1 : 0;
    if (depth == 0) return i;
  }
  return std::string_view::npos;
}

/// " (program+0x1f) (BuildId: 2e10)" at the text's end.
bool take_module(std::string_view& text) {
  text = trimmed(text);
  if (const std::size_t build = text.rfind("(BuildId: "); build != std::string_view::npos)
    text = trimmed(text.substr(0, build));
  const std::size_t module = find_module(text);
  if (module == std::string_view::npos) return false;
  text = trimmed(text.substr(0, module));
  return true;
}

/// Whether a name can end before text[blank], a blank outside of brackets: after parameters (those
/// of "decltype(x) f()" are none), or after what may follow them.
bool is_behind_a_name(std::string_view text, std::size_t blank) {
  const std::string_view before = text.substr(0, blank);
  const std::string_view word = before.substr(before.rfind(' ') + 1);
  if (word.starts_with("decltype")) return false;
  for (const std::string_view qualifier : {"const", "volatile", "noexcept", "&", "&&"}) {
    if (word == qualifier) return before.find(')') != std::string_view::npos;
  }
  return word.ends_with(')') || word.ends_with(']') || word.ends_with(")&") ||
         word.ends_with(")&&");
}

bool goes_on_with_a_name(std::string_view rest) {
  return starts_with_any(rest, {"const ", "volatile ", "noexcept ", "&", "[", "(", "requires "}) ||
         rest.find("::") != std::string_view::npos;
}

/// Where the file's name begins in "f(int) const my folder/a.cc", a name and a file, which may both
/// have blanks: at the first '/' of a path from the root, else after the parameters, else at the
/// last word.
std::size_t find_file(std::string_view text) {
  std::size_t behind = 0, last = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (const std::size_t length = piece_length(text, i); length != 0) {
      i += length;
      continue;
    }
    if (text[i++] != ' ' || i >= text.size() || text[i] == ' ') continue;
    if (text[i] == '/') return i;
    last = i;
    const bool is_first = behind == 0 && is_behind_a_name(text, i - 1);
    if (is_first && !goes_on_with_a_name(text.substr(i))) behind = i;
  }
  return behind != 0 ? behind : last;
}

/// Whether a word is a file although no line follows it.
bool is_file_name(std::string_view word) {
  return word.find('/') != std::string_view::npos ||
         ends_with_any(word, {".cc", ".cpp", ".cxx", ".c", ".h", ".hpp", ".inc", ".S", ".o"});
}

/// "<null>", of ThreadSanitizer for a file that it does not know, at the text's end or before a
/// module.
bool take_null(std::string_view& text) {
  constexpr std::string_view kNull = "<null>";
  const std::size_t null = text.rfind(kNull);
  if (null == std::string_view::npos) return false;
  const std::string_view behind = trimmed(text.substr(null + kNull.size()));
  if (!behind.empty() && !(behind.starts_with('(') && behind.ends_with(')'))) return false;
  text = text.substr(0, null);
  return true;
}

/// Takes file and line off the end of a name; false when there are none.
bool take_file(std::string_view& text, StackFrame& frame) {
  if (take_null(text)) return true;
  std::string_view name_and_file = trimmed(text);
  const bool has_line = take_line_and_column(name_and_file, frame.line);
  const std::size_t at = find_file(name_and_file);
  const std::string_view file = name_and_file.substr(at);
  if (at == 0 || (!has_line && !is_file_name(file))) return false;
  frame.file = file;
  text = name_and_file.substr(0, at);
  return true;
}

/// "f+0x12": where a function has no line, its offset is printed.
void cut_offset(std::string_view& name) {
  const std::size_t plus = name.rfind("+0x");
  if (plus != std::string_view::npos &&
      count_front(name.substr(plus + 3), is_hex) + plus + 3 == name.size())
    name = name.substr(0, plus);
}

bool is_of_a_library(std::string_view file) {
  for (const std::string_view part : {"/usr/include/", "/usr/lib/", "/include/c++/",
                                      "libsanitizer/", "compiler-rt/", "sysdeps/"}) {
    if (file.find(part) != std::string_view::npos) return true;
  }
  if (file.starts_with("./")) file.remove_prefix(2);
  return starts_with_any(  // folders of glibc's source
      file, {"csu/", "nptl/", "stdlib/", "signal/", "malloc/", "elf/", "misc/", "io/", "libio/",
             "string/", "debug/", "posix/", "time/"});
}

bool is_foreign_function(std::string_view function) {
  constexpr std::string_view kFunctions[] = {
      "main",          "memcpy",        "memmove", "memset", "memcmp",       "free",
      "malloc",        "calloc",        "realloc", "raise",  "abort",        "gsignal",
      "make_fcontext", "jump_fcontext", "clone",   "clone3", "start_thread", "ontop_fcontext"};
  return starts_with_any(function, {"_", "std::", "boost::", "fuzzer::", "testing::", "platform::",
                                    "simulator::", "pthread_"}) ||
         std::find(std::begin(kFunctions), std::end(kFunctions), function) != std::end(kFunctions);
}

bool is_of_the_runtime(const FunctionName& name, const StackFrame& frame) {
  if (name.shown.empty() || is_of_a_library(frame.file)) return false;
  if (name.is_in_project) return !starts_with_any(name.shown, {"platform::", "simulator::"});
  if (is_foreign_function(name.shown)) return false;
  // "operator delete"; and an inlined lambda, or a member without its class, which says nothing.
  if (name.shown.starts_with("operator") && !name.shown.starts_with("operator_")) return false;
  // C's functions have interceptors, for which there is no source.
  return name.is_cxx || frame.number != 0 || !frame.file.empty();
}

}  // namespace

std::optional<StackFrame> read_frame(std::string_view line) {
  line = trimmed(line).substr(0, kLineMax);
  StackFrame frame;
  if (!line.starts_with('#')) return std::nullopt;
  line.remove_prefix(1);
  if (!take_number(line, frame.number) || !line.starts_with(' ')) return std::nullopt;
  line = trimmed(line);
  const bool has_address = take_address(line);
  const bool has_module = take_module(line);
  if (has_address && !line.starts_with("in ")) line = "";  // no symbol
  if (has_address && !line.empty()) line.remove_prefix(3);
  const bool has_file = take_file(line, frame);
  frame.has_place = has_module || has_file;
  if (!has_address && !frame.has_place) return std::nullopt;  // somebody's "#3 of 7"
  line = trimmed(line);
  cut_offset(line);
  const FunctionName name = read_function_name(line);
  frame.function = name.shown.empty() ? kUnknown : name.shown;
  CHECK(!frame.function.empty(), "a frame's function has a name, or <unknown>");
  frame.is_of_the_runtime = is_of_the_runtime(name, frame);
  return frame;
}

std::string function_of_frame(std::string_view line) {
  const std::optional<StackFrame> frame = read_frame(line);
  return frame ? frame->function : "";
}

}  // namespace concertina::fuzzers
