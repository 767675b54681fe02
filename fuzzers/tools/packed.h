// What a child process says to its parent, as bytes. Both are one process image, so plain memory
// will do. Reading is total: bytes that are cut short, continue after the end, or were not packed
// here are refused.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "oracle/verdict.h"

namespace concertina::fuzzers {

inline constexpr std::uint32_t kPackedMark = 0x434f4e43;

class Packer {
 public:
  Packer() { value(kPackedMark); }

  template <class T>
  Packer& value(const T& item) {
    static_assert(std::is_trivially_copyable_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&item), sizeof item);
    return *this;
  }
  Packer& text(std::string_view item) {
    value(item.size());
    bytes_.append(item);
    return *this;
  }
  template <class Range>
  Packer& list(const Range& items) {
    value(std::size_t{items.size()});
    for (const auto& item : items) value(item);
    return *this;
  }
  Packer& verdict(const Verdict& item) {
    return text(item.oracle).text(item.kind).text(item.detail);
  }

  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : rest_(bytes) {
    std::uint32_t mark = 0;
    value(mark);
    is_good_ = is_good_ && mark == kPackedMark;
  }

  template <class T>
  void value(T& item) {
    if (!has(sizeof item)) return;
    std::memcpy(&item, rest_.data(), sizeof item);
    rest_.remove_prefix(sizeof item);
  }
  void text(std::string& item) {
    std::size_t size = 0;
    value(size);
    if (!has(size)) return;
    item = rest_.substr(0, size);
    rest_.remove_prefix(size);
  }
  template <class T>
  void list(std::vector<T>& items) {
    std::size_t size = 0;
    value(size);
    is_good_ = is_good_ && size <= rest_.size() / sizeof(T);
    if (!is_good_) return;
    items.resize(size);
    for (T& item : items) value(item);
  }
  void verdict(Verdict& item) {
    text(item.oracle);
    text(item.kind);
    text(item.detail);
  }

  /// All that was packed has been read, and nothing else was there.
  bool is_whole() const { return is_good_ && rest_.empty(); }

 private:
  bool has(std::size_t size) {
    is_good_ = is_good_ && size <= rest_.size();
    return is_good_;
  }

  std::string_view rest_;
  bool is_good_ = true;
};

inline std::string pack(const Verdict& verdict) { return Packer().verdict(verdict).bytes(); }

inline std::optional<Verdict> unpack_verdict(std::string_view bytes) {
  Unpacker in(bytes);
  Verdict verdict;
  in.verdict(verdict);
  return in.is_whole() ? std::optional(std::move(verdict)) : std::nullopt;
}

}  // namespace concertina::fuzzers
