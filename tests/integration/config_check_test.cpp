// SPDX-License-Identifier: Apache-2.0
// The levels of `config check`, by the real program.
#include "integration/host_test.h"

namespace orc::test {

namespace {

class ConfigCheck : public HostTest {
 protected:
  CommandResult check(std::vector<std::string> more = {},
                      std::vector<std::pair<std::string, std::string>> env = {}) const {
    more.insert(more.begin(),
                {bin_dir() + "/orchestrator", "config", "check", "-c", host.config().string()});
    return run_program(more, host.root(), env);
  }
};

TEST_F(ConfigCheck, OfflineNeedsNeitherSecretsNorVariables) {
  configure(
      {.plugins =
           "  deploy-finalizer:\n    repos: \"*\"\n    settings:\n      command: [/bin/true]\n      revision_command: [/bin/true]\n"
           "      env: { T: { env: ORC_TEST_NO_SUCH_VARIABLE }, F: { file: /no/such/file } }\n"});
  const CommandResult offline = check({"--offline"});
  EXPECT_EQ(offline.exit_code, 0) << offline.err;
  EXPECT_NE(offline.out.find("the configuration is accepted"), std::string::npos);
  const CommandResult here = check();
  EXPECT_EQ(here.exit_code, 78);
  EXPECT_NE(here.err.find("plugins.deploy-finalizer.settings: secret "), std::string::npos)
      << here.err;
  EXPECT_NE(here.err.find("--offline"), std::string::npos) << "the fix names the way around";
  EXPECT_EQ(here.err.find(host.config().string() + ":"), 0U) << here.err;
}

TEST_F(ConfigCheck, AMistypedVariableIsAWarningAndAnErrorUnderStrict) {
  configure({});
  const std::vector<std::pair<std::string, std::string>> typo{{"ORCH_TEST_RUNER_ENABLED", "false"}};
  const CommandResult usual = check({"--offline"}, typo);
  EXPECT_EQ(usual.exit_code, 0) << usual.err;
  EXPECT_NE(usual.err.find("ORCH_TEST_RUNER_ENABLED: warning: no option has this variable, did you "
                           "mean ORCH_TEST_RUNNER_ENABLED?"),
            std::string::npos)
      << usual.err;
  EXPECT_EQ(check({"--offline", "--strict"}, typo).exit_code, 78);
}

TEST_F(ConfigCheck, WhatTheRunningHostHoldsIsInOrder) {
  serve();
  const CommandResult beside = check();
  EXPECT_EQ(beside.exit_code, 0) << beside.err;
}

TEST_F(ConfigCheck, WhatIsShownAsAFileIsTheSameConfiguration) {
  configure({.repos = "  shop: { clone: /srv/shop.git }\n"});
  const auto show = [&](const std::filesystem::path& file, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"config", "show", "-c", file.string()});
    return host.orchestrator(more);
  };
  const std::filesystem::path copy = host.root() / "copy.yaml";
  write_text(copy, show(host.config(), {"-o", "yaml", "--sources"}).out);
  EXPECT_EQ(show(copy).out, show(host.config()).out);
}

}  // namespace
}  // namespace orc::test
