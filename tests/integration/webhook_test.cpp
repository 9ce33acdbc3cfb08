// SPDX-License-Identifier: Apache-2.0
// A forge's calls against a real host, by curl, as Gitea sends them.
#include "base/digest.h"
#include "integration/host_test.h"

namespace orc::test {

namespace {

const std::string k_secret = "webhook-secret-0815";
const std::string k_push = R"({"ref":"refs/heads/main","repository":{"full_name":"team/shop"}})";

class WebhookHost : public HostTest {
 protected:
  void SetUp() override {
    host.set_environment("GITEA_WEBHOOK", k_secret);
    write_text(host.root() / "conf.d" / "webhooks.yaml",
               "http: { webhooks: { listen: '127.0.0.1:0', gitea: { secret: { env: "
               "GITEA_WEBHOOK } } } }\n");
    serve({.repos = "  shop: { clone: 'ssh://git@git.example.lan/team/shop.git' }\n"});
    const std::string log = host.log();
    const std::string before = "127.0.0.1:";
    port_ = std::stoi(log.substr(log.rfind(before) + before.size()));
  }
  // The status code and the body.
  std::pair<int, Json> send(const std::string& signature, const std::string& body = k_push) {
    const CommandResult sent = run_program(
        {"/usr/bin/curl", "-s", "-w", "\n%{http_code}", "-H", "Content-Type: application/json",
         "-H", "X-Gitea-Event: push", "-H", "X-Gitea-Signature: " + signature, "-d", body,
         "http://127.0.0.1:" + std::to_string(port_) + "/webhooks/gitea"},
        host.root());
    const std::size_t line = sent.out.rfind('\n');
    return {std::stoi(sent.out.substr(line + 1)), Json::parse(sent.out.substr(0, line))};
  }
  bool has_series(const std::string& line) {
    const CommandResult page = run_program(
        {"/usr/bin/curl", "-sf", "--unix-socket", (host.root() / "control.sock").string(),
         "http://localhost/metrics"},
        host.root());
    return page.out.find("\norchestrator_webhooks_total{source=\"gitea\"," + line + "\n") !=
           std::string::npos;
  }
  int port_ = 0;
};

TEST_F(WebhookHost, TakesWhatIsSignedOnceAndNothingElse) {
  const std::string signature = hmac_sha256_hex(k_secret, k_push);
  EXPECT_EQ(send(hmac_sha256_hex("guessed-secret", k_push)).first, 401);
  EXPECT_EQ(send(signature, k_push + " ").first, 401);
  const auto first = send(signature);
  EXPECT_EQ(first.first, 202);
  EXPECT_EQ(first.second.at("result"), "accepted");
  EXPECT_EQ(send(signature).second.at("result"), "duplicate");
  const std::string other = R"({"repository":{"full_name":"team/other"}})";
  EXPECT_EQ(send(hmac_sha256_hex(k_secret, other), other).second.at("result"), "ignored");
  EXPECT_TRUE(has_series(R"(result="accepted"} 1)"));
  EXPECT_TRUE(has_series(R"(result="refused"} 2)"));
  EXPECT_EQ(host.log().find(k_secret), std::string::npos);
}

TEST_F(WebhookHost, RemembersWhatItTookAcrossARestart) {
  const std::string signature = hmac_sha256_hex(k_secret, k_push);
  ASSERT_EQ(send(signature).second.at("result"), "accepted");
  host.kill_hard();
  ASSERT_TRUE(host.start()) << host.log();
  const std::string log = host.log();
  port_ = std::stoi(log.substr(log.rfind("127.0.0.1:") + 10));
  EXPECT_EQ(send(signature).second.at("result"), "duplicate");
}

}  // namespace

}  // namespace orc::test
