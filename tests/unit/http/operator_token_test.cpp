// SPDX-License-Identifier: Apache-2.0
// Writes at the board: who may, and what everybody else is told.
#include <gtest/gtest.h>

#include "http/board_guard.h"
#include "unit/http/fakes.h"

namespace orc::test {
namespace {

const std::string k_token = "0123456789abcdef-token";

class BoardWrites : public ::testing::Test {
 protected:
  void SetUp() override {
    running_.operator_token = k_token;
    running_.start();
  }
  RawReply write(const std::string& fields, const std::string& request_line =
                                                "POST /api/v1/tasks/ORCH-116/approve") {
    return board(running_, request_line + " HTTP/1.1\r\nHost: localhost:8480\r\n" + fields +
                               "Content-Length: 2\r\n\r\n{}");
  }
  RunningServer running_;
};

TEST_F(BoardWrites, WithTheTokenAreCommandsOfItsHolder) {
  EXPECT_EQ(write("Authorization: Bearer " + k_token + "\r\n").status, 200);
  EXPECT_EQ(write("authorization: bearer  " + k_token + "\r\n").status, 200) << "RFC 9110, 11.1";
  ASSERT_EQ(running_.engine.actors.size(), 2U);
  EXPECT_EQ(running_.engine.actors[0].name, "token");
  EXPECT_EQ(running_.engine.actors[0].channel, "board");
}

TEST_F(BoardWrites, WithoutTheTokenAreNotCarriedOut) {
  for (const std::string& fields :
       {std::string(), "Authorization: Bearer " + k_token + "x\r\n",
        "Authorization: Bearer " + k_token.substr(1) + "\r\n", std::string("Authorization: Bearer \r\n"),
        "Authorization: Basic " + k_token + "\r\n", "Authorization: " + k_token + "\r\n"}) {
    const RawReply reply = write(fields);
    EXPECT_EQ(reply.status, 401) << fields;
    EXPECT_EQ(reply.json()["code"], "wrong_token");
    EXPECT_TRUE(reply.has_header("WWW-Authenticate: Bearer realm=\"orchestrator\"")) << reply.head;
  }
  EXPECT_TRUE(running_.engine.requests.empty());
}

TEST_F(BoardWrites, FromAPageOfAnotherSiteAreRefusedAlsoWithTheToken) {
  const std::string authorized = "Authorization: Bearer " + k_token + "\r\n";
  for (const char* origin : {"http://evil.example", "null", "http://localhost", "http://localhost:84"}) {
    const RawReply reply = write(authorized + "Origin: " + origin + "\r\n");
    EXPECT_EQ(reply.status, 403) << origin;
    EXPECT_EQ(reply.json()["code"], "foreign_origin");
  }
  EXPECT_TRUE(running_.engine.requests.empty());
  EXPECT_EQ(write(authorized + "Origin: http://localhost:8480\r\n").status, 200);
  EXPECT_EQ(write(authorized + "Origin: https://localhost:8480\r\n").status, 200)
      << "a proxy speaks TLS in front";
}

TEST_F(BoardWrites, IncludeTheReload) {
  EXPECT_EQ(write("", "POST /-/reload").status, 401);
  EXPECT_TRUE(running_.engine.reload_causes.empty());
  EXPECT_EQ(write("Authorization: Bearer " + k_token + "\r\n", "POST /-/reload").status, 200);
  ASSERT_EQ(running_.engine.reload_causes.size(), 1U);
  EXPECT_EQ(running_.engine.reload_causes[0], "token by board");
}

TEST_F(BoardWrites, AreNoReasonToRefuseAReaderWithAnotherScheme) {
  const auto read = [&](const std::string& target, const std::string& fields) {
    return board(running_, "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n").status;
  };
  EXPECT_EQ(read("/status", "Authorization: Basic cHJveHk6cHJveHk=\r\n"), 200);
  EXPECT_EQ(read("/api/v1/config", ""), 403);
  EXPECT_EQ(read("/api/v1/config", "Authorization: Bearer " + k_token + "\r\n"), 200);
}

TEST(OperatorToken, OfABoardWithoutOneIsCarriedByNobody) {
  const http::OperatorToken none("");
  EXPECT_FALSE(none.is_carried_by("Bearer "));
  EXPECT_FALSE(none.is_carried_by(""));
}

}  // namespace
}  // namespace orc::test
