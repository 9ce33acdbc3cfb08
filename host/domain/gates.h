// SPDX-License-Identifier: Apache-2.0
// The gates. Each reads the frontmatter of the stage's artifacts (or the forge's status) and
// nothing else, and answers with one of five decisions. Nothing that is missing, broken, stale or
// unknown ever passes, and it is not called the code's fault either. Pure; any thread.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "domain/outcome.h"
#include "domain/stage.h"

namespace orc {

struct GateField {
  std::string key;
  std::string value;
  int line = 0;
  bool structured = false;  // a list or a block: never a machine verdict
};

// One artifact as the host holds it in its evidence store.
struct Evidence {
  std::string name;
  std::string recorded_sha256;  // when it was taken in
  std::string actual_sha256;    // of the bytes read just now
  int attempt = 0;
  std::string content_id;  // what it was made on
  bool empty = false;
  std::vector<GateField> fields;
  std::string unreadable;  // why the frontmatter could not be read; empty: it could
};

enum class CiState : std::uint8_t { not_configured, waived, pending, green, red };

struct GateInput {
  const StageRule& rule;
  std::string work_item;
  int attempt = 0;         // the job whose artifacts count
  std::string content_id;  // what the task's branch holds now
  std::span<const Evidence> evidence;
  bool brought_commits = true;  // development: the job changed the branch's content
  CiState ci = CiState::not_configured;
  std::string ci_text;
};

struct GatePassed {
  std::string text;
};
// The work is judged not good enough: roll back.
struct GateFailed {
  std::string text;
};
// An answer is still to come from somebody else.
struct GateWaits {
  std::string text;
};
struct GateHolds {
  HoldClass hold;
  std::string text;
};
// The producer owed something it did not deliver in the agreed form.
struct ContractBroken {
  std::string text;
};
using GateDecision = std::variant<GatePassed, GateFailed, GateWaits, GateHolds, ContractBroken>;
// In the order of the alternatives.
inline constexpr std::array<std::string_view, 5> k_gate_decisions{"pass", "fail", "wait", "hold",
                                                                  "broken"};
static_assert(k_gate_decisions.size() == std::variant_size_v<GateDecision>);
std::string_view name_of(const GateDecision& decision);
std::string text_of(const GateDecision& decision);

// What every artifact with a frontmatter says of itself, and what a gate expects there.
struct OwedField {
  std::string_view key;
  std::string_view (*expected)(const GateInput& input);
};
inline constexpr std::array k_owed_fields{
    OwedField{"work_item", [](const GateInput& input) -> std::string_view { return input.work_item; }},
    OwedField{"stage", [](const GateInput& input) { return to_string(input.rule.stage); }}};
// Whether an artifact of that name has a frontmatter.
constexpr bool has_frontmatter(std::string_view name) {
  return name.ends_with(".md");
}

// Evaluates the gate of the rule.
GateDecision evaluate_gate(const GateInput& input);

// True if `name` is a file of the pattern; '*' stands for one or more characters other than '/'.
bool matches(std::string_view pattern, std::string_view name);

}  // namespace orc
