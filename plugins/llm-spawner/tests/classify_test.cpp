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

struct Recorded {
  const char* name;
  sdk::ProcessEnd process_end;
  AgentEnd end;
  std::optional<std::int64_t> input;
  std::optional<std::int64_t> output;
};

class ClaudeRecording : public testing::TestWithParam<Recorded> {};
class CodexRecording : public testing::TestWithParam<Recorded> {};

void expect_recorded(Dialect dialect, const std::string& folder, const Recorded& recorded) {
  const RunEvidence evidence = replay(dialect, folder + "/" + recorded.name + ".jsonl");
  EXPECT_EQ(rule_of(classify(recorded.process_end, evidence).end).name, rule_of(recorded.end).name);
  EXPECT_EQ(evidence.report.usage.input, recorded.input);
  EXPECT_EQ(evidence.report.usage.output, recorded.output);
}

TEST_P(ClaudeRecording, IsReadRight) {
  expect_recorded(Dialect::claude, "claude", GetParam());
}
TEST_P(CodexRecording, IsReadRight) {
  expect_recorded(Dialect::codex, "codex", GetParam());
}

std::string case_name(const testing::TestParamInfo<Recorded>& info) {
  std::string name = info.param.name;
  for (char& c : name) c = c == '-' ? '_' : c;
  return name + "_" + std::to_string(info.index);
}

const sdk::Exited k_zero{0};
const sdk::Exited k_one{1};

INSTANTIATE_TEST_SUITE_P(
    All, ClaudeRecording,
    testing::Values(
        Recorded{"ok", k_zero, ok, 3900, 240}, Recorded{"rate-limit-once", k_zero, ok, 3900, 240},
        Recorded{"missing-artifact", k_zero, ok, 2500, 160}, Recorded{"auth", k_one, auth, 0, 0},
        Recorded{"auth-mid", k_one, auth, 1200, 80}, Recorded{"forbidden", k_one, auth, 0, 0},
        Recorded{"quota", k_one, billing, 0, 0},
        Recorded{"no-model", k_one, model_unavailable, 0, 0},
        Recorded{"context", k_one, context, 0, 0},
        Recorded{"max-tokens", k_one, output_limit, 5400, 320},
        Recorded{"rate-limit", k_one, rate_limit, 0, 0},
        Recorded{"overload", k_one, overload, 0, 0},
        Recorded{"sse-overload", k_one, protocol, 0, 0},
        Recorded{"server-error", k_one, server_error, 0, 0},
        Recorded{"stall", sdk::TimedOut{}, timeout, std::nullopt, std::nullopt},
        Recorded{"kill-SIGTERM-group", sdk::Cancelled{}, cancelled, 1200, 1},
        Recorded{"kill-SIGTERM-group", sdk::Exited{143}, killed, 1200, 1},
        Recorded{"kill-SIGINT-leader", sdk::Cancelled{}, cancelled, 1200, 80}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    All, CodexRecording,
    testing::Values(
        Recorded{"ok", k_zero, ok, 3900, 240}, Recorded{"missing-artifact", k_zero, ok, 2500, 160},
        Recorded{"auth", k_one, auth, {}, {}}, Recorded{"auth-mid", k_one, auth, {}, {}},
        Recorded{"forbidden", k_one, auth, {}, {}}, Recorded{"quota", k_one, billing, {}, {}},
        Recorded{"no-model", k_one, model_unavailable, {}, {}},
        Recorded{"context", k_one, context, {}, {}},
        Recorded{"max-tokens", k_one, output_limit, {}, {}},
        Recorded{"rate-limit", k_one, rate_limit, {}, {}},
        Recorded{"overload", k_one, overload, {}, {}},
        Recorded{"sse-overload", k_one, overload, {}, {}},
        Recorded{"server-error", k_one, overload, {}, {}},
        Recorded{"stall", sdk::TimedOut{}, timeout, {}, {}},
        Recorded{"kill-SIGINT-leader", sdk::Cancelled{}, cancelled, {}, {}},
        Recorded{"kill-SIGTERM-group", sdk::Signalled{SIGTERM}, killed, {}, {}}),
    case_name);

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
