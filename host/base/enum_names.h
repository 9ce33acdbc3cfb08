// SPDX-License-Identifier: Apache-2.0
// A wire or configuration word stands once, in a table beside its enumeration.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace orc {

template <typename Value, std::size_t N>
using EnumNames = std::array<std::pair<Value, std::string_view>, N>;

template <typename Value, std::size_t N>
constexpr std::string_view name_in(const EnumNames<Value, N>& names, Value value) {
  for (const auto& [known, name] : names) {
    if (known == value) return name;
  }
  return "";
}

template <typename Value, std::size_t N>
constexpr std::optional<Value> value_in(const EnumNames<Value, N>& names, std::string_view text) {
  for (const auto& [known, name] : names) {
    if (name == text) return known;
  }
  return std::nullopt;
}

}  // namespace orc
