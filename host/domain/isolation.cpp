// SPDX-License-Identifier: Apache-2.0
#include "domain/isolation.h"

namespace orc {

std::string_view to_string(IsolationLevel level) {
  return name_in(k_isolation_levels, level);
}

std::optional<IsolationLevel> parse_isolation_level(std::string_view text) {
  return value_in(k_isolation_levels, text);
}

}  // namespace orc
