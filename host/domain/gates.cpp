// SPDX-License-Identifier: Apache-2.0
#include "domain/gates.h"

#include <algorithm>
#include <array>

#include "base/result.h"
#include "base/text.h"

namespace orc {

namespace {

const GateField* find_field(const Evidence& artifact, std::string_view key) {
  for (const GateField& field : artifact.fields) {
    if (field.key == key) return &field;
  }
  return nullptr;
}

std::string at(const Evidence& artifact, int line) {
  return artifact.name + ":" + std::to_string(line) + ": ";
}

// Why this artifact may not be believed, whatever it says; nothing if it may.
std::optional<std::string> distrust(const Evidence& artifact, const GateInput& input) {
  if (artifact.recorded_sha256 != artifact.actual_sha256) {
    return artifact.name + ": touched after it was taken in";
  }
  if (artifact.attempt != input.attempt) {
    return artifact.name + ": from attempt " + std::to_string(artifact.attempt) + ", not " +
           std::to_string(input.attempt);
  }
  if (artifact.content_id != input.content_id) return artifact.name + ": made on other content";
  if (artifact.empty) return artifact.name + ": is empty";
  if (!has_frontmatter(artifact.name)) return std::nullopt;
  if (!artifact.unreadable.empty()) return artifact.name + ": " + artifact.unreadable;
  for (const OwedField& owed : k_owed_fields) {
    const std::string key(owed.key);
    const std::string_view expected = owed.expected(input);
    const GateField* field = find_field(artifact, key);
    if (field == nullptr) return artifact.name + ": has no `" + key + ":`";
    if (field->structured || field->value != expected) {
      return at(artifact, field->line) + key + " is \"" + printable(field->value) +
             "\", expected \"" + std::string(expected) + "\"";
    }
  }
  return std::nullopt;
}

// Everything the stage owes is there and can be believed; else what is wrong.
std::optional<std::string> incomplete(const GateInput& input) {
  for (const ArtifactRule& owed : input.rule.artifacts) {
    const bool present = std::any_of(input.evidence.begin(), input.evidence.end(),
                                     [&](const Evidence& e) { return matches(owed.file, e.name); });
    if (!present && owed.presence == Presence::required) {
      return std::string(owed.file) + ": missing";
    }
  }
  for (const Evidence& artifact : input.evidence) {
    const bool owed =
        std::any_of(input.rule.artifacts.begin(), input.rule.artifacts.end(),
                    [&](const ArtifactRule& rule) { return matches(rule.file, artifact.name); });
    if (!owed) continue;
    if (auto reason = distrust(artifact, input)) return reason;
  }
  return std::nullopt;
}

GateDecision check_package(const GateInput& input) {
  if (auto reason = incomplete(input)) return ContractBroken{*reason};
  return GatePassed{"complete: " + std::to_string(input.evidence.size()) + " files"};
}

GateDecision check_ci_green(const GateInput& input) {
  if (!input.brought_commits) return ContractBroken{"the developer brought no change"};
  switch (input.ci) {
    case CiState::not_configured:
      return GateHolds{HoldClass::environment,
                       "the repository has no continuous integration: set repos.<name>.ci.command, "
                       "or repos.<name>.ci.required: false"};
    case CiState::waived:
      return GatePassed{
          "the configuration says that this repository has no continuous integration"};
    case CiState::pending:
      return GateWaits{"continuous integration has not reported yet"};
    case CiState::green:
      return GatePassed{input.ci_text};
    case CiState::red:
      return GateFailed{input.ci_text};
  }
  return GateHolds{HoldClass::unknown, "unknown state of continuous integration"};
}

std::optional<std::string> contradiction(const StageRule& rule, const Evidence& artifact,
                                         const GateField& verdict) {
  for (const std::string_view key : rule.same_as_verdict) {
    const GateField* field = find_field(artifact, key);
    if (field == nullptr || field->value == verdict.value) continue;
    return at(artifact, field->line) + "conflicting_verdict: " + std::string(key) + " is \"" +
           printable(field->value) + "\", " + verdict.key + " is \"" + verdict.value + "\"";
  }
  return std::nullopt;
}

GateDecision check_verdict(const GateInput& input) {
  if (auto reason = incomplete(input)) return ContractBroken{*reason};
  const auto artifact = std::find_if(
      input.evidence.begin(), input.evidence.end(),
      [&](const Evidence& e) { return matches(input.rule.artifacts.front().file, e.name); });
  const GateField* field = find_field(*artifact, input.rule.verdict_key);
  if (field == nullptr) {
    return ContractBroken{artifact->name + ": has no `" + std::string(input.rule.verdict_key) +
                          ":`"};
  }
  const VerdictToken* token = field->structured ? nullptr : find_token(input.rule, field->value);
  if (token == nullptr) {
    return ContractBroken{at(*artifact, field->line) + "unknown verdict \"" +
                          printable(field->value) + "\" for " + field->key};
  }
  if (token->meaning == VerdictMeaning::pass) {
    if (auto reason = contradiction(input.rule, *artifact, *field)) return ContractBroken{*reason};
  }
  const std::string said = field->key + ": " + field->value;
  switch (token->meaning) {
    case VerdictMeaning::pass:
      return GatePassed{said};
    case VerdictMeaning::fail:
      return GateFailed{said};
    case VerdictMeaning::blocked:
      return GateHolds{HoldClass::blocked, said};
  }
  return GateHolds{HoldClass::unknown, said};
}

struct GateRow {
  std::string_view name;
  GateDecision (*evaluate)(const GateInput&);
};

constexpr std::array k_gates{
    GateRow{"check_analysis_package", check_package},
    GateRow{"check_adr_present", check_package},
    GateRow{"check_ci_green", check_ci_green},
    GateRow{"check_review_verdict", check_verdict},
    GateRow{"check_tests_passed", check_verdict},
    GateRow{"check_staging_status", check_verdict},
    GateRow{"check_deploy_status", check_verdict},
};

constexpr bool every_rule_has_its_gate() {
  return std::all_of(STAGE_TRANSITIONS.begin(), STAGE_TRANSITIONS.end(), [](const StageRule& rule) {
    return std::any_of(k_gates.begin(), k_gates.end(),
                       [&](const GateRow& row) { return row.name == rule.gate; });
  });
}
static_assert(every_rule_has_its_gate());

}  // namespace

std::string_view name_of(const GateDecision& decision) {
  return k_gate_decisions[decision.index()];
}

std::string text_of(const GateDecision& decision) {
  return std::visit(overloaded{
                        [](const GatePassed& d) { return d.text; },
                        [](const GateFailed& d) { return d.text; },
                        [](const GateWaits& d) { return d.text; },
                        [](const GateHolds& d) { return d.text; },
                        [](const ContractBroken& d) { return d.text; },
                    },
                    decision);
}

GateDecision evaluate_gate(const GateInput& input) {
  for (const GateRow& row : k_gates) {
    if (row.name == input.rule.gate) return row.evaluate(input);
  }
  return GateHolds{HoldClass::unknown, "no gate named " + std::string(input.rule.gate)};
}

bool matches(std::string_view pattern, std::string_view name) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == name;
  const std::string_view before = pattern.substr(0, star);
  const std::string_view after = pattern.substr(star + 1);
  if (name.size() <= before.size() + after.size()) return false;
  const std::string_view middle =
      name.substr(before.size(), name.size() - before.size() - after.size());
  return name.starts_with(before) && name.ends_with(after) &&
         middle.find('/') == std::string_view::npos;
}

}  // namespace orc
