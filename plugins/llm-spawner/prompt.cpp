// SPDX-License-Identifier: Apache-2.0
#include "prompt.h"

#include <algorithm>
#include <kainjow/mustache.hpp>
#include <optional>

#include "safe_read.h"
#include "text.h"

namespace llm_spawner {
namespace {

namespace sdk = orchestrator::plugin;
using kainjow::mustache::data;
using kainjow::mustache::mustache;

std::string joined(const std::vector<std::string_view>& words, std::string_view separator) {
  std::string text;
  for (const std::string_view word : words) {
    if (!text.empty()) text += separator;
    text += word;
  }
  return text;
}

std::string artifact_list(const std::vector<sdk::ArtifactRule>& rules) {
  std::string text;
  for (const sdk::ArtifactRule& rule : rules) {
    if (!text.empty()) text += '\n';
    text += "- `" + std::string(rule.file) + "`";
    text += rule.required ? " (required)" : " (where applicable)";
  }
  return text;
}

bool is_role_name(std::string_view role) {
  return !role.empty() &&
         role.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos;
}

std::string_view trim(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(" \t\r\n") - start + 1);
}

// What is wrong with the inside of one tag.
std::optional<std::string> tag_problem(std::string_view inside) {
  const char sigil = inside.empty() ? ' ' : inside.front();
  if (sigil == '!') return std::nullopt;
  if (sigil == '>') return std::string("includes are not supported");
  if (sigil == '=') return std::string("the delimiters cannot be changed");
  const bool has_sigil =
      sigil == '#' || sigil == '^' || sigil == '/' || sigil == '&' || sigil == '{';
  const std::string_view name = trim(has_sigil ? inside.substr(1) : inside);
  const auto& names = prompt_names();
  if (std::find(names.begin(), names.end(), name) != names.end()) return std::nullopt;
  return "unknown variable {{" + printable(name, 60) + "}}" + suggestion(name, names);
}

// The template engine renders an unknown name as nothing; an agent without its task is worse than
// none.
std::optional<std::string> first_problem(std::string_view text) {
  std::size_t at = 0;
  while ((at = text.find("{{", at)) != std::string_view::npos) {
    const auto line =
        1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    const std::string where = "line " + std::to_string(line) + ": ";
    const std::size_t close = text.find("}}", at);
    if (close == std::string_view::npos) return where + "\"{{\" is not closed";
    if (const auto problem = tag_problem(trim(text.substr(at + 2, close - at - 2)))) {
      return where + *problem;
    }
    at = close + 2;
  }
  return std::nullopt;
}

}  // namespace

const std::vector<std::string_view>& prompt_names() {
  static const std::vector<std::string_view> names{
      "work_item",   "title",  "request",      "feedback",  "stage",       "role",   "branch",
      "base_branch", "commit", "artifact_dir", "artifacts", "verdict_key", "tokens", "attempt"};
  return names;
}

std::variant<PromptTemplate, PromptFault> read_prompt(const sdk::Request& request) {
  const std::string role(request.role());
  if (!is_role_name(role))
    return PromptFault{"the role \"" + printable(role, 60) + "\" is no name"};
  const std::string own = ".openclaw/agents/" + role + ".md";
  FileText text = read_below(std::string(request.worktree()), own, k_max_prompt_template);
  std::string source = own;
  if (std::holds_alternative<Absent>(text)) {
    source = std::string(request.prompt_file());
    text = source.empty() ? FileText{Absent{}} : read_trusted(source, k_max_prompt_template);
  }
  if (const auto* bad = std::get_if<Unreadable>(&text))
    return PromptFault{source + ": " + bad->text};
  if (std::holds_alternative<Absent>(text)) {
    return PromptFault{"no prompt for the role " + role + ": neither " + own +
                       " in the repository nor a shipped default"};
  }
  return PromptTemplate{source, std::get<std::string>(std::move(text))};
}

Values prompt_values(const sdk::Request& request) {
  Values values;
  const auto set = [&](const char* name, std::string_view text) {
    values[name] = std::string(text);
  };
  set("work_item", request.work_item());
  set("title", request.title());
  set("request", request.request());
  set("feedback", request.feedback());
  set("stage", request.stage());
  set("role", request.role());
  set("branch", request.branch());
  set("base_branch", request.base_branch());
  set("commit", request.commit());
  set("artifact_dir", request.artifact_dir());
  set("artifacts", artifact_list(request.artifacts()));
  set("verdict_key", request.verdict_key());
  set("tokens", joined(request.tokens(), ", "));
  set("attempt", std::to_string(request.attempt()));
  return values;
}

std::variant<std::string, PromptFault> render_prompt(const PromptTemplate& prompt,
                                                     const Values& values) {
  if (const auto problem = first_problem(prompt.text)) {
    return PromptFault{prompt.source + ": " + *problem};
  }
  mustache engine(prompt.text);
  if (!engine.is_valid()) return PromptFault{prompt.source + ": " + engine.error_message()};
  engine.set_custom_escape([](const std::string& text) { return text; });
  data fields;
  for (const auto& [name, value] : values) {
    fields.set(name, value.empty() ? data(data::type::bool_false) : data(value));
  }
  return engine.render(fields);
}

}  // namespace llm_spawner
