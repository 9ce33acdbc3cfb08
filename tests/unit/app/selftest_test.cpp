// SPDX-License-Identifier: Apache-2.0
#include "app/selftest/selftest.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace orc::app {
namespace {

TEST(GateSelftest, EveryGateOfTheProgramPasses) {
  const auto rows = try_gates();
  EXPECT_EQ(rows.size(), STAGE_TRANSITIONS.size() + 4) << "each stage's, and the four of the edge";
  for (const engine::SelftestRow& row : rows) {
    EXPECT_TRUE(row.passed) << row.subject << ": " << row.text;
    EXPECT_GE(row.cases, 4) << row.subject;
  }
}

TEST(GateSelftest, AGateThatIsTooKindOrTooStrictIsNamed) {
  const auto kind = try_gates([](const GateInput&) -> GateDecision { return GatePassed{"fine"}; });
  const auto strict =
      try_gates([](const GateInput&) -> GateDecision { return ContractBroken{"never"}; });
  const auto credulous = try_gates([](const GateInput& input) -> GateDecision {
    // Looks at the verdict and at nothing that says where it comes from.
    std::vector<Evidence> believed(input.evidence.begin(), input.evidence.end());
    for (Evidence& artifact : believed) {
      artifact.actual_sha256 = artifact.recorded_sha256;
      artifact.attempt = input.attempt;
      artifact.content_id = input.content_id;
    }
    GateInput other{.rule = input.rule,
                    .work_item = input.work_item,
                    .attempt = input.attempt,
                    .content_id = input.content_id,
                    .evidence = believed,
                    .brought_commits = input.brought_commits,
                    .ci = input.ci,
                    .ci_text = input.ci_text};
    return evaluate_gate(other);
  });
  for (const auto* rows : {&kind, &strict}) {
    for (const engine::SelftestRow& row : *rows)
      EXPECT_EQ(row.passed, row.subject.ends_with("_gate")) << row.subject;
  }
  const auto tests = std::find_if(credulous.begin(), credulous.end(), [](const auto& row) {
    return row.subject == "check_tests_passed";
  });
  ASSERT_NE(tests, credulous.end());
  EXPECT_FALSE(tests->passed);
  EXPECT_NE(tests->text.find("of an earlier attempt"), std::string::npos) << tests->text;
}

}  // namespace
}  // namespace orc::app
