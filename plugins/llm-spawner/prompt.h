// SPDX-License-Identifier: Apache-2.0
// The prompt of one run: the repository's own .openclaw/agents/<role>.md, read at this moment, else
// the shipped default; rendered once with the request's fields. Business request and feedback are
// hostile text: they are put in as they are and never read as a template.
#pragma once

#include <cstddef>
#include <orchestrator/plugin/sdk.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "placeholders.h"

namespace llm_spawner {

inline constexpr std::size_t k_max_prompt_template = std::size_t{256} * 1024;

// Why there is no prompt: the configuration or the repository has to change.
struct PromptFault {
  std::string text;
};

struct PromptTemplate {
  std::string source;  // for messages: a path
  std::string text;
};

// The names that a prompt may use.
const std::vector<std::string_view>& prompt_names();

// A link on the way, a special file or one above the limit is a fault, not a reason to take the
// default: the repository meant something by it.
std::variant<PromptTemplate, PromptFault> read_prompt(const orchestrator::plugin::Request& request);

Values prompt_values(const orchestrator::plugin::Request& request);

// Refuses unknown variables, partials and changed delimiters with the line they stand in. Sections
// ({{#feedback}}…{{/feedback}}) are open to every variable and shown if it is not empty.
std::variant<std::string, PromptFault> render_prompt(const PromptTemplate& prompt,
                                                     const Values& values);

}  // namespace llm_spawner
