// SPDX-License-Identifier: Apache-2.0
// The pipeline as data: STAGE_TRANSITIONS is the one table that says which stages exist, who works
// there, what artifact is owed, which key carries the machine verdict, which gate reads it, and
// where a pass or a fail leads. Engine, worker, HTTP, command line and the docs test read this
// table and nothing else. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace orc {

enum class Stage : std::uint8_t {
  analysis,
  architecture,
  development,
  review,
  testing,
  deploy_staging,
  deploy,
  done,
};

enum class Role : std::uint8_t { analyst, architect, developer, reviewer, tester, deployer };

// What a verdict token means to the gate that reads it.
enum class VerdictMeaning : std::uint8_t { pass, fail, blocked };

struct VerdictToken {
  std::string_view token;
  VerdictMeaning meaning;
};

enum class Presence : std::uint8_t { required, where_applicable };

// A file below docs/work-items/<work item>/; a `*` stands for one or more characters of a file
// name.
struct ArtifactRule {
  std::string_view file;
  Presence presence;
};

// The two decisions that are never delegated.
enum class HumanGate : std::uint8_t {
  none,
  after_gate,         // the artifact is ready, a human approves it
  before_production,  // a human confirms before anything is produced
};

// Whose work of a stage reaches the branch: a developer's commits do; every other role owes
// artifacts only.
enum class Intake : std::uint8_t { artifacts, commits };

struct StageRule {
  Stage stage;
  Role role;
  std::span<const ArtifactRule> artifacts;
  std::string_view verdict_key;  // empty: the stage has no machine verdict
  std::span<const VerdictToken> tokens;
  std::string_view gate;
  HumanGate human;
  Intake intake;
  Stage on_pass;
  Stage on_fail;
  // Its work reaches beyond the task's branch: it runs under the task's transition lease, and one
  // task a repository is inside at a time.
  bool side_effects = false;
  // The sub-gates of domain/edge.h stand between its gate and on_pass.
  bool has_edge = false;
  // Other keys that say the same where they stand: a pass that one of them contradicts is none.
  std::span<const std::string_view> same_as_verdict = {};
};

namespace contract {
using enum Presence;
inline constexpr std::array k_analysis{ArtifactRule{"01-brd.md", required},
                                       ArtifactRule{"02-trz.md", required},
                                       ArtifactRule{"03-acceptance-criteria.md", required},
                                       ArtifactRule{"04-test-plan.yaml", required}};
inline constexpr std::array k_architecture{
    ArtifactRule{"06-adr/ADR-*.md", required}, ArtifactRule{"10-tech-risks.md", required},
    ArtifactRule{"07-infra-requirements.md", where_applicable},
    ArtifactRule{"08-data-requirements.md", where_applicable}};
inline constexpr std::array k_review{ArtifactRule{"12-review.md", required}};
inline constexpr std::array k_testing{ArtifactRule{"13-test-report.md", required}};
inline constexpr std::array k_staging{ArtifactRule{"15-staging-log.md", required}};
inline constexpr std::array k_deploy{ArtifactRule{"14-deploy-log.md", required}};

using enum VerdictMeaning;
inline constexpr std::array k_review_tokens{VerdictToken{"APPROVED", pass},
                                            VerdictToken{"REQUEST_CHANGES", fail}};
inline constexpr std::array k_test_tokens{VerdictToken{"PASS", pass}, VerdictToken{"FAIL", fail},
                                          VerdictToken{"BLOCKED", blocked}};
inline constexpr std::array<std::string_view, 2> k_test_agreement{"status", "verdict"};
inline constexpr std::array k_status_tokens{VerdictToken{"SUCCESS", pass},
                                            VerdictToken{"FAILED", fail}};
}  // namespace contract

inline constexpr std::array STAGE_TRANSITIONS{
    StageRule{.stage = Stage::analysis,
              .role = Role::analyst,
              .artifacts = contract::k_analysis,
              .verdict_key = "",
              .tokens = {},
              .gate = "check_analysis_package",
              .human = HumanGate::after_gate,
              .intake = Intake::artifacts,
              .on_pass = Stage::architecture,
              .on_fail = Stage::analysis},
    StageRule{.stage = Stage::architecture,
              .role = Role::architect,
              .artifacts = contract::k_architecture,
              .verdict_key = "",
              .tokens = {},
              .gate = "check_adr_present",
              .human = HumanGate::none,
              .intake = Intake::artifacts,
              .on_pass = Stage::development,
              .on_fail = Stage::architecture},
    StageRule{.stage = Stage::development,
              .role = Role::developer,
              .artifacts = {},
              .verdict_key = "",
              .tokens = {},
              .gate = "check_ci_green",
              .human = HumanGate::none,
              .intake = Intake::commits,
              .on_pass = Stage::review,
              .on_fail = Stage::development},
    StageRule{.stage = Stage::review,
              .role = Role::reviewer,
              .artifacts = contract::k_review,
              .verdict_key = "verdict",
              .tokens = contract::k_review_tokens,
              .gate = "check_review_verdict",
              .human = HumanGate::none,
              .intake = Intake::artifacts,
              .on_pass = Stage::testing,
              .on_fail = Stage::development},
    StageRule{.stage = Stage::testing,
              .role = Role::tester,
              .artifacts = contract::k_testing,
              .verdict_key = "result",
              .tokens = contract::k_test_tokens,
              .gate = "check_tests_passed",
              .human = HumanGate::none,
              .intake = Intake::artifacts,
              .on_pass = Stage::deploy_staging,
              .on_fail = Stage::development,
              .same_as_verdict = contract::k_test_agreement},
    StageRule{.stage = Stage::deploy_staging,
              .role = Role::deployer,
              .artifacts = contract::k_staging,
              .verdict_key = "staging_status",
              .tokens = contract::k_status_tokens,
              .gate = "check_staging_status",
              .human = HumanGate::none,
              .intake = Intake::artifacts,
              .on_pass = Stage::deploy,
              .on_fail = Stage::development,
              .side_effects = true,
              .has_edge = true},
    StageRule{.stage = Stage::deploy,
              .role = Role::deployer,
              .artifacts = contract::k_deploy,
              .verdict_key = "deploy_status",
              .tokens = contract::k_status_tokens,
              .gate = "check_deploy_status",
              .human = HumanGate::before_production,
              .intake = Intake::artifacts,
              .on_pass = Stage::done,
              .on_fail = Stage::development,
              .side_effects = true},
};

inline constexpr std::array k_stages{Stage::analysis, Stage::architecture, Stage::development,
                                     Stage::review,   Stage::testing,      Stage::deploy_staging,
                                     Stage::deploy,   Stage::done};
inline constexpr std::array k_roles{Role::analyst,  Role::architect, Role::developer,
                                    Role::reviewer, Role::tester,    Role::deployer};

// The rule of a stage; nothing for `done`, which is terminal.
constexpr const StageRule* find_rule(Stage stage) {
  for (const StageRule& rule : STAGE_TRANSITIONS) {
    if (rule.stage == stage) return &rule;
  }
  return nullptr;
}

constexpr const VerdictToken* find_token(const StageRule& rule, std::string_view token) {
  for (const VerdictToken& known : rule.tokens) {
    if (known.token == token) return &known;
  }
  return nullptr;
}

constexpr bool has_side_effects(Stage stage) {
  const StageRule* rule = find_rule(stage);
  return rule != nullptr && rule->side_effects;
}

// True where the table has a row that leads from `from` to `to`.
constexpr bool is_legal_transition(Stage from, Stage to) {
  const StageRule* rule = find_rule(from);
  return rule != nullptr && (rule->on_pass == to || rule->on_fail == to);
}

std::string_view to_string(Stage stage);
std::string_view to_string(Role role);
std::string_view to_string(HumanGate gate);
std::optional<Stage> parse_stage(std::string_view text);
std::optional<Role> parse_role(std::string_view text);

static_assert(find_rule(Stage::done) == nullptr);
static_assert(STAGE_TRANSITIONS.size() + 1 == k_stages.size());

}  // namespace orc
