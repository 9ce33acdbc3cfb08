// SPDX-License-Identifier: Apache-2.0
#include "domain/llm.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "support/paths.h"

namespace orc {
namespace {

TEST(LlmLimits, LeaveRoomUpToTheLimitAndNotBeyond) {
  const LlmLimits limits{.runs = 3, .tokens = 1000, .cost_micro_usd = 2'000'000, .wall = Millis{60'000}};
  EXPECT_EQ(first_exceeded(limits, {2, 900, 1'000'000, 30'000}, {1, 100, 1'000'000, 30'000}), std::nullopt);
  EXPECT_NE(first_exceeded(limits, {3, 0, 0, 0}, {1, 0, 0, 0})->find("runs: 3 of 3"), std::string::npos);
  EXPECT_NE(first_exceeded(limits, {0, 901, 0, 0}, {1, 100, 0, 0})->find("tokens: 901 of 1000"), std::string::npos);
  EXPECT_NE(first_exceeded(limits, {0, 0, 1'500'000, 0}, {1, 0, 600'000, 0})->find("1.50 of 2.00"), std::string::npos);
  EXPECT_NE(first_exceeded(limits, {0, 0, 0, 1}, {1, 0, 0, 60'000})->find("wall_time"), std::string::npos);
  EXPECT_EQ(first_exceeded({}, {1'000, 1'000, 1'000, 1'000}, {1, 1, 1, 1}), std::nullopt);
}

TEST(LlmPrice, IsUnknownWithoutTheTokensItIsMadeOf) {
  const LlmPrice price{.input = 5'000'000, .output = 25'000'000, .cache_read = 500'000, .cache_write = {}};
  AgentRun run;
  run.input_tokens = 3900;
  EXPECT_EQ(cost_at(price, run), std::nullopt);
  run.output_tokens = 240;
  EXPECT_NEAR(cost_at(price, run).value_or(0), 0.0255, 1e-9);
  run.cache_read_tokens = 9000;
  EXPECT_NEAR(cost_at(price, run).value_or(0), 0.03, 1e-9);
  EXPECT_EQ(cost_at({}, run), std::nullopt);
}

TEST(Usd, IsReadAndShownExactly) {
  EXPECT_EQ(parse_usd("12.50"), 12'500'000);
  EXPECT_EQ(parse_usd("0.000001"), 1);
  EXPECT_EQ(parse_usd("10"), 10'000'000);
  for (const char* text : {"", ".5", "1.", "-1", "1e3", "1.0000001", "99999999999", "0x1"}) {
    EXPECT_EQ(parse_usd(text), std::nullopt) << text;
  }
  EXPECT_EQ(usd_text(12'500'000), "12.50");
  EXPECT_EQ(usd_text(1), "0.000001");
  EXPECT_EQ(usd_text(0), "0.00");
}

TEST(LlmResults, AreTheEndsThatTheSpawnerKnows) {
  std::ifstream file(test::source_dir() + "/plugins/llm-spawner/ends.cpp");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const std::regex rule(R"re(EndRule\{\w+,\s*"(\w+)")re");
  std::set<std::string> ends;
  for (auto it = std::sregex_iterator(text.begin(), text.end(), rule); it != std::sregex_iterator();
       ++it)
    ends.insert((*it)[1]);
  EXPECT_EQ(ends, std::set<std::string>(llm_results().begin(), llm_results().end()));
}

TEST(LlmResults, TakeNoOtherWord) {
  EXPECT_EQ(known_llm_result("rate_limit"), "rate_limit");
  EXPECT_EQ(known_llm_result("all is well"), "other");
}

}  // namespace
}  // namespace orc
