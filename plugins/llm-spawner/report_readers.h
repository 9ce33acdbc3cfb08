// SPDX-License-Identifier: Apache-2.0
// The readers of the dialects, and how all of them take numbers and texts out of somebody else's
// JSON: a value of another type is as good as none. Included by report*.cpp only.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report.h"

namespace llm_spawner {

std::unique_ptr<ReportReader> make_claude_reader();
std::unique_ptr<ReportReader> make_codex_reader();
std::unique_ptr<ReportReader> make_opencode_reader();
std::unique_ptr<ReportReader> make_pi_reader();
std::unique_ptr<ReportReader> make_gemini_reader();
std::unique_ptr<ReportReader> make_qwen_reader();
std::unique_ptr<ReportReader> make_plain_reader(const UsagePointers& pointers);

using Json = nlohmann::json;

// The object that the line is, or nothing.
std::optional<Json> parse_object(std::string_view line);
// A member of an object; a null value if there is none.
const Json& member(const Json& json, const char* key);
// What a member holds; empty, or nothing, if it is of another type, negative or too large.
std::string text_of(const Json& json, const char* key);
std::optional<std::int64_t> count_of(const Json& json, const char* key);
std::optional<double> amount_of(const Json& json, const char* key);
// The same for a value that was found already.
std::optional<std::int64_t> as_count(const Json& value);
std::optional<double> as_amount(const Json& value);

// Does the line hold one of these words in quotes? Most of a stream is what tools and the model
// wrote, and reading all of it as JSON costs more than everything else here together.
bool mentions(std::string_view line, std::initializer_list<std::string_view> quoted_words);

// Unknown plus something is something; unknown plus unknown stays unknown.
void add(Usage& sum, const Usage& more);
// `input` without the tokens that were read from the cache, for programs that count them in.
void make_input_net(Usage& usage);

// The `permission_denials` of a closing event: "Write docs/x.md".
std::vector<std::string> denials_of(const Json& event);

}  // namespace llm_spawner
