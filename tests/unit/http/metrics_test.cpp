// SPDX-License-Identifier: Apache-2.0
#include "http/metrics.h"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>

#include "engine/tallies.h"
#include "support/paths.h"
#include "unit/http/fakes.h"

namespace orc::test {
namespace {

std::string page_of(const RunningServer& running) {
  return get(running, "/metrics").body;
}

bool has_line(const std::string& page, const std::string& line) {
  return ("\n" + page).find("\n" + line + "\n") != std::string::npos;
}

std::set<std::string> type_lines(const std::string& page) {
  std::set<std::string> names;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE ")) names.insert(line.substr(7, line.find(' ', 7) - 7));
  }
  return names;
}

// One run that took a fifth of a second, and two transitions.
std::shared_ptr<const engine::Tallies> sample_tallies() {
  auto tallies = std::make_shared<engine::Tallies>();
  using engine::Tally;
  tallies->add({{{Tally::transition, {"testing", "deploy-staging", "gate_passed", ""}}},
                {{Tally::transition, {"testing", "deploy-staging", "gate_passed", ""}}},
                {{Tally::decision, {"testing", "test-runner", "accepted", "in_scope"}}},
                {{Tally::kill, {"SIGTERM", "timeout", "", ""}}, Millis{0}, 3},
                {{Tally::notification, {"log", "sent", "", ""}}},
                {{Tally::producer_seconds, {"testing", "test-runner", "", ""}}, Millis{200}}});
  return tallies;
}

RunningServer& with_data(RunningServer& running) {
  Task task = sample_task();
  Job job;
  job.id = JobId{1};
  job.task = task.id;
  running.rows.tasks = {task};
  running.rows.jobs = {job};
  running.rows.counts = {
      {Stage::testing, TaskState::active, false, HoldClass::unknown, 1, wall_now()},
      {Stage::deploy_staging, TaskState::held, false, HoldClass::environment, 2, wall_now()}};
  running.rows.outcomes = {{Stage::testing, "test-runner", "verdict", "", 11},
                           {Stage::testing, "test-runner", "deferred", "timeout", 1},
                           {Stage::testing, "test-runner", "deferred", "busy", 2}};
  running.rows.alerts.resize(3);
  running.rows.llm = {
      {.role = "tester", .model = "opus", .effort = "medium", .result = "ok", .runs = 1}};
  running.publish([](engine::Snapshot& s) {
    s.reconciler.last_run = s.started_at;
    s.tallies = sample_tallies();
    s.running = {{JobId{5}, 1, 4711, WallTime{}}};
    s.breakers = {{.producer = "staging-runner", .reason = ReasonCode::network, .open = true}};
    s.selftests = std::make_shared<const std::vector<engine::SelftestRow>>(
        std::vector<engine::SelftestRow>{{.subject = "merge_gate", .passed = true, .cases = 9}});
  });
  return running;
}

TEST(Metrics, SayWhatIsReal) {
  RunningServer running;
  with_data(running).start();
  get(running, "/api/v1/tasks/ORCH-116/why");
  get(running, "/api/v1/tasks/OTHER/why");
  const std::string page = page_of(running);
  EXPECT_TRUE(
      has_line(page, R"(orchestrator_config_info{sha256="9f86d081884c7d65",generation="4"} 1)"));
  EXPECT_TRUE(has_line(page, R"(orchestrator_tasks{stage="testing",state="queued"} 1)")) << page;
  EXPECT_TRUE(has_line(page, R"(orchestrator_tasks{stage="deploy-staging",state="infra_hold"} 2)"));
  EXPECT_TRUE(has_line(page, R"(orchestrator_tasks{stage="review",state="running"} 0)"));
  EXPECT_TRUE(has_line(
      page,
      R"(orchestrator_producer_outcomes_total{stage="testing",producer="test-runner",outcome="transient_infra"} 3)"));
  EXPECT_TRUE(has_line(page, R"(orchestrator_plugin_up{plugin="llm-spawner"} 0)"));
  EXPECT_TRUE(has_line(page, R"(orchestrator_plugin_enabled{plugin="test-runner"} 1)"));
  EXPECT_TRUE(has_line(page, R"(orchestrator_workers{state="busy"} 1)"));
  EXPECT_TRUE(has_line(
      page, R"(orchestrator_breaker_open{producer="staging-runner",reason="network"} 1)"));
  EXPECT_TRUE(has_line(page, R"(orchestrator_selftest_passed{subject="merge_gate"} 1)"));
  EXPECT_TRUE(has_line(page, R"(orchestrator_jobs{state="queued"} 1)"));
  EXPECT_TRUE(has_line(
      page,
      R"(orchestrator_stage_transitions_total{from="testing",to="deploy-staging",reason="gate_passed"} 2)"))
      << page;
  EXPECT_TRUE(has_line(
      page,
      R"(orchestrator_stage_transitions_total{from="testing",to="development",reason="gate_failed"} 0)"))
      << "a label set that is known exists before its first event";
  EXPECT_TRUE(has_line(
      page, R"(orchestrator_gate_checks_total{gate="check_tests_passed",result="broken"} 0)"));
  EXPECT_TRUE(has_line(
      page,
      R"(orchestrator_producer_duration_seconds_bucket{stage="testing",producer="test-runner",le="0.25"} 1)"))
      << page;
  EXPECT_TRUE(has_line(
      page,
      R"(orchestrator_producer_duration_seconds_bucket{stage="testing",producer="test-runner",le="+Inf"} 1)"));
  EXPECT_TRUE(has_line(page, "orchestrator_open_alerts 3"));
  EXPECT_TRUE(has_line(
      page,
      R"(orchestrator_http_requests_total{listener="control",route="/api/v1/tasks/{id}/why",method="GET",code="404"} 1)"))
      << page;
}

TEST(Metrics, CountWhatEndedProcessesAndWhatWasTold) {
  RunningServer running;
  with_data(running).start();
  const std::string page = page_of(running);
  EXPECT_TRUE(has_line(
      page, R"(orchestrator_process_group_kills_total{signal="SIGTERM",reason="timeout"} 3)"));
  EXPECT_TRUE(has_line(
      page, R"(orchestrator_process_group_kills_total{signal="SIGKILL",reason="leftover"} 0)"));
  EXPECT_TRUE(has_line(page, R"(orchestrator_notifications_total{channel="log",result="sent"} 1)"));
  EXPECT_TRUE(
      has_line(page, R"(orchestrator_notifications_total{channel="log",result="failed"} 0)"));
}

TEST(Metrics, AddUpTheAgentRunsByRoleAndModel) {
  RunningServer running;
  running.rows.llm = {{.role = "developer",
                       .model = "opus",
                       .effort = "high",
                       .result = "ok",
                       .runs = 2,
                       .input_tokens = 800,
                       .output_tokens = 90,
                       .cost_micro_usd = 1'250'000},
                      {.role = "developer",
                       .model = "opus",
                       .effort = "high",
                       .result = "said something",
                       .runs = 1,
                       .input_tokens = 5},
                      {.role = "developer",
                       .model = "a model\nwith words",
                       .effort = "high",
                       .result = "ok",
                       .runs = 7}};
  auto generation = std::make_shared<config::Generation>(*sample_generation());
  generation->config.roles[Role::developer] = {.model = "opus", .effort = "high"};
  generation->config.roles[Role::tester] = {.model = "sonnet", .effort = "low"};
  running.publish([&](engine::Snapshot& s) { s.generation = generation; });
  running.start();
  const std::string page = page_of(running);
  const auto runs = [](const std::string& role, const std::string& model, const std::string& effort,
                       const std::string& result, int count) {
    return "orchestrator_llm_runs_total{role=\"" + role + "\",model=\"" + model + "\",effort=\"" +
           effort + "\",result=\"" + result + "\"} " + std::to_string(count);
  };
  EXPECT_TRUE(has_line(page, runs("developer", "opus", "high", "ok", 2))) << page;
  EXPECT_TRUE(has_line(page, runs("developer", "opus", "high", "other", 1)));
  EXPECT_TRUE(has_line(page, runs("developer", "other", "high", "ok", 7)));
  EXPECT_TRUE(has_line(page, runs("tester", "sonnet", "low", "rate_limit", 0)))
      << "nobody has used it yet";
  EXPECT_TRUE(has_line(page, runs("developer", "opus", "high", "rate_limit", 0)));
  EXPECT_TRUE(has_line(
      page, R"(orchestrator_llm_tokens_total{role="developer",model="opus",type="input"} 805)"));
  EXPECT_TRUE(has_line(
      page, R"(orchestrator_llm_tokens_total{role="tester",model="sonnet",type="cache_read"} 0)"));
  EXPECT_TRUE(
      has_line(page, R"(orchestrator_llm_cost_usd_total{role="developer",model="opus"} 1.25)"));
  EXPECT_EQ(page.find("with words"), std::string::npos);
}

TEST(Metrics, ShowEveryAnswerOfAChainBeforeItsFirstJob) {
  RunningServer running;
  running.start();
  const std::string page = page_of(running);
  for (const char* labels :
       {R"(decision="accepted",reason="in_scope")", R"(decision="declined",reason="no_contract")",
        R"(decision="skipped",reason="killed")",
        R"(decision="not_asked",reason="earlier_producer_accepted")"}) {
    EXPECT_TRUE(has_line(
        page, R"(orchestrator_producer_decisions_total{stage="testing",producer="test-runner",)" +
                  std::string(labels) + "} 0"))
        << labels;
  }
  EXPECT_TRUE(has_line(
      page,
      R"(orchestrator_producer_outcomes_total{stage="testing",producer="test-runner",outcome="permanent_env"} 0)"));
  EXPECT_TRUE(has_line(
      page,
      R"(orchestrator_producer_duration_seconds_count{stage="testing",producer="test-runner"} 0)"));
  EXPECT_TRUE(has_line(
      page,
      R"(orchestrator_stage_transitions_total{from="analysis",to="architecture",reason="operator"} 0)"));
  EXPECT_NE(page.find(R"(plugin_abi="1.0"} 1)"), std::string::npos);
}

TEST(Metrics, CallAPluginDownThatFailedItsSelfTest) {
  RunningServer running;
  running.publish([](engine::Snapshot& s) {
    s.selftests = std::make_shared<const std::vector<engine::SelftestRow>>(
        std::vector<engine::SelftestRow>{{.subject = "test-runner", .passed = false, .cases = 3}});
  });
  running.start();
  EXPECT_TRUE(has_line(page_of(running), R"(orchestrator_plugin_up{plugin="test-runner"} 0)"));
}

TEST(Metrics, NeverHoldAPathOrAnUnknownMethodInALabel) {
  RunningServer running;
  running.start();
  control(running, "GET /etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n");
  control(running, "BREW /coffee HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
  board(running, "GET /status HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  const std::string page = page_of(running);
  EXPECT_EQ(page.find("passwd"), std::string::npos);
  EXPECT_EQ(page.find("BREW"), std::string::npos);
  EXPECT_EQ(page.find("evil"), std::string::npos);
  EXPECT_TRUE(has_line(
      page,
      R"(orchestrator_http_requests_total{listener="board",route="refused",method="GET",code="421"} 1)"))
      << page;
}

TEST(Metrics, CountARefusedReloadUntilAGoodOne) {
  RunningServer running;
  running.engine.history.last_successful = false;
  running.engine.history.rejected = 2;
  running.start();
  const std::string page = page_of(running);
  EXPECT_TRUE(has_line(page, "orchestrator_config_last_reload_successful 0"));
  EXPECT_TRUE(has_line(page, R"(orchestrator_config_reloads_total{result="rejected"} 2)"));
  EXPECT_TRUE(has_line(page, R"(orchestrator_config_reloads_total{result="applied"} 0)"));
}

TEST(Metrics, StayReadableWhateverALabelHolds) {
  RunningServer running;
  auto generation = std::make_shared<config::Generation>(*sample_generation());
  generation->plugins["test-runner"].version = "1\"\n\\\xFF";
  running.publish([&](engine::Snapshot& s) { s.generation = generation; });
  running.start();
  std::istringstream lines(page_of(running));
  const std::regex sample(R"re([a-z_]+(\{([a-z_0-9]+="([^"\\]|\\.)*",?)*\})? [-+0-9.eE]+)re");
  for (std::string line; std::getline(lines, line);) {
    EXPECT_TRUE(line.starts_with('#') || std::regex_match(line, sample)) << line;
  }
}

TEST(Metrics, AreAllExplainedInTheOperationsPage) {
  RunningServer running;
  with_data(running).start();
  get(running, "/status");
  std::set<std::string> documented;
  std::ifstream file(test::source_dir() + "/docs/operations/metrics.md");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("| `orchestrator_"))
      documented.insert(line.substr(3, line.find('`', 3) - 3));
  }
  const auto names = http::exported_metrics();
  EXPECT_EQ(documented, std::set<std::string>(names.begin(), names.end()));
  EXPECT_EQ(type_lines(page_of(running)), documented);
}

}  // namespace
}  // namespace orc::test
