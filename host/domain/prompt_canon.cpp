// SPDX-License-Identifier: Apache-2.0
#include "domain/prompt_canon.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace orc {

namespace {

constexpr std::array<std::string_view, 5> k_sections{"context", "task", "deliverables",
                                                     "constraints", "output_format"};
// Filled in by the LLM spawner; a check compares this list with its own.
constexpr std::array<std::string_view, 14> k_variables{
    "work_item",   "title",  "request",      "feedback",  "stage",       "role",   "branch",
    "base_branch", "commit", "artifact_dir", "artifacts", "verdict_key", "tokens", "attempt"};
constexpr std::string_view k_escalation = "### Escalation";
constexpr std::string_view k_forbidden = "❌";
constexpr std::string_view k_instead = "→ ✅";

class Check {
 public:
  explicit Check(Role role) : role_(role) {}

  std::vector<PromptFinding> run_on_variables(std::string_view text) {
    for (const std::string_view line : split(text, '\n')) {
      ++number_;
      look_at_variables(line);
    }
    return std::move(findings_);
  }

  std::vector<PromptFinding> run(std::string_view text) {
    for (const std::string_view line : split(text, '\n')) {
      ++number_;
      look_at(line);
      look_at_variables(line);
    }
    if (open_) add("<" + std::string(k_sections[next_]) + "> is not closed", "");
    if (!open_ && next_ < k_sections.size()) {
      add("the section <" + std::string(k_sections[next_]) + "> is missing",
          "sections in this order: context, task, deliverables, constraints, output_format");
    }
    if (role_decides(role_) && !escalates_) {
      add("the role " + std::string(to_string(role_)) + " decides, and has no escalation section",
          "add \"### Escalation\": when it must not decide alone");
    }
    return std::move(findings_);
  }

 private:
  void add(std::string problem, std::string fix) {
    findings_.push_back({number_, std::move(problem), std::move(fix)});
  }

  static bool is_tag(std::string_view line, std::string_view name, std::string_view lead) {
    return line.size() == lead.size() + name.size() + 1 && line.starts_with(lead) &&
           line.substr(lead.size(), name.size()) == name && line.back() == '>';
  }

  void look_at(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    escalates_ = escalates_ || line == k_escalation;
    const std::size_t forbidden = line.find(k_forbidden);
    if (forbidden != std::string_view::npos && line.find(k_instead, forbidden) == std::string_view::npos)
      add("a prohibition that does not say what to do instead", "write \"❌ X → ✅ Y\"");
    for (const std::string_view section : k_sections) {
      if (is_tag(line, section, "</")) return close(section);
      if (is_tag(line, section, "<")) return open(section);
    }
  }

  void open(std::string_view section) {
    const bool expected = !open_ && next_ < k_sections.size() && k_sections[next_] == section;
    if (!expected) return add("<" + std::string(section) + "> stands in the wrong place", "");
    open_ = true;
  }

  void close(std::string_view section) {
    if (!open_ || k_sections[next_] != section)
      return add("</" + std::string(section) + "> closes nothing", "");
    open_ = false;
    ++next_;
  }

  void look_at_variables(std::string_view line) {
    for (std::size_t at = line.find("{{"); at != std::string_view::npos; at = line.find("{{", at)) {
      const std::size_t end = line.find("}}", at);
      if (end == std::string_view::npos) return add("\"{{\" is not closed on its line", "");
      std::string_view name = trim(line.substr(at + 2, end - at - 2));
      at = end + 2;
      if (name.starts_with('!')) continue;
      if (!name.empty() && std::string_view("#^/&").find(name.front()) != std::string_view::npos)
        name = trim(name.substr(1));
      if (std::find(k_variables.begin(), k_variables.end(), name) != k_variables.end()) continue;
      const std::vector<std::string> known(k_variables.begin(), k_variables.end());
      const auto near = nearest(std::string(name), known);
      add("unknown variable {{" + printable(name) + "}}" +
              (near ? ", did you mean \"" + *near + "\"?" : ""),
          "");
    }
  }

  Role role_;
  std::vector<PromptFinding> findings_;
  std::size_t next_ = 0;
  bool open_ = false;
  bool escalates_ = false;
  int number_ = 0;
};

}  // namespace

std::vector<PromptFinding> check_prompt(std::string_view text, Role role) {
  return Check(role).run(text);
}

std::vector<PromptFinding> check_prompt_variables(std::string_view text) {
  return Check(Role::analyst).run_on_variables(text);
}

bool role_decides(Role role) {
  return std::any_of(STAGE_TRANSITIONS.begin(), STAGE_TRANSITIONS.end(), [&](const StageRule& rule) {
    return rule.role == role && !rule.verdict_key.empty();
  });
}

}  // namespace orc
