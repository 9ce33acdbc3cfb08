// SPDX-License-Identifier: Apache-2.0
// The readers of the dialects, and how all of them take numbers and texts out of somebody else's
// JSON: a value of another type is as good as none. Included by report*.cpp only.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "report.h"

namespace llm_spawner {

std::unique_ptr<ReportReader> make_claude_reader();
std::unique_ptr<ReportReader> make_codex_reader();
std::unique_ptr<ReportReader> make_plain_reader();

using Json = nlohmann::json;

// The object that the line is, or nothing.
std::optional<Json> parse_object(std::string_view line);
// A member of an object; a null value if there is none.
const Json& member(const Json& json, const char* key);
// What a member holds; empty, or nothing, if it is of another type, negative or too large.
std::string text_of(const Json& json, const char* key);
std::optional<std::int64_t> count_of(const Json& json, const char* key);
std::optional<double> amount_of(const Json& json, const char* key);

}  // namespace llm_spawner
