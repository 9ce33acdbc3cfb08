// SPDX-License-Identifier: Apache-2.0
#include "http/views/usage.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace orc::http::views {
namespace {

store::UsageRow row(Role role, Stage stage, const std::string& model, std::int64_t cost_micro) {
  store::UsageRow made{.role = role, .stage = stage, .model = model, .effort = "high", .runs = 2, .ok = 1};
  made.input_tokens = {100, 2};
  if (cost_micro > 0) made.cost_micro_usd = {cost_micro, 2};
  made.wall_ms = 120'000;
  return made;
}

TEST(UsageView, GroupsByWhatIsAskedFor) {
  const Usage asked{.since = {},
                    .by = {"role"},
                    .rows = {row(Role::tester, Stage::testing, "a", 1'000'000),
                             row(Role::tester, Stage::testing, "b", 3'000'000),
                             row(Role::reviewer, Stage::review, "a", 0)},
                    .verdicts = {},
                    .budgets = {}};
  const Json json = usage(asked);
  ASSERT_EQ(json["rows"].size(), 2U) << json.dump(1);
  EXPECT_EQ(json["rows"][0]["role"], "reviewer");
  EXPECT_TRUE(json["rows"][0]["cost_usd"].is_null()) << "unknown is not zero";
  EXPECT_TRUE(json["rows"][0]["output_tokens"].is_null());
  EXPECT_EQ(json["rows"][1]["runs"], 4);
  EXPECT_EQ(json["rows"][1]["cost_usd"], 4.0);
  EXPECT_EQ(json["total"]["cost_usd"], 4.0);
  EXPECT_EQ(json["total"]["cost_known_of_runs"], 4);
}

TEST(UsageView, CountsWhatVerdictsWithoutAModelSavedWhereAModelWasMeasured) {
  const Usage asked{.since = {},
                    .by = {},
                    .rows = {row(Role::tester, Stage::testing, "a", 1'000'000)},
                    .verdicts = {{.stage = Stage::testing, .by_model = 2, .without_model = 6, .without_model_ms = 60'000},
                                 {.stage = Stage::deploy, .by_model = 0, .without_model = 2, .without_model_ms = 1},
                                 {.stage = Stage::analysis, .by_model = 9, .without_model = 0, .without_model_ms = 0}},
                    .budgets = {}};
  const Json verdicts = usage(asked)["verdicts"];
  EXPECT_EQ(verdicts["total"], 10) << "an analysis has no verdict";
  EXPECT_EQ(verdicts["without_model"], 8);
  EXPECT_EQ(verdicts["share"], 0.8);
  EXPECT_EQ(verdicts["stages"][0]["saved"]["cost_usd"], 3.0);
  EXPECT_EQ(verdicts["stages"][0]["saved"]["seconds"], 300.0);
  EXPECT_TRUE(verdicts["stages"][1]["saved"]["cost_usd"].is_null()) << "no run to learn from: unknown";
  EXPECT_EQ(verdicts["saved_cost_usd"], 3.0);
}

TEST(UsageView, WithoutAnyVerdictHasNoShare) {
  const Json verdicts = usage({.since = {}, .by = {"role"}, .rows = {}, .verdicts = {}, .budgets = {}})["verdicts"];
  EXPECT_TRUE(verdicts["share"].is_null());
  EXPECT_TRUE(verdicts["saved_cost_usd"].is_null());
}

}  // namespace
}  // namespace orc::http::views
