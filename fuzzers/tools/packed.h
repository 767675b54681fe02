// What a child process says to its parent, as bytes. Both are one process image, so plain memory
// will do. Reading is total: bytes that are cut short, continue after the end, or were not packed
// here are refused.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "oracle/verdict.h"

namespace concertina::fuzzers {

inline constexpr std::uint32_t kPackedMark = 0x434f4e43;

namespace packed {

/// A verdict, a text or list with its size, or a plain value.
template <class Item>
void put(std::string& bytes, const Item& item) {
  if constexpr (std::is_same_v<Item, Verdict>) {
    (put(bytes, item.oracle), put(bytes, item.kind), put(bytes, item.detail));
  } else if constexpr (requires { item.data(); }) {
    put(bytes, std::size_t{item.size()});
    for (const auto& element : item) put(bytes, element);
  } else {
    static_assert(std::is_trivially_copyable_v<Item>);
    bytes.append(reinterpret_cast<const char*>(&item), sizeof item);
  }
}

/// Takes it off the front; false when it is not there.
template <class Item>
bool take(std::string_view& bytes, Item& item) {
  if constexpr (std::is_same_v<Item, Verdict>) {
    return take(bytes, item.oracle) && take(bytes, item.kind) && take(bytes, item.detail);
  } else if constexpr (requires { item.data(); }) {
    std::size_t size = 0;
    if (!take(bytes, size) || size > bytes.size() / sizeof *item.data()) return false;
    item.resize(size);
    for (auto& element : item) take(bytes, element);
    return true;
  } else {
    if (bytes.size() < sizeof item) return false;
    std::memcpy(&item, bytes.data(), sizeof item);
    bytes.remove_prefix(sizeof item);
    return true;
  }
}

}  // namespace packed

template <class... Items>
std::string pack(const Items&... items) {
  std::string bytes;
  packed::put(bytes, kPackedMark);
  (packed::put(bytes, items), ...);
  return bytes;
}

/// False unless the bytes are exactly such items; those may then be anything.
template <class... Items>
bool unpack(std::string_view bytes, Items&... items) {
  std::uint32_t mark = 0;
  return packed::take(bytes, mark) && mark == kPackedMark && (packed::take(bytes, items) && ...) &&
         bytes.empty();
}

}  // namespace concertina::fuzzers
