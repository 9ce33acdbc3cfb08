// SPDX-License-Identifier: Apache-2.0
// The forges' door: what is signed is a hint, everything else is nothing.
#include <gtest/gtest.h>

#include "base/digest.h"
#include "unit/http/fakes.h"

namespace orc::test {
namespace {

const std::string k_secret = "hook-secret-4711";
const std::string k_push =
    R"({"ref":"refs/heads/task/T-1","repository":{"full_name":"team/shop"},"after":"ab"})";

class Webhooks : public ::testing::Test {
 protected:
  void SetUp() override {
    running_.webhook_secrets = {{"gitea", k_secret}};
    running_.start();
  }
  RawReply send(const std::string& target, const std::string& headers, const std::string& body) {
    RawConnection connection = RawConnection::to_port(running_.server->webhooks_port());
    connection.send("POST " + target + " HTTP/1.1\r\nHost: hooks.example.lan\r\n" +
                    "Content-Type: application/json\r\n" + headers + "Content-Length: " +
                    std::to_string(body.size()) + "\r\n\r\n" + body);
    return connection.receive();
  }
  RawReply push(const std::string& signature, const std::string& body = k_push) {
    return send("/webhooks/gitea",
                "X-Gitea-Event: push\r\nX-Gitea-Signature: " + signature + "\r\n", body);
  }
  static std::string signature(const std::string& body = k_push) {
    return hmac_sha256_hex(k_secret, body);
  }
  std::int64_t counted(const std::string& result) {
    const std::string page = get(running_, "/metrics").body;
    const std::string series =
        "\norchestrator_webhooks_total{source=\"gitea\",result=\"" + result + "\"} ";
    const std::size_t at = page.find(series);
    return at == std::string::npos ? -1 : std::stoll(page.substr(at + series.size()));
  }
  RunningServer running_;
};

TEST_F(Webhooks, AreHintsWhereToLookAndTellNothing) {
  EXPECT_EQ(counted("accepted"), 0);
  const RawReply reply = push(signature());
  EXPECT_EQ(reply.status, 202) << reply.body;
  EXPECT_EQ(reply.json()["result"], "accepted");
  ASSERT_EQ(running_.engine.requests.size(), 1U);
  const auto& hint = std::get<engine::LookAgain>(running_.engine.requests[0]);
  EXPECT_EQ(hint.forge, "gitea");
  EXPECT_EQ(hint.repository, "team/shop");
  EXPECT_EQ(hint.branch, "task/T-1");
  EXPECT_EQ(running_.engine.actors[0].channel, "webhook");
  EXPECT_FALSE(running_.engine.terms[0].idempotency_key.empty());
  EXPECT_EQ(counted("accepted"), 1);
}

TEST_F(Webhooks, WithTheSameBytesHaveTheSameKeyWhateverTheirDeliveryIsCalled) {
  push(signature());
  push(signature());
  push(signature(R"({"repository":{"full_name":"team/shop"}})"),
       R"({"repository":{"full_name":"team/shop"}})");
  const auto& terms = running_.engine.terms;
  ASSERT_EQ(terms.size(), 3U);
  EXPECT_EQ(terms[0].idempotency_key, terms[1].idempotency_key);
  EXPECT_NE(terms[0].idempotency_key, terms[2].idempotency_key);
}

TEST_F(Webhooks, ThatCameBeforeAreSaidToBeDuplicates) {
  running_.engine.answer.repeated = true;
  EXPECT_EQ(push(signature()).json()["result"], "duplicate");
  EXPECT_EQ(counted("duplicate"), 1);
}

TEST_F(Webhooks, AreRefusedUnlessTheirSignatureFitsTheirBytes) {
  std::string other = signature();
  other[5] = other[5] == '0' ? '1' : '0';
  for (const std::string& wrong :
       {std::string(), std::string("0"), other, "sha256=" + signature(), signature(k_push + " "),
        hmac_sha256_hex("", k_push), hmac_sha256_hex("another-secret", k_push)}) {
    const RawReply reply = push(wrong);
    EXPECT_EQ(reply.status, 401) << wrong;
    EXPECT_EQ(reply.json()["code"], "bad_signature");
  }
  EXPECT_EQ(send("/webhooks/gitea", "", k_push).status, 401) << "no signature at all";
  EXPECT_TRUE(running_.engine.requests.empty());
  EXPECT_EQ(counted("refused"), 8);
}

TEST_F(Webhooks, OfAForgeWithoutASecretAreRefusedHoweverSigned) {
  const RawReply reply =
      send("/webhooks/github",
           "X-GitHub-Event: push\r\nX-Hub-Signature-256: sha256=" + hmac_sha256_hex("", k_push) +
               "\r\n",
           k_push);
  EXPECT_EQ(reply.status, 404);
  EXPECT_TRUE(running_.engine.requests.empty());
}

TEST_F(Webhooks, ThatNameNoRepositoryOrAreNoJsonAreRefused) {
  for (const std::string body : {"{}", "[1]", "nonsense", R"({"repository":"team/shop"})"})
    EXPECT_EQ(push(signature(body), body).status, 422) << body;
  EXPECT_TRUE(running_.engine.requests.empty());
}

TEST_F(Webhooks, HaveADoorOfTheirOwnWithNothingElseBehindIt) {
  RawConnection connection = RawConnection::to_port(running_.server->webhooks_port());
  connection.send("GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(connection.receive().status, 404);
  EXPECT_EQ(send("/-/drain", "", "{}").status, 404);
  EXPECT_EQ(send("/api/v1/tasks/T-1/approve", "", R"({"reason":"r"})").status, 404);
  EXPECT_EQ(post(running_, "/webhooks/gitea", k_push).status, 404) << "on the control socket";
  EXPECT_TRUE(running_.engine.requests.empty());
}

TEST(Hmac, IsThatOfRfc4231) {
  EXPECT_EQ(hmac_sha256_hex("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hmac_sha256_hex(std::string(131, '\xaa'),
                            "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_TRUE(same_digest("ab", "ab"));
  EXPECT_FALSE(same_digest("ab", "ac"));
  EXPECT_FALSE(same_digest("", "a"));
}

}  // namespace
}  // namespace orc::test
