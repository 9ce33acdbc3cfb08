// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "cli/control_client.h"
#include "cli/exit_code.h"
#include "unit/cli/fake_host.h"

namespace orc::test {
namespace {

struct WrongUse {
  const char* name;
  std::vector<std::string> arguments;
  const char* message;
};
class WrongCommandLine : public ::testing::TestWithParam<WrongUse> {};

TEST_P(WrongCommandLine, ExitsWith64AndSaysWhatWasMeant) {
  const Ran ran = run(GetParam().arguments);
  EXPECT_EQ(ran.exit, 64);
  EXPECT_EQ(ran.out, "");
  EXPECT_NE(ran.err.find(GetParam().message), std::string::npos) << ran.err;
}

INSTANTIATE_TEST_SUITE_P(
    Each, WrongCommandLine,
    ::testing::Values(
        WrongUse{"Nothing", {}, "subcommand is required"},
        WrongUse{
            "Command", {"confg", "check"}, R"(unknown command "confg"; did you mean "config"?)"},
        WrongUse{"Nested", {"config", "chek"}, R"(unknown command "chek"; did you mean "check"?)"},
        WrongUse{"BehindAnOption",
                 {"task", "list", "--stage", "testing", "--rpo", "x"},
                 R"(unknown option "--rpo"; did you mean "--repo"?)"},
        WrongUse{"OptionWithEquals", {"status", "--outptu=json"}, R"(did you mean "--output"?)"},
        WrongUse{"NothingNear", {"frobnicate"}, R"(unknown command "frobnicate")"},
        WrongUse{"MissingArgument", {"task", "show"}, "TASK is required"},
        WrongUse{"Format", {"status", "-o", "xml"}, "xml"},
        WrongUse{"BehindAnArgument",
                 {"task", "approve", "ORCH-1", "--reaon", "x"},
                 R"(unknown option "--reaon"; did you mean "--reason"?)"},
        WrongUse{"Stage",
                 {"task", "list", "--stage", "reviw"},
                 R"(there is no stage "reviw"; did you mean "review"?)"},
        WrongUse{"State",
                 {"task", "list", "--state", "hold"},
                 R"(there is no state "hold"; did you mean "held"?)"},
        WrongUse{"StageOfANewPlugin",
                 {"plugin", "new", "x", "--stage", "tseting"},
                 R"(there is no stage "tseting"; did you mean "testing"?)"},
        WrongUse{"NoReason", {"plugin", "kill", "test-runner"}, "--reason is required"},
        WrongUse{"NoCommand", {"task"}, "subcommand is required"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(CommandLine, PrintsHelpOnStdoutAndExitsWithZero) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--help"}, {"task", "--help"}, {"task", "submit", "--help"}}) {
    const Ran ran = run(arguments);
    EXPECT_EQ(ran.exit, 0);
    EXPECT_NE(ran.out.find("Usage:"), std::string::npos);
    EXPECT_EQ(ran.err, "");
  }
  EXPECT_NE(run({"--help"}).out.find("78 configuration refused"), std::string::npos);
}

TEST(CommandLine, HandsOverTheCommandsThatNeedTheApplication) {
  FakeEntry entry;
  EXPECT_EQ(run({"serve", "-c", "/etc/o.yaml", "--set", "a.b=1", "--set", "c=2"}, entry).exit, 0);
  ASSERT_TRUE(entry.served);
  EXPECT_EQ(entry.served->file, "/etc/o.yaml");
  EXPECT_EQ(entry.served->set, (std::vector<std::string>{"a.b=1", "c=2"}));
  EXPECT_EQ(run({"demo", "--check", "--dir", "/tmp/d"}, entry).exit, 1);
  EXPECT_TRUE(entry.demonstrated->check);
  EXPECT_EQ(entry.demonstrated->dir, "/tmp/d");
  EXPECT_EQ(run({"config", "check", "-o", "json"}, entry).exit, 78);
  EXPECT_EQ(entry.checked->output, cli::OutputFormat::json);
  EXPECT_EQ(run({"events", "verify", "/tmp/o.db", "--anchor", "3:ab", "-o", "json"}, entry).exit,
            1);
  EXPECT_EQ(entry.verified->place.database, "/tmp/o.db");
  EXPECT_EQ(entry.verified->anchor, "3:ab");
  EXPECT_EQ(run({"db", "check", "--state", "/tmp/s"}, entry).exit, 0);
  EXPECT_EQ(entry.looked_over->place.state, "/tmp/s");
  EXPECT_EQ(run({"version"}, entry).exit, 0);
  EXPECT_EQ(entry.shown, cli::OutputFormat::text);
}

TEST(CommandLine, TestsTheConfigurationWithNginxsFlag) {
  FakeEntry entry;
  EXPECT_EQ(run({"-t", "-c", "/etc/o.yaml"}, entry).exit, 78);
  ASSERT_TRUE(entry.checked);
  EXPECT_EQ(entry.checked->file, "/etc/o.yaml");
}

TEST(CommandLine, ExitsWith69WhereNoHostAnswers) {
  const TempDir dir;
  const Ran ran = run({"status", "--socket", (dir.path() / "none.sock").string()});
  EXPECT_EQ(ran.exit, 69);
  EXPECT_EQ(ran.out, "");
  EXPECT_NE(ran.err.find("no orchestrator runs here"), std::string::npos) << ran.err;
}

TEST(CommandLine, ExitsWith69WhereSomethingElseAnswers) {
  FakeHost host;
  host.on("GET /status", {{200, "<html>"}});
  const Ran ran = run_against(host, {"status"});
  EXPECT_EQ(ran.exit, 69);
  EXPECT_NE(ran.err.find("is it an orchestrator?"), std::string::npos) << ran.err;
}

TEST(ExitCode, FollowsTheProblemsCodeFirstAndItsStatusThen) {
  struct Row {
    int status;
    const char* code;
    int exit;
  };
  for (const Row& row :
       {Row{404, "task_not_found", 1}, Row{409, "wrong_state", 1}, Row{409, "lease_held", 75},
        Row{409, "lost_race", 75}, Row{409, "stopping", 75}, Row{503, "draining", 75},
        Row{503, "unavailable", 75}, Row{403, "not_an_approver", 77},
        Row{422, "config_refused", 78}, Row{422, "unknown_repo", 64}, Row{400, "bad_json", 64},
        Row{413, "body_too_large", 64}, Row{500, "internal_error", 1}}) {
    EXPECT_EQ(cli::to_int(cli::exit_code_of(row.status, row.code)), row.exit) << row.code;
  }
}

TEST(CommandLine, PrintsAProblemWithItsHintOnStderr) {
  FakeHost host;
  host.on(
      "POST /api/v1/tasks/ORCH-116/retry",
      {{409, R"({"status":409,"code":"lease_held","detail":"owned by pid 4711","hint":"wait"})"}});
  const Ran ran = run_against(host, {"task", "retry", "ORCH-116"});
  EXPECT_EQ(ran.exit, 75);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err, "owned by pid 4711\n  wait\n");
}

TEST(CommandLine, PrintsARefusedReloadWithEveryFinding) {
  FakeHost host;
  host.on(
      "POST /-/reload",
      {{422,
        R"({"code":"config_refused","detail":"configuration refused; generation 4 stays in force",
            "findings":[{"where":"o.yaml:47:5","key":"plugins.x.enabld","problem":"unknown key","fix":"write enabled"}]})"}});
  const Ran ran = run_against(host, {"reload"});
  EXPECT_EQ(ran.exit, 78);
  EXPECT_EQ(ran.err,
            "configuration refused; generation 4 stays in force\n"
            "o.yaml:47:5: plugins.x.enabld: unknown key\n  write enabled\n");
}

TEST(CommandLine, SendsTheReasonWithEveryTaskCommand) {
  FakeHost host;
  for (const std::string verb : {"approve", "reject", "retry", "hold", "release", "cancel"}) {
    host.on("POST /api/v1/tasks/ORCH-116/" + verb, {{200, R"({"text":"done","hint":""})"}});
    const Ran ran = run_against(host, {"task", verb, "ORCH-116", "--reason", "because"});
    EXPECT_EQ(ran.exit, 0) << ran.err;
    EXPECT_EQ(ran.out, "done\n");
    EXPECT_EQ(host.requests().back(),
              "POST /api/v1/tasks/ORCH-116/" + verb + R"( {"reason":"because"})");
  }
}

TEST(CommandLine, SwitchesAPluginOffAndOn) {
  FakeHost host;
  host.on("POST /api/v1/plugins/staging-runner%2Fweb/kill", {{200, R"({"text":"killed"})"}});
  host.on("DELETE /api/v1/plugins/staging-runner%2Fweb/kill", {{200, R"({"text":"asked again"})"}});
  EXPECT_EQ(
      run_against(host, {"plugin", "kill", "staging-runner/web", "--reason", "x", "--for", "2h"})
          .exit,
      0);
  EXPECT_EQ(host.requests().back(),
            R"(POST /api/v1/plugins/staging-runner%2Fweb/kill {"reason":"x","for":"2h"})");
  EXPECT_EQ(run_against(host, {"plugin", "unkill", "staging-runner/web"}).out, "asked again\n");
}

TEST(CommandLine, KillsForOneRepositoryAlone) {
  FakeHost host;
  host.on("POST /api/v1/plugins/test-runner/kill", {{200, R"({"text":"killed"})"}});
  host.on("DELETE /api/v1/plugins/test-runner/kill", {{200, R"({"text":"asked again"})"}});
  EXPECT_EQ(
      run_against(host, {"plugin", "kill", "test-runner", "--reason", "x", "--repo", "web"}).exit,
      0);
  EXPECT_EQ(host.requests().back(),
            R"(POST /api/v1/plugins/test-runner/kill {"reason":"x","repo":"web"})");
  EXPECT_EQ(run_against(host, {"plugin", "unkill", "test-runner", "--repo", "web"}).exit, 0);
  EXPECT_EQ(host.requests().back(),
            R"(DELETE /api/v1/plugins/test-runner/kill {"reason":"","repo":"web"})");
}

TEST(CommandLine, SwitchesAPluginForGoodAndReloadsOnlyWhenTold) {
  FakeHost host;
  host.on("POST /-/reload", {{200, R"({"result":"applied","generation":6})"}});
  FakeEntry entry;
  const Ran later = run({"plugin", "enable", "lint-gate", "--repos", "web", "--stage", "review",
                         "--before", "llm-spawner", "--socket", host.socket()},
                        entry);
  EXPECT_EQ(later.exit, 0) << later.err;
  ASSERT_TRUE(entry.switched);
  EXPECT_TRUE(entry.switched->enabled);
  EXPECT_EQ(entry.switched->plugin, "lint-gate");
  EXPECT_EQ(entry.switched->repos, "web");
  EXPECT_EQ(entry.switched->stage, "review");
  EXPECT_EQ(entry.switched->before, "llm-spawner");
  EXPECT_TRUE(host.requests().empty());
  EXPECT_EQ(run({"plugin", "disable", "lint-gate", "--reload", "--socket", host.socket()}, entry).exit,
            0);
  EXPECT_FALSE(entry.switched->enabled);
  EXPECT_EQ(host.requests().back(), "POST /-/reload {}");
  EXPECT_EQ(run({"plugin", "enable", "lint-gate", "--before", "llm-spawner"}, entry).exit, 64);
}

TEST(CommandLine, PrintsTheHostsJsonAsItIsAndRowsOneALine) {
  FakeHost host;
  host.on("GET /api/v1/tasks?stage=testing",
          {{200, R"({"schema":"orchestrator.tasks/1","tasks":[{"id":1},{"id":2}],"next":null})"}});
  EXPECT_EQ(run_against(host, {"task", "list", "--stage", "testing", "-o", "json"}).out,
            R"({"schema":"orchestrator.tasks/1","tasks":[{"id":1},{"id":2}],"next":null})"
            "\n");
  EXPECT_EQ(run_against(host, {"task", "list", "--stage", "testing", "-o", "jsonl"}).out,
            "{\"id\":1}\n{\"id\":2}\n");
}

TEST(CommandLine, DrainsAndWaitsUntilNothingRuns) {
  FakeHost host;
  host.on("POST /-/drain", {{200, R"({"text":"draining: 1 job running"})"}});
  host.on("GET /status", {{200, R"({"workers":{"busy":1},"queued":3})"},
                          {200, R"({"workers":{"busy":0},"queued":3})"}});
  const Ran ran = run_against(host, {"drain", "--wait", "--reason", "0.2.0"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.out, "draining: 1 job running\n");
  EXPECT_EQ(ran.err, "done: no job runs; 3 queued jobs kept\n");
}

TEST(CommandLine, GivesUpTheWaitForADrainAtItsDeadline) {
  FakeHost host;
  host.on("POST /-/drain", {{200, R"({"text":"draining"})"}});
  host.on("GET /status", {{200, R"({"workers":{"busy":1}})"}});
  EXPECT_EQ(run_against(host, {"drain", "--wait", "--deadline", "1ms"}).exit, 75);
  EXPECT_EQ(run_against(host, {"drain", "--deadline", "15"}).exit, 64);
}

TEST(ControlSocketPath, IsTheGivenOneThenTheEnvironments) {
  ::setenv("ORCH_SOCKET", "/tmp/from-env.sock", 1);
  EXPECT_EQ(cli::find_control_socket("/tmp/given.sock"), "/tmp/given.sock");
  EXPECT_EQ(cli::find_control_socket(""), "/tmp/from-env.sock");
  ::unsetenv("ORCH_SOCKET");
}

}  // namespace
}  // namespace orc::test
