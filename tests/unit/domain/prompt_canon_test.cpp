// SPDX-License-Identifier: Apache-2.0
#include "domain/prompt_canon.h"

#include <gtest/gtest.h>

namespace orc {
namespace {

constexpr const char* k_good =
    "<context>\nYou work on {{work_item}}.\n{{#feedback}}\n{{feedback}}\n{{/feedback}}\n</context>\n"
    "<task>\nJudge.\n</task>\n<deliverables>\n{{artifacts}}\n</deliverables>\n<constraints>\n"
    "- ❌ Guess → ✅ read.\n\n### Escalation\nAsk.\n</constraints>\n<output_format>\nA file.\n</output_format>\n";

std::string with(const std::string& old, const std::string& fresh) {
  std::string text = k_good;
  text.replace(text.find(old), old.size(), fresh);
  return text;
}

std::string first_problem(const std::string& text, Role role = Role::reviewer) {
  const auto findings = check_prompt(text, role);
  return findings.empty() ? "" : std::to_string(findings[0].line) + ": " + findings[0].problem;
}

TEST(PromptCanon, IsKeptByAWholePrompt) {
  EXPECT_EQ(first_problem(k_good), "");
}

TEST(PromptCanon, NamesTheSectionThatIsMissingOrMisplaced) {
  EXPECT_NE(first_problem(with("<task>\nJudge.\n</task>\n", "")).find("<deliverables> stands in the wrong place"),
            std::string::npos);
  EXPECT_NE(first_problem(with("</output_format>\n", "")).find("<output_format> is not closed"), std::string::npos);
  EXPECT_NE(first_problem("").find("<context> is missing"), std::string::npos);
  EXPECT_NE(first_problem(with("</context>\n", "</task>\n")).find("</task> closes nothing"), std::string::npos);
}

TEST(PromptCanon, WantsAWayOutBesideEveryProhibition) {
  EXPECT_EQ(first_problem(with("❌ Guess → ✅ read.", "❌ Guess.")),
            "14: a prohibition that does not say what to do instead");
}

TEST(PromptCanon, WantsAnEscalationOnlyWhereTheRoleDecides) {
  const std::string text = with("### Escalation\n", "");
  EXPECT_NE(first_problem(text, Role::tester).find("no escalation section"), std::string::npos);
  EXPECT_EQ(first_problem(text, Role::developer), "");
  EXPECT_TRUE(role_decides(Role::deployer));
  EXPECT_FALSE(role_decides(Role::analyst));
}

TEST(PromptCanon, KnowsTheVariablesAndWhichOneWasMeant) {
  EXPECT_EQ(first_problem(with("{{work_item}}", "{{work_iten}}")),
            "2: unknown variable {{work_iten}}, did you mean \"work_item\"?");
  EXPECT_NE(first_problem(with("{{work_item}}", "{{work_item")).find("not closed"), std::string::npos);
  EXPECT_EQ(first_problem(with("{{work_item}}", "{{! a remark }}")), "");
}

}  // namespace
}  // namespace orc
