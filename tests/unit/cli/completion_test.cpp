// SPDX-License-Identifier: Apache-2.0
// What the shells complete, and what is printed for them and for man(1).
#include <gtest/gtest.h>

#include "config/options.h"
#include "domain/stage.h"
#include "unit/cli/fake_host.h"

namespace orc::test {
namespace {

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

TEST(Completion, OffersTheCommandsThatBeginLikeTheWord) {
  EXPECT_EQ(lines(run({"__complete", "con"}).out), std::vector<std::string>{"config"});
  EXPECT_EQ(lines(run({"__complete", "config", "sc"}).out), std::vector<std::string>{"schema"});
  EXPECT_EQ(lines(run({"__complete", "plugin", "kill", "--re"}).out),
            std::vector<std::string>({"--reason", "--repo"}));
  EXPECT_EQ(lines(run({"__complete", "status", "-o", "j"}).out),
            (std::vector<std::string>{"json", "jsonl"}));
  EXPECT_EQ(lines(run({"__complete", "task", "list", "--stage", "dep"}).out),
            (std::vector<std::string>{"deploy-staging", "deploy"}));
}

TEST(Completion, OffersTheNamesOfLiveThings) {
  FakeHost host;
  host.on(
      "GET /api/v1/tasks?limit=1000",
      {{200, R"({"tasks":[{"work_item":"ORCH-1"},{"work_item":"ORCH-12"},{"work_item":"X-3"}]})"}});
  host.on("GET /api/v1/plugins", {{200, R"({"plugins":[{"name":"test-runner"}]})"}});
  EXPECT_EQ(lines(run({"__complete", "task", "why", "--socket", host.socket(), "ORCH-"}).out),
            (std::vector<std::string>{"ORCH-1", "ORCH-12"}));
  EXPECT_EQ(lines(run({"__complete", "plugin", "kill", "--socket", host.socket(), ""}).out),
            std::vector<std::string>{"test-runner"});
}

TEST(Completion, OffersNothingWhereNoHostAnswers) {
  const Ran ran = run({"__complete", "task", "why", "--socket", "/nowhere.sock", ""});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err, "");
}

TEST(Completion, PrintsAScriptForEachShellThatAsksTheProgram) {
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    const Ran ran = run({"completion", shell});
    EXPECT_EQ(ran.exit, 0);
    EXPECT_NE(ran.out.find("orchestrator __complete"), std::string::npos) << shell;
  }
  EXPECT_EQ(run({"completion", "tcsh"}).exit, 64);
}

TEST(Manual, NamesEveryCommandAndEveryKey) {
  const std::string program = run({"__manual", "orchestrator"}).out;
  for (const std::string command : {"orchestrator serve", "orchestrator task why",
                                    "orchestrator plugin kill", "orchestrator replay"})
    EXPECT_NE(program.find(".SS \"" + command + "\""), std::string::npos) << command;
  const std::string file = run({"__manual", "orchestrator.yaml"}).out;
  for (const config::Option& option : config::options())
    EXPECT_NE(file.find("\\fB" + std::string(option.key.substr(0, option.key.find('-')))),
              std::string::npos)
        << option.key;
  const std::string plugin = run({"__manual", "orchestrator-plugin"}).out;
  for (const StageRule& rule : STAGE_TRANSITIONS)
    EXPECT_NE(plugin.find(rule.gate), std::string::npos) << rule.gate;
  EXPECT_EQ(run({"__manual", "nothing"}).exit, 64);
}

TEST(OperatorCommands, ShowWhatWaitsAndWhatLedThere) {
  FakeHost host;
  host.on(
      "GET /api/v1/next",
      {{200,
        R"({"items":[{"task":"ORCH-1","code":"human_gate","text":"waits for you","next":"orchestrator task approve ORCH-1"}]})"}});
  const Ran next = run_against(host, {"next"});
  EXPECT_EQ(next.exit, 0);
  EXPECT_NE(next.out.find("orchestrator task approve ORCH-1"), std::string::npos) << next.out;
  host.on(
      "GET /api/v1/tasks/ORCH-1/why",
      {{200,
        R"({"text":"held: red","next":"","because":[{"kind":"event","id":3,"event":"task.held","at":"2026-11-21T02:03:11Z","text":"three red runs"}]})"}});
  const Ran why = run_against(host, {"task", "why", "ORCH-1"});
  EXPECT_NE(why.out.find("because"), std::string::npos) << why.out;
  EXPECT_NE(why.out.find("three red runs"), std::string::npos) << why.out;
}

TEST(OperatorCommands, PreviewAReloadWithoutDoingIt) {
  FakeHost host;
  host.on(
      "POST /-/reload",
      {{200,
        R"({"result":"applied","generation":4,"changes":[{"key":"daemon.workers","before":"2","after":"3","needs_restart":false}],"masked":[],"findings":[]})"}});
  const Ran ran = run_against(host, {"config", "diff"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_NE(ran.out.find("daemon.workers"), std::string::npos);
  EXPECT_NE(ran.out.find("nothing was done"), std::string::npos);
  EXPECT_EQ(host.requests().back(), R"(POST /-/reload {"dry_run":true})");
}

TEST(OperatorCommands, ListTheNewestEventsOnce) {
  FakeHost host;
  host.on("GET /status", {{200, R"({"last_event":120})"}});
  host.on(
      "GET /api/v1/events?after=110&limit=10",
      {{200,
        R"({"events":[{"id":111,"at":"t","task":null,"kind":"host.drained","actor":"alice","text":"x"}],"next":111})"}});
  const Ran ran = run_against(host, {"events", "--limit", "10"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_NE(ran.out.find("111"), std::string::npos) << ran.out;
}

TEST(OperatorCommands, ShowEverythingAtAGlance) {
  FakeHost host;
  host.on("GET /status", {{200, R"({"version":"0.1.0","ready":true})"}});
  host.on("GET /queue", {{200, R"({"jobs":[]})"}});
  host.on("GET /api/v1/next", {{200, R"({"items":[]})"}});
  const Ran ran = run_against(host, {"top", "--rounds", "1"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_NE(ran.out.find("the queue is empty"), std::string::npos) << ran.out;
}

}  // namespace
}  // namespace orc::test
