#include "schedule/key_text.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "base/names.h"

#include "base/check.h"

namespace concertina::fuzzers {
namespace {

constexpr std::uint64_t kPathMax = 0xffffffff;
constexpr unsigned kOrdinals = 31;  // a digit of a path is 1 + ordinal mod 31
constexpr unsigned kLevelsMax = 6;

constexpr std::string_view kActionNames[] = {
    "none", "grow", "move", "scan-shrink", "scan-move", "shrink", "preempt", "interrupt", "assist",
};
static_assert(std::size(kActionNames) == 1 + static_cast<unsigned>(kLastStackAction));

}  // namespace

std::string hexadecimal_text(std::uint64_t number) {
  char digits[16];
  const auto result = std::to_chars(digits, digits + sizeof digits, number, 16);
  return "0x" + std::string(digits, result.ptr);
}

bool number_from_text(std::string_view text, std::uint64_t max, std::uint64_t& number) {
  const bool is_hexadecimal = text.starts_with("0x");
  const std::string_view digits = is_hexadecimal ? text.substr(2) : text;
  std::uint64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data(), end, value, is_hexadecimal ? 16 : 10);
  if (digits.empty() || result.ec != std::errc() || result.ptr != end || value > max) return false;
  number = value;
  return true;
}

std::string path_text(SpawnPath path) {
  if (path == kAnyPath) return "any";
  if (path == kScannerPath) return "scanner";
  if (path == kSchedulerPath) return "scheduler";
  std::string text;
  SpawnPath rest = path;
  for (; rest > kMainPath; rest >>= 5) {
    const unsigned digit = rest & 31;
    if (digit == 0) return hexadecimal_text(path);
    text.insert(0, "." + std::to_string(digit - 1));
  }
  return rest == kMainPath ? "g0" + text : hexadecimal_text(path);
}

bool path_from_text(std::string_view text, SpawnPath& path) {
  std::uint64_t number = 0;
  if (text == "any") return path = kAnyPath, true;
  if (text == "scanner") return path = kScannerPath, true;
  if (text == "scheduler") return path = kSchedulerPath, true;
  if (text.starts_with("0x")) {
    if (!number_from_text(text, kPathMax, number)) return false;
    path = static_cast<SpawnPath>(number);
    return true;
  }
  if (!text.starts_with("g0")) return false;
  text.remove_prefix(2);
  SpawnPath found = kMainPath;
  unsigned levels = 0;
  while (!text.empty()) {
    if (text[0] != '.' || ++levels > kLevelsMax) return false;
    const std::size_t end = std::min(text.find('.', 1), text.size());
    if (!number_from_text(text.substr(1, end - 1), kOrdinals - 1, number)) return false;
    found = child_path(found, static_cast<std::uint32_t>(number));
    text.remove_prefix(end);
  }
  path = found;
  return true;
}

std::string key_text(const Key& key) {
  const std::string text = path_text(key.path) + "/" + std::string(site_name(key.site)) + "#" +
                           std::to_string(key.occurrence);
  Key back;
  CHECK(key_from_text(text, back).reason.empty() && back == key,
        "a key is read back from its text: " + text);
  return text;
}

KeyError key_from_text(std::string_view text, Key& key) {
  const std::size_t slash = text.find('/');
  const std::size_t hash = text.find('#');
  if (slash == std::string_view::npos || hash == std::string_view::npos || hash < slash) {
    return {0, "expected a key like g0.1/park-status#0"};
  }
  Key found;
  if (!path_from_text(text.substr(0, slash), found.path)) {
    return {0, "no such spawn path: g0, g0.1, any, scanner, scheduler or a number like 0x22"};
  }
  found.site = site_by_name(text.substr(slash + 1, hash - slash - 1));
  if (found.site == Site::kCount) return {slash + 1, "no such site"};
  std::uint64_t number = 0;
  if (!number_from_text(text.substr(hash + 1), 255, number)) {
    return {hash + 1, "an occurrence is 0 to 255"};
  }
  found.occurrence = static_cast<std::uint8_t>(number);
  key = found;
  return {};
}

std::string numbered_path_text(SpawnPath path, unsigned number) {
  const std::string text = path_text(path) + "#" + std::to_string(number);
  SpawnPath path_back = 0;
  unsigned number_back = 0;
  CHECK(numbered_path_from_text(text, number, path_back, number_back).reason.empty() &&
            path_back == path && number_back == number,
        "a numbered path is read back from its text: " + text);
  return text;
}

KeyError numbered_path_from_text(std::string_view text, unsigned max, SpawnPath& path,
                                 unsigned& number) {
  const std::size_t hash = text.find('#');
  SpawnPath found = 0;
  if (hash == std::string_view::npos || !path_from_text(text.substr(0, hash), found)) {
    return {0, "expected a spawn path and a number like g0.1#3"};
  }
  std::uint64_t value = 0;
  if (!number_from_text(text.substr(hash + 1), max, value)) {
    return {hash + 1, "the number is 0 to " + std::to_string(max)};
  }
  path = found;
  number = static_cast<unsigned>(value);
  return {};
}

std::string_view action_name(StackAction action) {
  return name_at(kActionNames, action, "unknown-action");
}

bool action_from_name(std::string_view name, StackAction& action) {
  for (std::size_t i = 1; i < std::size(kActionNames); ++i) {
    if (kActionNames[i] == name) return action = static_cast<StackAction>(i), true;
  }
  return false;
}

std::string_view deviation_name(DeviationKind kind) {
  constexpr std::string_view kNames[] = {"hold", "choose", "prefer"};
  static_assert(std::size(kNames) == static_cast<std::size_t>(DeviationKind::kCount));
  return name_at(kNames, kind, "unknown-deviation");
}

}  // namespace concertina::fuzzers
