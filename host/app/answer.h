// SPDX-License-Identifier: Apache-2.0
// How a command that runs without the host prints its answer.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "cli/cli.h"

namespace orc::app {

using Json = nlohmann::ordered_json;

// text: what `view` makes of it. json: the whole on one line. jsonl: each element of `rows` on a
// line of its own; the whole where `rows` is null.
void print_answer(const Json& answer, const char* rows, cli::OutputFormat output,
                  std::string (*view)(const Json&));

}  // namespace orc::app
