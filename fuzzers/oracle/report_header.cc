#include "oracle/report_header.h"

#include "oracle/report_text.h"

namespace concertina::fuzzers {
namespace {

using Kind = SanitizerReport::Kind;
using Header = std::optional<SanitizerReport>;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

SanitizerReport report(Kind kind, std::string what, bool is_remainder = false) {
  SanitizerReport result;
  result.kind = kind;
  result.what = std::move(what);
  result.is_remainder = is_remainder;
  return result;
}

/// A sanitizer's name in the line, and what is on both sides of it.
struct Named {
  std::string_view before, name, behind;
};

/// The first "AddressSanitizer" or other word that ends like that.
std::optional<Named> find_sanitizer(std::string_view line) {
  constexpr std::string_view kEnd = "Sanitizer";
  for (std::size_t at = line.find(kEnd); at != std::string_view::npos;
       at = line.find(kEnd, at + 1)) {
    const std::size_t end = at + kEnd.size();
    if (end < line.size() && is_letter(line[end])) continue;
    std::size_t begin = at;
    while (begin > 0 && is_letter(line[begin - 1])) --begin;
    return Named{line.substr(0, begin), line.substr(begin, end - begin), line.substr(end)};
  }
  return std::nullopt;
}

/// "../src/asan_thread.cc:320 "(a) != (b)"" is "asan_thread.cc:320".
std::string place_of(std::string_view words) {
  const std::string_view place = words.substr(0, words.find(' '));
  return place.empty() ? "an unknown place" : std::string(place.substr(place.rfind('/') + 1));
}

SanitizerReport internal(std::string_view name, std::string_view words) {
  return report(Kind::kInternal, std::string(name) + "'s internal error: " + std::string(words));
}

/// "AddressSanitizer: CHECK failed: asan_thread.cpp:367 "..." (tid=5)", and older forms.
Header read_check(const Named& named) {
  constexpr std::string_view kCheck = "CHECK failed: ";
  const std::size_t at = named.behind.find(kCheck);
  if (at > 2) return std::nullopt;  // npos, too
  const std::string_view rest = named.behind.substr(at + kCheck.size());
  return internal(named.name, "CHECK failed at " + place_of(rest));
}

/// "data race on vptr (ctor/dtor vs virtual call) (pid=7)": up to the process.
std::string warning_words(std::string_view words) {
  words = trimmed(words.substr(0, words.find("(pid=")));
  return words.empty() ? "unknown" : std::string(words);
}

/// "==7==ERROR: AddressSanitizer: heap-use-after-free on address ...".
Header read_error(const Named& named) {
  if (!named.behind.starts_with(": ")) return std::nullopt;
  const std::string_view words = named.behind.substr(2);
  const bool is_warning = named.before.ends_with("WARNING: ");
  if (is_warning && named.name == "ThreadSanitizer")
    return report(Kind::kRace, warning_words(words));
  if (named.before.ends_with("ERROR: ") || (is_warning && named.name == "MemorySanitizer"))
    return report(Kind::kError, stable_words(words));
  if (named.before.ends_with("FATAL: ")) return internal(named.name, stable_words(words));
  if (words.starts_with("hard rss limit exhausted"))
    return report(Kind::kError, stable_words(words));
  return std::nullopt;
}

/// Words up to the first that is a place in a source or a program, without numbers.
std::string words_before_place(std::string_view text) {
  std::string words;
  while (!(text = trimmed(text)).empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    if (word == "in" || word.find_first_of("/:+") != std::string_view::npos) break;
    if (!is_digit(word[0])) words += (words.empty() ? "" : " ") + std::string(word);
  }
  return words.empty() ? "unknown" : words;
}

/// The end of a report whose beginning is lost: "SUMMARY: AddressSanitizer: double-free x.cc:1:2 in
/// f()".
Header read_summary(const Named& named) {
  if (!named.before.ends_with("SUMMARY: ") || !named.behind.starts_with(": ")) return std::nullopt;
  const std::string_view words = named.behind.substr(2);
  const bool is_signal =
      starts_with_any(words, {"SEGV", "BUS", "FPE", "ILL", "ABRT", "stack-over"});
  const bool is_race = named.name == "ThreadSanitizer" && !is_signal;
  SanitizerReport result =
      report(is_race ? Kind::kRace : Kind::kError, words_before_place(words), true);
  if (const std::size_t in = words.rfind(" in "); in != std::string_view::npos) {
    std::optional<StackFrame> frame = read_frame("#1 0x0 in " + std::string(words.substr(in + 4)));
    if (frame) result.stacks.push_back({"", {std::move(*frame)}});
  }
  return result;
}

/// Words of a sanitizer that cannot continue, or has met a signal.
Header read_last_words(const Named& named) {
  const std::string_view behind = named.behind;
  if (behind.starts_with(":DEADLYSIGNAL")) return report(Kind::kError, "deadly signal", true);
  if (behind.starts_with(" failed to ") && named.before.ends_with("ERROR: "))
    return internal(named.name, stable_words(behind));
  const bool is_fatal = behind.starts_with(" has encountered a fatal error");
  if (!is_fatal && !starts_with_any(behind, {": nested bug", ": failed to ", ": Out of memory"}))
    return std::nullopt;
  Header header = internal(named.name, is_fatal ? "a fatal error" : stable_words(behind.substr(1)));
  header->is_remainder = true;
  return header;
}

/// Whether it ends with a place in a source, "x.cc:12:7: ", or says that it knows none.
bool ends_with_place(std::string_view text) {
  text = trimmed(text);
  if (!text.ends_with(':')) return false;
  text.remove_suffix(1);
  const bool is_in_module = text.ends_with(')') && text.find("+0x") != std::string_view::npos;
  if (text.ends_with("<unknown>") || is_in_module) return true;
  const std::size_t digits = text.find_last_not_of("0123456789");
  return digits != std::string_view::npos && digits + 1 < text.size() && text[digits] == ':' &&
         digits > 0;
}

/// "x.cc:12:7: runtime error: signed integer overflow: ...", or the minimal runtime's "ubsan: ...".
Header read_undefined(std::string_view line) {
  constexpr std::string_view kError = "runtime error: ", kMinimal = "ubsan: ";
  const std::size_t at = line.find(kError);
  if (at != std::string_view::npos && ends_with_place(line.substr(0, at)))
    return report(Kind::kError, stable_words(line.substr(at + kError.size())));
  if (!line.starts_with(kMinimal)) return std::nullopt;
  line.remove_prefix(kMinimal.size());
  return report(Kind::kError, std::string(trimmed(line.substr(0, line.find(" by 0x")))));
}

Header read_libfuzzer(std::string_view line) {
  constexpr std::string_view kEngine = "ERROR: libFuzzer: ";
  const std::size_t at = line.find(kEngine);
  if (at == std::string_view::npos) return std::nullopt;
  return report(Kind::kEngine, stable_words(line.substr(at + kEngine.size())));
}

Header read_any_header(std::string_view line) {
  if (const std::optional<Named> named = find_sanitizer(line)) {
    for (Header (*const read)(const Named&) :
         {&read_check, &read_error, &read_summary, &read_last_words}) {
      if (Header header = read(*named)) return header;
    }
  }
  if (Header header = read_undefined(line)) return header;
  return read_libfuzzer(line);
}

}  // namespace

std::optional<SanitizerReport> read_header(std::string_view line) {
  Header header = read_any_header(line);
  // "ubsan: " alone: a line that was cut, which says nothing of what happened.
  if (header && header->what.empty()) return std::nullopt;
  return header;
}

}  // namespace concertina::fuzzers
