// SPDX-License-Identifier: Apache-2.0
#include "domain/stage.h"

#include <gtest/gtest.h>

#include <set>

namespace orc {
namespace {

TEST(StageTransitions, LeadFromAnalysisToDoneInSevenPasses) {
  Stage stage = Stage::analysis;
  int passes = 0;
  while (const StageRule* rule = find_rule(stage)) {
    stage = rule->on_pass;
    ++passes;
    ASSERT_LE(passes, 7);
  }
  EXPECT_EQ(stage, Stage::done);
  EXPECT_EQ(passes, 7);
}

TEST(StageTransitions, NeverSkipAStageBackwards) {
  for (const StageRule& rule : STAGE_TRANSITIONS) {
    EXPECT_LE(rule.on_fail, rule.stage) << to_string(rule.stage);
    EXPECT_EQ(static_cast<int>(rule.on_pass), static_cast<int>(rule.stage) + 1);
  }
}

TEST(StageTransitions, ReachDoneFromDeployOnly) {
  for (const Stage from : k_stages) {
    EXPECT_EQ(is_legal_transition(from, Stage::done), from == Stage::deploy) << to_string(from);
  }
}

TEST(StageTransitions, HaveExactlyTwoHumanGates) {
  std::set<std::string_view> human;
  for (const StageRule& rule : STAGE_TRANSITIONS) {
    if (rule.human != HumanGate::none) human.insert(to_string(rule.stage));
  }
  EXPECT_EQ(human, (std::set<std::string_view>{"analysis", "deploy"}));
}

TEST(StageTransitions, GiveEveryVerdictKeyAPassingAndAFailingToken) {
  for (const StageRule& rule : STAGE_TRANSITIONS) {
    if (rule.verdict_key.empty()) continue;
    std::set<VerdictMeaning> meanings;
    for (const VerdictToken& token : rule.tokens) meanings.insert(token.meaning);
    EXPECT_TRUE(meanings.contains(VerdictMeaning::pass)) << to_string(rule.stage);
    EXPECT_TRUE(meanings.contains(VerdictMeaning::fail)) << to_string(rule.stage);
  }
}

TEST(StageTransitions, TakeCommitsFromTheDeveloperAlone) {
  for (const StageRule& rule : STAGE_TRANSITIONS) {
    EXPECT_EQ(rule.intake == Intake::commits, rule.role == Role::developer);
  }
}

TEST(StageWords, ReadBackAsWritten) {
  for (const Stage stage : k_stages) EXPECT_EQ(parse_stage(to_string(stage)), stage);
  for (const Role role : k_roles) EXPECT_EQ(parse_role(to_string(role)), role);
  EXPECT_FALSE(parse_stage("Testing"));
  EXPECT_FALSE(parse_stage(""));
}

}  // namespace
}  // namespace orc
