#include "tools/verify_state.h"

#include <cstdlib>
#include <stdexcept>

#include "base/check.h"
#include "host/files.h"
#include "host/sealed.h"
#include "host/shown.h"
#include "host/text.h"
#include "host/text_lines.h"
#include "tools/case_io.h"
#include "tools/verify_progress.h"

namespace concertina::fuzzers {
namespace {

constexpr std::string_view kMark = "concertina verify state ";
constexpr unsigned kFormat = 2;  // another number for whatever changes what a state means
constexpr std::size_t kProgramBytesMax = 1 << 30;
constexpr std::size_t kValueShown = 40;

/// This program's own file. What an older build has explored proves nothing of this one.
std::string find_hash_of_build() {
  std::string content;
  const std::string why = read_file("/proc/self/exe", kProgramBytesMax, content);
  if (!why.empty()) throw std::runtime_error("/proc/self/exe: " + why);
  return hash_text(hash_of(content));
}

const std::string& hash_of_build() {
  static const std::string hash = find_hash_of_build();
  return hash;
}

/// They can switch a sanitizer's checks off. No other variable has a say
/// (sanitizers/options/environment_options.cc).
std::string sanitizer_options() {
  const char* const asked = std::getenv("CONCERTINA_SANITIZER_OPTIONS");
  return asked == nullptr || *asked == '\0' ? "none" : hash_text(hash_of(asked));
}

std::string refusal_of_format(std::string_view content, const Unsealed& unsealed) {
  if (!content.starts_with(kMark)) return "it is not the state of a verification";
  if (unsealed.line == 1) return "";  // damaged
  std::string_view text = unsealed.text;
  const std::string_view number = take_line(text).substr(kMark.size());
  if (number == std::to_string(kFormat)) return "";
  return "a state of format " + shown(number, kValueShown) + "; this build reads format " +
         std::to_string(kFormat);
}

/// Takes the identity's lines off the text. Empty, or what differs.
std::string compare(const VerifyIdentity& identity, std::string_view& text) {
  std::string differences;
  for (const auto& [name, value] : identity) {
    const std::string_view line = take_line(text);
    if (!line.starts_with(name + " ")) return "damaged: no line '" + name + "'";
    const std::string_view stored = line.substr(name.size() + 1);
    if (stored == value) continue;
    differences += (differences.empty() ? "" : "; ") + name + " " + shown(stored, kValueShown) +
                   ", now " + value;
  }
  return differences.empty() ? "" : "it is the state of another verification: " + differences;
}

}  // namespace

VerifyIdentity identity_of(const Input& input, const VerifyOptions& options) {
  Input explored = input;
  explored.schedule.strategy = Strategy::kNonPreemptive;
  explored.schedule.deviations.clear();
  return {{"program", hash_text(hash_of(print({{}, explored})))},
          {"build", hash_of_build()},
          {"flavour", std::string(this_flavour())},
          {"--fixed-draws", options.fixed_draws ? "yes" : "no"},
          {"--timeout", std::to_string(options.timeout_s)},
          {"sanitizer-options", sanitizer_options()}};
}

std::string verify_state(const VerifyIdentity& identity, const std::string& explored) {
  std::string text = std::string(kMark) + std::to_string(kFormat) + "\n";
  for (const auto& [name, value] : identity) {
    CHECK(name.find('\n') == std::string::npos && value.find('\n') == std::string::npos,
          "each part of an identity is one line");
    text += name + " " + value + "\n";
  }
  return seal(text + explored);
}

ReadState read_verify_state(std::string_view content, const VerifyIdentity& identity) {
  ReadState result;
  const Unsealed unsealed = unseal(content);
  result.fault = refusal_of_format(content, unsealed);
  if (!result.fault.empty()) return result;
  if (!unsealed.fault.empty()) {
    result.line = unsealed.line;
    result.fault = "damaged at byte " + std::to_string(unsealed.offset) + ": " + unsealed.fault;
    return result;
  }
  std::string_view text = unsealed.text;
  take_line(text);
  result.fault = compare(identity, text);
  VerifyProgress state;
  // A verification begins with no preemption: bounds that are not there were not explored.
  if (result.fault.empty() && (!parse(text, state) || state.bounds.front().bound != 0)) {
    result.fault = "damaged: no state of a search";
  }
  if (!result.fault.empty()) return result;
  result.explored = text;
  result.bound = state.bounds.back().bound;
  return result;
}

}  // namespace concertina::fuzzers
