// SPDX-License-Identifier: Apache-2.0
// The decisions that no program takes.
#include <pwd.h>
#include <unistd.h>

#include "integration/host_test.h"

namespace orc::test {

namespace {

class HumanGate : public HostTest {
 protected:
  void reach(const std::string& id) {
    const auto repository = make_repository("plain", {{"README.md", "Plain.\n"}});
    serve();
    submit(id, {"--repo", repository});
    ASSERT_EQ(settled(id)["state"], "waiting_human") << host.log();
  }
  std::vector<Json> approvals(const std::string& id) const {
    auto entries = timeline(id);
    std::erase_if(entries, [](const Json& e) { return e.value("kind", "") != "approval"; });
    return entries;
  }
};

TEST_F(HumanGate, AnApprovalIsKeptWithTheUnixUserAndTheChannel) {
  reach("IT-7");
  ask({"task", "approve", "IT-7", "--reason", "read it"});
  const auto kept = approvals("IT-7");
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0]["approved"], true);
  EXPECT_EQ(kept[0]["channel"], "cli");
  EXPECT_EQ(kept[0]["reason"], "read it");
  EXPECT_NE(kept[0]["actor"].get<std::string>().find(::getpwuid(::geteuid())->pw_name),
            std::string::npos)
      << kept[0];
  EXPECT_NE(task("IT-7")["stage"], "analysis");
}

TEST_F(HumanGate, ARejectionNeedsItsReason) {
  reach("IT-8");
  const CommandResult silent = host.orchestrator({"task", "reject", "IT-8"});
  EXPECT_EQ(silent.exit_code, 64) << silent.err;
  EXPECT_NE(silent.err.find("say why"), std::string::npos) << silent.err;
  EXPECT_TRUE(approvals("IT-8").empty());
  EXPECT_EQ(task("IT-8")["state"], "waiting_human");
  ask({"task", "reject", "IT-8", "--reason", "too thin"});
  const auto kept = approvals("IT-8");
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0]["approved"], false);
  EXPECT_EQ(kept[0]["reason"], "too thin");
}

}  // namespace

}  // namespace orc::test
