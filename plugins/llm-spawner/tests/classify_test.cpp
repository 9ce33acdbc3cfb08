// SPDX-License-Identifier: Apache-2.0
#include "classify.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <iterator>
#include <orchestrator/plugin/testing.hpp>

#include "fault_text.h"

namespace llm_spawner {
namespace {

namespace sdk = orchestrator::plugin;
using enum AgentEnd;

RunEvidence replay(Dialect dialect, const std::string& file) {
  std::ifstream in(std::string(PLUGIN_SOURCE_DIR) + "/tests/fixtures/" + file);
  EXPECT_TRUE(in.good()) << file;
  const auto reader = make_reader(dialect);
  bool spoke = false;
  for (std::string line; std::getline(in, line);) {
    spoke = true;
    reader->read(line);
  }
  return {dialect, reader->report(), spoke, ""};
}

AgentEnd end_of(const sdk::ProcessEnd& end, const RunEvidence& evidence) {
  return classify(end, evidence).end;
}

TEST(Classify, LetsWhatTheHostDidOutrankTheProgramsOwnWord) {
  RunEvidence evidence = replay(Dialect::claude, "claude/auth.jsonl");
  EXPECT_EQ(end_of(sdk::TimedOut{}, evidence), timeout);
  EXPECT_EQ(end_of(sdk::Cancelled{}, evidence), cancelled);
}

TEST(Classify, LetsTheProgramsOwnWordOutrankSignalAndExitCode) {
  RunEvidence evidence = replay(Dialect::claude, "claude/rate-limit.jsonl");
  EXPECT_EQ(end_of(sdk::Exited{0}, evidence), rate_limit);
  EXPECT_EQ(end_of(sdk::Signalled{SIGSEGV}, evidence), rate_limit);
}

TEST(Classify, NeverTakesASignalForSuccess) {
  RunEvidence evidence = replay(Dialect::claude, "claude/ok.jsonl");
  EXPECT_EQ(end_of(sdk::Signalled{SIGKILL}, evidence), killed);
  EXPECT_EQ(end_of(sdk::Signalled{SIGSEGV}, evidence), crashed);
  EXPECT_EQ(end_of(sdk::Exited{1}, evidence), unknown);
}

TEST(Classify, TellsAMissingProgramFromAMachineWithoutResources) {
  const RunEvidence nothing{};
  EXPECT_EQ(end_of(sdk::NotStarted{ENOENT, "x"}, nothing), tool_missing);
  EXPECT_EQ(end_of(sdk::NotStarted{EACCES, "x"}, nothing), tool_missing);
  EXPECT_EQ(end_of(sdk::NotStarted{EAGAIN, "x"}, nothing), no_resources);
  EXPECT_EQ(end_of(sdk::NotStarted{ENOMEM, "x"}, nothing), no_resources);
  EXPECT_EQ(end_of(sdk::NotStarted{E2BIG, "x"}, nothing), bad_command);
  EXPECT_EQ(end_of(sdk::NotStarted{EIO, "x"}, nothing), unknown);
}

TEST(Classify, TakesACleanExitWithoutClosingEventForNoResult) {
  EXPECT_EQ(end_of(sdk::Exited{0}, {Dialect::claude, {}, true, ""}), no_result);
  EXPECT_EQ(end_of(sdk::Exited{0}, {Dialect::plain, {}, false, ""}), ok);
}

TEST(Classify, ReadsAFailureWithoutAnyOutputAsAMistakeInTheCommandLine) {
  EXPECT_EQ(end_of(sdk::Exited{1}, {Dialect::claude, {}, false, "error: unknown option"}),
            usage_error);
  EXPECT_EQ(
      end_of(sdk::Exited{1}, {Dialect::codex, {}, false, "Missing environment variable: `K`"}),
      auth);
  EXPECT_EQ(end_of(sdk::Exited{1}, {Dialect::plain, {}, false, ""}), unknown);
}

TEST(FaultText, PutsPermanentCausesBeforeTransientOnes) {
  EXPECT_EQ(fault_from_text("Request rejected (429): you exceeded your current quota", 429),
            billing);
  EXPECT_EQ(fault_from_text("rate limit reached", std::nullopt), rate_limit);
  EXPECT_EQ(fault_from_text("connect ECONNREFUSED 127.0.0.1:1", std::nullopt), network);
  EXPECT_EQ(fault_from_text("connection refused", std::nullopt), network);
  EXPECT_EQ(fault_from_text("unexpected status 503 Service Unavailable", std::nullopt), overload);
  EXPECT_EQ(fault_from_text("error: 500", std::nullopt), server_error);
  EXPECT_EQ(fault_from_text("read 4500 lines", std::nullopt), unknown);
  EXPECT_EQ(fault_from_text("", std::nullopt), unknown);
}

TEST(FaultText, FindsHowLongToWait) {
  EXPECT_EQ(retry_after_from_text("Please try again in 1.5s."), std::chrono::seconds(2));
  EXPECT_EQ(retry_after_from_text("Retry after 3 minutes"), std::chrono::minutes(3));
  EXPECT_EQ(retry_after_from_text("try again in 250ms"), std::chrono::milliseconds(250));
  EXPECT_EQ(retry_after_from_text("try again in 99999999 hours"), std::chrono::hours(1));
  EXPECT_EQ(retry_after_from_text("try again in a moment"), std::nullopt);
}

// Nothing that an agent run can do says anything about the code: only a clean end reaches the gate.
TEST(OutcomeOf, OnlyACleanEndIsAVerdict) {
  for (int i = 0; i <= static_cast<int>(unknown); ++i) {
    const auto end = static_cast<AgentEnd>(i);
    const sdk::Outcome outcome = outcome_of({end, "detail", {}}, "agent");
    const bool is_verdict = std::holds_alternative<sdk::Verdict>(outcome);
    EXPECT_EQ(is_verdict, end == ok || end == bad_artifact) << rule_of(end).name;
    if (const auto* verdict = std::get_if<sdk::Verdict>(&outcome)) {
      EXPECT_EQ(verdict->token, "");
      continue;
    }
    const int range = std::holds_alternative<sdk::Defer>(outcome) ? 2 : 3;
    EXPECT_EQ(static_cast<std::int32_t>(rule_of(end).why) / 10, range) << rule_of(end).name;
  }
}

}  // namespace
}  // namespace llm_spawner
