// SPDX-License-Identifier: Apache-2.0
// The table of endings, twice: each one made to happen with the real ssh and sshd, and each
// recorded one classified from fixtures/endings.json. ORCH_RECORD=1 writes the recording anew.
#include "endings.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "classify.h"
#include "staging_runner.h"
#include "support/real_plugin_host.h"

namespace staging_runner {
namespace {

using namespace orchestrator::plugin;

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  if (what.empty()) return text;
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

Json to_json(const orchestrator::plugin::ProcessEnd& end) {
  using namespace orchestrator::plugin;
  if (const auto* exited = std::get_if<Exited>(&end)) return {{"exited", exited->code}};
  if (const auto* killed = std::get_if<Signalled>(&end)) return {{"signalled", killed->signal}};
  if (const auto* none = std::get_if<NotStarted>(&end))
    return {{"not_started", none->error_number}};
  return std::holds_alternative<TimedOut>(end) ? "timed_out" : "cancelled";
}

orchestrator::plugin::ProcessEnd end_of(const Json& json) {
  using namespace orchestrator::plugin;
  if (json == "timed_out") return TimedOut{};
  if (json == "cancelled") return Cancelled{};
  if (json.contains("exited")) return Exited{json.at("exited").get<int>()};
  if (json.contains("signalled")) return Signalled{json.at("signalled").get<int>()};
  return NotStarted{json.at("not_started").get<int>(), "the program"};
}

// Starts the real programs and keeps what the last one gave, as a row of fixtures/endings.json.
class RecordingHost : public orc::test::RealPluginHost {
 public:
  using RealPluginHost::RealPluginHost;

  orchestrator::plugin::ProcessResult run(const orchestrator::plugin::Process& process) override {
    auto result = RealPluginHost::run(process);
    row = {{"end", to_json(result.end)}};
    const std::string script = process.stdin_bytes;
    if (script.empty()) return result;
    const std::size_t at = script.find("nonce='") + 7;
    row["out"] = replaced(result.out, script.substr(at, script.find('\'', at) - at), "@NONCE@");
    std::ifstream log(process.argv.at(5));
    row["ssh_log"] = shortened({std::istreambuf_iterator<char>(log), {}});
    return result;
  }

  Json row;

 private:
  // The lines of the key exchange are the same every time and say nothing here.
  static std::string shortened(const std::string& log) {
    std::istringstream lines(log);
    std::string kept;
    for (std::string line; std::getline(lines, line);) {
      bool keep = line.rfind("debug1: ", 0) != 0;
      for (const char* const telling : {"Connecting to", "Connection established", "continue: ",
                                        "rtype exit", "Exit status", "Authenticating to"})
        keep = keep || line.find(telling) != std::string::npos;
      if (keep) kept += line + '\n';
    }
    return kept;
  }
};

const std::string k_fixtures = std::string(PLUGIN_SOURCE_DIR) + "/tests/fixtures/endings.json";

std::string cause_of(const Outcome& outcome) {
  const std::string* text = nullptr;
  if (const auto* verdict = std::get_if<orchestrator::plugin::Verdict>(&outcome))
    return verdict->token == "SUCCESS" ? "suite green" : "suite red";
  if (const auto* defer = std::get_if<Defer>(&outcome)) {
    text = &defer->text;
  } else {
    text = &std::get_if<Hold>(&outcome)->text;
  }
  return text->substr(0, text->find(": "));
}

std::string text_of(const Outcome& outcome) {
  if (const auto* verdict = std::get_if<orchestrator::plugin::Verdict>(&outcome))
    return verdict->body;
  if (const auto* defer = std::get_if<Defer>(&outcome)) return defer->text;
  return std::get_if<Hold>(&outcome)->text;
}

class Endings : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!server.problem().empty()) GTEST_SKIP() << server.problem();
    ASSERT_EQ(::unsetenv("ORCH_STAGING_RUN"), 0);
  }

  test::RequestBuilder request() const {
    test::RequestBuilder made;
    made.stage = "deploy-staging";
    made.commit = "0123456789abcdef0123456789abcdef01234567";
    made.branch = "feature/a";
    made.worktree = made.scratch = folder.path().string();
    return made;
  }
  Json over_ssh() const {
    return {{"timeout", "20s"},
            {"revision", {{"unproven", true}}},
            {"ssh",
             {{"target", orc::test::LoopbackSshd::target()},
              {"port", server.port()},
              {"identity", server.client_key()},
              {"known_hosts", server.known_hosts()},
              {"connect_timeout", "5s"}}}};
  }
  void play(const Scenario& scenario, Json settings) {
    test::RequestBuilder builder = request();
    Scene scene{server, settings, builder};
    if (scenario.arrange) scenario.arrange(scene);
    settings["command"] = scenario.command;
    StagingRunner runner;
    const auto refused = runner.configure(settings.dump());
    ASSERT_FALSE(refused.has_value()) << *refused;
    RecordingHost host("/");
    const Outcome outcome = runner.produce(builder.build(), host);
    EXPECT_EQ(cause_of(outcome), scenario.expected) << scenario.name << '\n' << text_of(outcome);
    Json row = host.row;
    row["name"] = scenario.name;
    row["expected"] = scenario.expected;
    row["made"] = "recorded";
    row["commit"] = builder.commit;
    if (settings.contains("revision") && !settings["revision"].contains("unproven"))
      row["revision"] = settings["revision"];
    recorded.push_back(Json::parse(replaced(replaced(row.dump(), server.folder(), "/staging"),
                                            folder.path().string(), "/scratch")));
  }

  orc::test::LoopbackSshd server;
  test::ScratchFolder folder;
  Json recorded = Json::array();
};

TEST_F(Endings, AreWhatTheyAreWhenTheyReallyHappen) {
  for (const Scenario& scenario : scenarios_over_ssh()) play(scenario, over_ssh());
  for (const Scenario& scenario : scenarios_here()) play(scenario, {{"timeout", "20s"}});
  if (std::getenv("ORCH_RECORD") == nullptr) return;
  // The rows that cannot be made to happen here stay as they are.
  std::ifstream old(k_fixtures);
  const Json known = old ? Json::parse(old) : Json::array();
  for (const Json& row : known) {
    if (row.at("made") != "recorded") recorded.push_back(row);
  }
  std::ofstream(k_fixtures) << recorded.dump(1) << '\n';
}

Finding classified(const Json& row) {
  Settings settings;
  if (row.contains("revision")) {
    settings.revision = RevisionSettings{};
    settings.revision->before = row["revision"].value("check", "before_and_after") != "after";
  }
  const ProcessEnd end = end_of(row.at("end"));
  if (!row.contains("ssh_log")) return classify_local(settings, end);
  return classify_remote(settings, end, read_marks(row.value("out", ""), "@NONCE@"),
                         row.at("ssh_log").get<std::string>(), row.at("commit").get<std::string>());
}

TEST(RecordedEndings, AllHaveTheirClass) {
  std::ifstream stream(k_fixtures);
  const Json rows = Json::parse(stream);
  EXPECT_GE(rows.size(), 70U);
  for (const Json& row : rows)
    EXPECT_EQ(row_of(classified(row).cause).name, row.at("expected")) << row.dump(1);
}

// A recording without its last marks, or cut anywhere, is never a verdict.
TEST(RecordedEndings, AreNoVerdictWhenTheirEndIsMissing) {
  std::ifstream stream(k_fixtures);
  for (const Json& row : Json::parse(stream)) {
    if (!row.contains("ssh_log")) continue;
    const std::string out = row.value("out", "");
    const std::size_t end = out.find("@NONCE@ end ");
    for (std::size_t size = 0; size < std::min(end, out.size()); size += 5) {
      Json cut = row;
      cut["out"] = out.substr(0, size);
      EXPECT_FALSE(row_of(classified(cut).cause).verdict) << cut.dump(1);
    }
  }
}

}  // namespace
}  // namespace staging_runner
