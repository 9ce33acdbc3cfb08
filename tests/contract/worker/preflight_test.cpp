// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "support/paths.h"
#include "worker_fixture.h"

namespace orc::worker {
namespace {

using nlohmann::json;

class Preflight : public ::testing::Test {
 protected:
  json ask(const std::string& mode, const json& repositories = json::array()) {
    const json question{{"settings", {{"mode", mode}, {"token", {{"env", "T"}}}}},
                        {"secrets", {{"env:T", "s3cret"}}},
                        {"scratch", temp_.path().string()},
                        {"run_id", "preflight-1"},
                        {"limit_ms", 5000},
                        {"repositories", repositories}};
    process::RunSpec spec;
    spec.spawn.argv = {test::bin_dir() + "/orchestrator-worker", "--preflight",
                       test_plugin("probe").string()};
    spec.spawn.env = process::base_environment();
    spec.stdin_text = question.dump();
    result_ = process::run(spec);
    return json::parse(result_.out, nullptr, false);
  }

  test::TempDir temp_;
  process::RunResult result_;
};

TEST_F(Preflight, SaysThatThePluginsSurroundingsAreInOrder) {
  EXPECT_EQ(ask("fine"), (json{{"in_order", true}, {"text", ""}, {"repositories", json::array()}}));
}

TEST_F(Preflight, SaysWhatIsMissing) {
  const json answer = ask("preflight_red");
  EXPECT_EQ(answer["in_order"], false);
  EXPECT_EQ(answer["text"], "no docker");
}

TEST_F(Preflight, HandsOverRepositoriesAndSecretsAndAllowsProgramsThatChangeNothing) {
  const json answer =
      ask("fine", {{{"repo", "shop"}, {"base_branch", "s3cret"}, {"contract", "{\"test\":1}"}},
                   {{"repo", "other"}, {"base_branch", "main"}, {"contract", "{}"}}});
  ASSERT_EQ(answer["repositories"].size(), 2U) << result_.out << result_.err;
  EXPECT_EQ(answer["repositories"][0]["repo"], "shop");
  EXPECT_EQ(answer["repositories"][0]["in_order"], true);
  EXPECT_EQ(answer["repositories"][0]["text"], "{\"test\":1} in " + temp_.path().string() + "\n");
  EXPECT_EQ(answer["repositories"][1]["in_order"], false);
}

TEST_F(Preflight, TellsAFaultOfThePluginFromSomethingMissing) {
  EXPECT_NE(ask("preflight_throw").value("refused", "").find("exception"), std::string::npos);
  EXPECT_NE(ask("refuse_settings").value("refused", "").find("refused"), std::string::npos);
  EXPECT_TRUE(ask("preflight_crash").is_discarded());
  EXPECT_TRUE(std::holds_alternative<process::Signalled>(result_.end));
}

}  // namespace
}  // namespace orc::worker
