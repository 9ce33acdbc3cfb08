// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "files.h"

namespace orc::config {

using test::ConfigFolder;

TEST(LlmSettings, HoldBudgetsAndPricesExactly) {
  const ConfigFolder folder;
  const Loaded loaded = folder.load(
      "version: 1\nplugins: { llm-spawner: {} }\n"
      "llm:\n  task_budget: { runs: 40, tokens: 3000000, cost_usd: 60.5, wall_time: 20h }\n"
      "  reserve: { cost_usd: 0.25 }\n"
      "roles: { tester: { day_budget: { runs: 7 } } }\n"
      "prices:\n  claude-opus-4-8: { input: 5, output: 25, cache_read: 0.50 }\n  a/b.c: { input: 1, output: 2 }\n");
  EXPECT_EQ(folder.texts(loaded.findings), std::vector<std::string>{});
  ASSERT_TRUE(loaded.config);
  const LlmSettings& llm = loaded.config->llm;
  EXPECT_EQ(llm.task_budget.runs, 40);
  EXPECT_EQ(llm.task_budget.cost_micro_usd, 60'500'000);
  EXPECT_EQ(llm.task_budget.wall, std::chrono::hours(20));
  EXPECT_FALSE(llm.day_budget.any());
  EXPECT_EQ(llm.reserve_cost_micro_usd, 250'000);
  EXPECT_EQ(llm.reserve_tokens, 2'000'000);
  EXPECT_EQ(loaded.config->roles.at(Role::tester).day_budget.runs, 7);
  EXPECT_EQ(llm.prices.at("claude-opus-4-8").cache_read, 500'000);
  EXPECT_EQ(llm.prices.at("claude-opus-4-8").cache_write, std::nullopt);
  EXPECT_EQ(llm.prices.at("a/b.c").output, 2'000'000);
}

TEST(LlmSettings, RefuseABudgetOfMoneyWithoutThePriceOfAModelInUse) {
  const ConfigFolder folder;
  const Loaded loaded = folder.load(
      "version: 1\nplugins: { llm-spawner: {} }\nllm: { day_budget: { cost_usd: 100 } }\n"
      "roles: { tester: { model: small } }\nprices: { small: { input: 1, output: 2 } }\n");
  const std::vector<std::string> texts = folder.texts(loaded.findings);
  ASSERT_EQ(texts.size(), 1U) << "one finding a model";
  EXPECT_NE(texts[0].find("the price of claude-opus-4-8 is not known"), std::string::npos) << texts[0];
  EXPECT_NE(texts[0].find("add prices.claude-opus-4-8.input"), std::string::npos) << texts[0];
  EXPECT_FALSE(loaded.config);
}

TEST(LlmSettings, RefuseAPriceWithoutInputOrOutputAndAWordForMoney) {
  const ConfigFolder folder;
  const auto refused = [&](const std::string& yaml) {
    const Loaded loaded = folder.load("version: 1\nplugins: { llm-spawner: {} }\n" + yaml);
    return loaded.config ? std::string() : folder.texts(loaded.findings).at(0);
  };
  EXPECT_NE(refused("prices: { m: { input: 1 } }\n").find("prices.m.output: is missing"), std::string::npos);
  EXPECT_NE(refused("prices: { m: { input: cheap, output: 1 } }\n").find("US dollars"), std::string::npos);
  EXPECT_NE(refused("llm: { day_budget: { cost_usd: -1 } }\n").find("US dollars"), std::string::npos);
  EXPECT_NE(refused("llm: { task_budget: { tokens: 5 } }\n").find("no run would ever start"), std::string::npos);
}

TEST(LlmSettings, TakeABudgetFromTheEnvironment) {
  ConfigFolder folder;
  folder.environment = {{"ORCH_LLM_DAY_RUNS", "12"}, {"ORCH_LLM_RESERVE_COST_USD", "2.50"}};
  const Loaded loaded = folder.load("version: 1\nplugins: { llm-spawner: {} }\n");
  ASSERT_TRUE(loaded.config) << testing::PrintToString(folder.texts(loaded.findings));
  EXPECT_EQ(loaded.config->llm.day_budget.runs, 12);
  EXPECT_EQ(loaded.config->llm.reserve_cost_micro_usd, 2'500'000);
}

}  // namespace orc::config
