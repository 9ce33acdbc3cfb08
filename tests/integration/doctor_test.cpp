// SPDX-License-Identifier: Apache-2.0
// What would hold a task is known without a running host.
#include <algorithm>

#include "integration/host_test.h"

namespace orc::test {

namespace {

class Doctor : public HostTest {
 protected:
  Json findings(int exit_code) const {
    const CommandResult result =
        host.orchestrator({"doctor", "-c", host.config().string(), "-o", "json"});
    EXPECT_EQ(result.exit_code, exit_code) << result.out << result.err;
    Json answer = Json::parse(result.out, nullptr, false);
    EXPECT_EQ(answer.value("schema", ""), "orchestrator.doctor/1");
    return answer.at("findings");
  }
  static Json finding(const Json& all, const std::string& check, const std::string& subject) {
    for (const Json& each : all) {
      if (each.at("check") == check && each.at("subject") == subject) return each;
    }
    return {{"state", "none"}, {"text", ""}, {"fix", ""}};
  }
  static std::string repo(const std::string& name, const std::string& clone) {
    return "  " + name + ": { clone: " + clone + " }\n";
  }
};

TEST_F(Doctor, ShowsForEachRepositoryWhatItsTestsWillBeWithItsFix) {
  const auto shop = make_repository("shop", {{"pytest.ini", "[pytest]\n"}});
  const auto site = make_repository("site", {{"README.md", "Site.\n"}});
  configure({.repos = repo("shop", shop) + repo("site", site) + repo("lost", "/nonexistent")});
  const Json all = findings(1);
  const Json contract = finding(all, "test contract", "shop");
  EXPECT_EQ(contract.at("state"), "ok") << all.dump(2);
  EXPECT_NE(contract.at("text").get<std::string>().find("pytest"), std::string::npos);
  const Json none = finding(all, "test contract", "site");
  EXPECT_EQ(none.at("state"), "warn");
  EXPECT_NE(none.at("fix").get<std::string>().find("repos.site.test"), std::string::npos);
  EXPECT_EQ(finding(all, "repository", "shop").at("state"), "ok");
  const Json lost = finding(all, "repository", "lost");
  EXPECT_EQ(lost.at("state"), "fail");
  EXPECT_NE(lost.at("fix").get<std::string>().find("repos.lost.clone"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(host.state())) << "it left something behind";
}

TEST_F(Doctor, SaysTheSameInOneLineEach) {
  const auto site = make_repository("site", {{"README.md", "Site.\n"}});
  configure({.repos = repo("site", site)});
  const CommandResult result = host.orchestrator({"doctor", "-c", host.config().string()});
  EXPECT_EQ(result.exit_code, 0) << result.out;
  EXPECT_NE(result.out.find("warn  test contract site: test-runner: declined: "), std::string::npos)
      << result.out;
  EXPECT_NE(result.out.find("    fix: set repos.site.test"), std::string::npos) << result.out;
}

TEST_F(Doctor, StopsAtARefusedConfigurationAndNamesItsPlace) {
  write_text(host.config(), "version: 1\ndaemon: { wrokers: 2 }\n");
  const Json all = findings(1);
  const auto refusal = std::find_if(all.begin(), all.end(), [](const Json& each) {
    return each.at("state") == "fail";
  });
  ASSERT_NE(refusal, all.end());
  EXPECT_NE(refusal->at("subject").get<std::string>().find("orchestrator.yaml:2:"),
            std::string::npos)
      << all.dump(2);
  for (const Json& each : all) EXPECT_EQ(each.at("check"), "configuration");
}

}  // namespace

}  // namespace orc::test
