// SPDX-License-Identifier: Apache-2.0
#include "domain/isolation.h"

#include "base/enum_names.h"

namespace orc {

namespace {

constexpr EnumNames<IsolationLevel, 3> k_levels{{{IsolationLevel::off, "off"},
                                                 {IsolationLevel::basic, "basic"},
                                                 {IsolationLevel::strict, "strict"}}};

}  // namespace

std::string_view to_string(IsolationLevel level) {
  return name_in(k_levels, level);
}

std::optional<IsolationLevel> parse_isolation_level(std::string_view text) {
  return value_in(k_levels, text);
}

}  // namespace orc
