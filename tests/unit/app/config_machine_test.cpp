// SPDX-License-Identifier: Apache-2.0
// The third level of `config check`.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

#include "app/config_check.h"
#include "base/unique_fd.h"
#include "support/host_harness.h"

namespace orc::app {
namespace {

class Machine : public ::testing::Test {
 protected:
  Machine() {
    config_.state_dir = temp_.path() / "state";
    config_.database = temp_.path() / "state/orchestrator.db";
    config_.control_socket = temp_.path() / "control.sock";
    config_.board.port = -1;
  }
  // "key: problem" of every finding.
  std::vector<std::string> look(config::Finding::Severity severity) const {
    std::vector<std::string> texts;
    for (const config::Finding& finding : look_at_machine(config_, {{"http", "o.yaml:3:1"}})) {
      if (finding.severity == severity) texts.push_back(finding.key + ": " + finding.problem);
    }
    return texts;
  }
  std::vector<std::string> errors() const { return look(config::Finding::Severity::error); }
  std::vector<std::string> warnings() const { return look(config::Finding::Severity::warning); }

  test::TempDir temp_;
  config::Config config_;
};

TEST_F(Machine, FindsNothingWhereEverythingIsThereOrCanBeMade) {
  EXPECT_TRUE(errors().empty());
  EXPECT_TRUE(warnings().empty());
  EXPECT_FALSE(std::filesystem::exists(config_.state_dir)) << "a look makes nothing";
}

TEST_F(Machine, NamesAnAddressThatSomebodyElseHas) {
  const UniqueFd taken(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(::bind(taken.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(taken.get(), 1), 0);
  ASSERT_EQ(::getsockname(taken.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  config_.board = {"127.0.0.1", ntohs(address.sin_port)};
  ASSERT_EQ(errors().size(), 1U);
  EXPECT_TRUE(errors()[0].starts_with("http.board.listen: cannot listen on 127.0.0.1:"));
  EXPECT_EQ(look_at_machine(config_, {{"http", "o.yaml:3:1"}})[0].where, "o.yaml:3:1");
  config_.board = {"192.0.2.1", 1};  // RFC 5737: of no machine
  EXPECT_EQ(errors().size(), 1U);
}

TEST_F(Machine, NamesASecretThatIsNotThere) {
  config::Plugin plugin;
  plugin.name = plugin.type = "staging-runner";
  plugin.settings = R"({"env":{"T":{"env":"ORC_TEST_NO_SUCH_VARIABLE"}}})";
  config_.plugins.emplace(plugin.name, plugin);
  ASSERT_EQ(errors().size(), 1U);
  EXPECT_TRUE(errors()[0].starts_with("plugins.staging-runner.settings: secret env:ORC_TEST_NO"))
      << errors()[0];
  config_.plugins.at(plugin.name).enabled = false;
  EXPECT_TRUE(errors().empty()) << "what is switched off needs nothing";
}

TEST_F(Machine, OutsideTheServiceACredentialIsADoubtOnly) {
  ::unsetenv("CREDENTIALS_DIRECTORY");
  config::Plugin plugin;
  plugin.name = plugin.type = "staging-runner";
  plugin.settings = R"({"token":{"credential":"gitea"}})";
  config_.plugins.emplace(plugin.name, plugin);
  EXPECT_TRUE(errors().empty());
  EXPECT_EQ(warnings().size(), 1U);
  ::setenv("CREDENTIALS_DIRECTORY", temp_.path().c_str(), 1);
  EXPECT_EQ(errors().size(), 1U) << "inside, a missing one is missing";
  ::unsetenv("CREDENTIALS_DIRECTORY");
}

TEST_F(Machine, NamesADatabaseThatIsNone) {
  test::write_text(config_.database, "no database");
  ASSERT_EQ(errors().size(), 1U);
  EXPECT_TRUE(errors()[0].starts_with("db.url: ")) << errors()[0];
}

TEST_F(Machine, NamesAProgramThatAPluginNeeds) {
  config::Plugin plugin;
  plugin.name = plugin.type = "llm-spawner";
  plugin.settings = R"({"argv":["no-such-agent","--x"]})";
  config_.plugins.emplace(plugin.name, plugin);
  ASSERT_EQ(warnings().size(), 1U);
  EXPECT_EQ(warnings()[0],
            "plugins.llm-spawner.settings.argv: no-such-agent is not in this user's PATH");
}

}  // namespace
}  // namespace orc::app
