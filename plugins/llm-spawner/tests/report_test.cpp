// SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include <gtest/gtest.h>

#include <vector>

namespace llm_spawner {
namespace {

AgentReport read(Dialect dialect, const std::vector<std::string>& lines) {
  const auto reader = make_reader(dialect);
  for (const std::string& line : lines) reader->read(line);
  return reader->report();
}

TEST(ClaudeReport, OfAKilledRunKeepsWhatTheStreamHad) {
  const AgentReport report = read(
      Dialect::claude,
      {R"({"type":"assistant","message":{"id":"m1","model":"x","usage":{"input_tokens":10,"output_tokens":1}}})",
       R"({"type":"assistant","message":{"id":"m1","model":"x","usage":{"input_tokens":10,"output_tokens":7}}})",
       R"({"type":"assistant","message":{"id":"m2","model":"x","usage":{"input_tokens":5,"output_tokens":2}}})"});
  EXPECT_FALSE(report.closed);
  EXPECT_EQ(report.usage.input, 15);
  EXPECT_EQ(report.usage.output, 9);
  EXPECT_EQ(report.usage.cache_read, std::nullopt);
  EXPECT_EQ(report.usage.cost_usd, std::nullopt);
}

TEST(ClaudeReport, ReadsTurnAndBudgetLimits) {
  EXPECT_EQ(
      read(Dialect::claude,
           {R"({"is_error":true,"subtype":"error_max_turns","type":"result","errors":["x"]})"})
          .fault,
      AgentEnd::turn_limit);
  EXPECT_EQ(read(Dialect::claude,
                 {R"({"is_error":true,"subtype":"error_max_budget_usd","type":"result"})"})
                .fault,
            AgentEnd::budget_limit);
  EXPECT_EQ(
      read(Dialect::claude,
           {R"({"is_error":true,"subtype":"success","stop_reason":"refusal","type":"result"})"})
          .fault,
      AgentEnd::refusal);
}

TEST(ClaudeReport, WithoutAClearWordIsAFault) {
  EXPECT_EQ(read(Dialect::claude, {R"({"type":"result","subtype":"success"})"}).fault,
            AgentEnd::unknown);
}

TEST(AgentReport, TakesNoNumberOfAnotherType) {
  const AgentReport report = read(
      Dialect::plain,
      {R"({"usage":{"input_tokens":-1,"output_tokens":"7","turns":1.5,"cost_usd":-2,"cache_read_tokens":18446744073709551615}})"});
  EXPECT_EQ(report.usage.input, std::nullopt);
  EXPECT_EQ(report.usage.output, std::nullopt);
  EXPECT_EQ(report.usage.turns, std::nullopt);
  EXPECT_EQ(report.usage.cost_usd, std::nullopt);
  EXPECT_EQ(report.usage.cache_read, std::nullopt);
}

TEST(AgentReport, SurvivesGarbage) {
  for (const Dialect dialect : {Dialect::claude, Dialect::codex, Dialect::opencode, Dialect::pi,
                                Dialect::gemini, Dialect::qwen, Dialect::plain}) {
    const AgentReport report = read(
        dialect, {"", "x", "{", "[]", "null", R"({"type":1})", R"({"type":"assistant"})",
                  R"({"type":"result","usage":[],"is_error":"no"})", R"({"type":"turn.completed"})",
                  R"({"usage":1,"error":"x"})", "{\"type\":\"\xff\"}"});
    EXPECT_EQ(report.usage.input, std::nullopt);
  }
}

TEST(CodexReport, OfAFailedTurnTellsNoUsage) {
  const AgentReport report = read(
      Dialect::codex, {R"({"type":"turn.started"})",
                       R"({"type":"turn.failed","error":{"message":"Please try again in 20s"}})"});
  EXPECT_TRUE(report.closed);
  EXPECT_EQ(report.usage.input, std::nullopt);
  EXPECT_EQ(report.usage.turns, std::nullopt);
  EXPECT_EQ(report.retry_after, std::chrono::seconds(20));
}

TEST(PlainReport, ReadsUsageAndAnErrorOfItsOwn) {
  const AgentReport report = read(
      Dialect::plain,
      {"working", R"({"usage":{"input_tokens":11,"output_tokens":22,"turns":3,"cost_usd":0.5}})",
       R"({"error":{"kind":"rate_limit","message":"slow down","retry_after_s":90}})"});
  EXPECT_EQ(report.usage.input, 11);
  EXPECT_EQ(report.usage.cost_usd, 0.5);
  EXPECT_EQ(report.usage.cache_read, std::nullopt);
  EXPECT_EQ(report.fault, AgentEnd::rate_limit);
  EXPECT_EQ(report.retry_after, std::chrono::seconds(90));
}

TEST(PlainReport, FindsNumbersWhereThePointersSay) {
  const auto reader = make_reader(Dialect::plain, {{"input", "/stats/in"}, {"cost_usd", "/usd"}});
  reader->read(R"({"stats":{"in":10},"usd":0.1})");
  reader->read(R"({"stats":{"in":25},"usd":"0.7"})");
  EXPECT_EQ(reader->report().usage.input, 25);
  EXPECT_EQ(reader->report().usage.cost_usd, 0.1);
  EXPECT_EQ(reader->report().usage.output, std::nullopt);
}

TEST(PlainReport, CannotReportAnEndThatOnlyTheHostKnows) {
  EXPECT_EQ(read(Dialect::plain, {R"({"error":{"kind":"ok"}})"}).fault, AgentEnd::unknown);
  EXPECT_EQ(read(Dialect::plain, {R"({"error":{"kind":"timeout"}})"}).fault, AgentEnd::unknown);
}

std::vector<std::string> cut(const std::vector<std::string>& pieces, std::size_t cap,
                             int& dropped) {
  LineCutter cutter(cap);
  std::vector<std::string> lines;
  const auto sink = [&](std::string_view line) { lines.emplace_back(line); };
  for (const std::string& piece : pieces) cutter.feed(piece, sink);
  cutter.finish(sink);
  dropped = cutter.dropped();
  return lines;
}

TEST(LineCutter, JoinsPiecesAndKeepsTheLastLine) {
  int dropped = 0;
  EXPECT_EQ(cut({"ab", "c\nd", "\n\nlast"}, 100, dropped),
            (std::vector<std::string>{"abc", "d", "", "last"}));
  EXPECT_EQ(dropped, 0);
}

TEST(LineCutter, DropsALineAboveTheCapWholeAndGoesOn) {
  int dropped = 0;
  EXPECT_EQ(cut({"123", "456", "7\nok\n12345678"}, 5, dropped), std::vector<std::string>{"ok"});
  EXPECT_EQ(dropped, 2);
}

}  // namespace
}  // namespace llm_spawner
