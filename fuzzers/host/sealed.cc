#include "host/sealed.h"

#include <cinttypes>
#include <cstdio>

#include "base/check.h"
#include "host/text_lines.h"

namespace concertina::fuzzers {
namespace {

constexpr std::size_t kMarkBytes = 10;  // " #01234567"
constexpr std::string_view kEnd = "end ";

/// Gives lines their marks, and checks them. The end's is of another kind: any line may begin so.
class Chain {
 public:
  std::string mark(std::string_view line, bool is_end = false) {
    hash_ = hash_of(line, hash_);
    const std::uint64_t hash = is_end ? ~hash_ : hash_;
    char text[kMarkBytes + 1];
    const int size = std::snprintf(text, sizeof text, " %c%08" PRIx32, is_end ? '=' : '#',
                                   static_cast<std::uint32_t>(hash ^ (hash >> 32)));
    CHECK(size == kMarkBytes, "all marks have one length");
    return text;
  }

 private:
  std::uint64_t hash_ = hash_of("");
};

}  // namespace

std::uint64_t hash_of(std::string_view text, std::uint64_t before) {
  std::uint64_t hash = before;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

std::string seal(std::string_view text) {
  CHECK(text.empty() || text.ends_with('\n'), "what is sealed is whole lines");
  Chain chain;
  std::string sealed;
  std::size_t lines = 0;
  for (; !text.empty(); ++lines) {
    const std::string_view line = take_line(text);
    sealed.append(line).append(chain.mark(line)).append("\n");
  }
  const std::string end = std::string(kEnd) + std::to_string(lines);
  return sealed + end + chain.mark(end, true) + "\n";
}

Unsealed unseal(std::string_view sealed) {
  Unsealed result;
  Chain chain;
  const auto broken = [&](const char* fault) {
    result.fault = fault;
    return result;
  };
  while (result.offset < sealed.size()) {
    const std::size_t size = sealed.find('\n', result.offset) - result.offset;
    ++result.line;
    if (size > sealed.size()) return broken("cut off");
    if (size < kMarkBytes) return broken("not as it was written");
    const std::string_view line = sealed.substr(result.offset, size - kMarkBytes);
    const std::string_view mark = sealed.substr(result.offset + line.size(), kMarkBytes);
    const bool is_end = mark.starts_with(" =");
    if (mark != chain.mark(line, is_end)) return broken("not as it was written");
    if (is_end && result.offset + size + 1 == sealed.size()) return result;
    result.offset += size + 1;
    if (is_end) {
      ++result.line;
      return broken("something comes after its end");
    }
    result.text.append(line).append("\n");
  }
  ++result.line;
  return broken("cut off");
}

}  // namespace concertina::fuzzers
