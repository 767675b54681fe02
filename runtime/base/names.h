// name_at: the name of an enumeration's value, from a table in the order of its values.
#pragma once

#include <cstddef>
#include <string_view>

namespace concertina {

/// `unknown` for values that the table does not have.
template <class Enum, std::size_t kSize>
constexpr std::string_view name_at(const std::string_view (&names)[kSize], Enum value,
                                   std::string_view unknown) {
  const auto index = static_cast<std::size_t>(value);
  return index < kSize ? names[index] : unknown;
}

}  // namespace concertina
