// SPDX-License-Identifier: Apache-2.0
// A plugin's settings schema itself, looked at as its author would: JSON Schema passes over a
// keyword that it does not know, so a mistyped limit limits nothing. Pure; any thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "config/settings_schema.h"

namespace orc::config {

struct SchemaLint {
  std::vector<Violation> faults;  // `key` names the place: ".properties.most_lines.minimum"
  int tried = 0;                  // defaults and examples that were held against their schema
};

// Against draft-07: keywords that do not exist or have another shape, and every `default` and every
// one of `examples` against the schema that it stands in. `x-…` keywords are the author's own.
SchemaLint lint_schema(const nlohmann::json& schema);

}  // namespace orc::config
