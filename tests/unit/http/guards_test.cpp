// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "unit/http/fakes.h"

namespace orc::test {
namespace {

class ServerGuards : public ::testing::Test {
 protected:
  void SetUp() override { running_.start(); }
  RunningServer running_;
};

struct BadRequest {
  const char* name;
  const char* bytes;
  int status;  // 0: closed without an answer
  const char* code;
};

constexpr const char* k_smuggled = "GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n";

class ServerRefusal : public ServerGuards, public ::testing::WithParamInterface<BadRequest> {};

TEST_P(ServerRefusal, EndsTheConnectionAndNeverReadsTheRestAsARequest) {
  RawConnection connection = RawConnection::to_unix(running_.socket());
  connection.send(std::string(GetParam().bytes) + k_smuggled);
  const RawReply reply = connection.receive();
  EXPECT_EQ(reply.status, GetParam().status) << reply.head;
  EXPECT_TRUE(reply.closed);
  EXPECT_TRUE(connection.is_at_end());
  if (reply.status != 0 && *GetParam().code != '\0') {
    EXPECT_EQ(reply.json()["code"], GetParam().code) << reply.body;
    EXPECT_TRUE(reply.has_header("Content-Type: application/problem+json")) << reply.head;
  }
  EXPECT_TRUE(running_.engine.requests.empty());
}

INSTANTIATE_TEST_SUITE_P(
    EachWay, ServerRefusal,
    ::testing::Values(
        BadRequest{"BothLengthAndChunks",
                   "POST /-/drain HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n"
                   "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                   400, "ambiguous_length"},
        BadRequest{"Chunks",
                   "POST /-/drain HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "2\r\n{}\r\n0\r\n\r\n",
                   411, "length_required"},
        BadRequest{"NegativeLength",
                   "POST /-/drain HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n", 400,
                   "bad_length"},
        BadRequest{"TwoLengths",
                   "POST /-/drain HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
                   "Content-Length: 2\r\n\r\n{}",
                   400, "ambiguous_length"},
        BadRequest{"LengthWithLetters",
                   "POST /-/drain HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5x\r\n\r\n{}   ",
                   0, ""},
        BadRequest{"TooLarge",
                   "POST /-/drain HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048577\r\n\r\n",
                   413, "body_too_large"},
        BadRequest{"BodyOnARead",
                   "GET /status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}", 400,
                   "unexpected_body"},
        BadRequest{"AForm",
                   "POST /-/drain HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
                   "Content-Length: 2\r\n\r\n{}",
                   415, "not_json"},
        BadRequest{"TwoHosts", "GET /status HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n", 400,
                   "ambiguous_host"},
        BadRequest{"AbsoluteTarget",
                   "GET http://evil.example/status HTTP/1.1\r\nHost: localhost\r\n\r\n", 400,
                   "bad_target"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST_F(ServerGuards, RefuseABodyThatStopsShort) {
  RawConnection connection = RawConnection::to_unix(running_.socket());
  connection.send("POST /-/drain HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{}");
  connection.end_sending();
  const RawReply reply = connection.receive();
  EXPECT_EQ(reply.status, 400) << reply.body;
  EXPECT_TRUE(running_.engine.requests.empty());
}

TEST_F(ServerGuards, KeepAConnectionOpenForTheNextRequest) {
  RawConnection connection = RawConnection::to_unix(running_.socket());
  for (int i = 0; i < 3; ++i) {
    connection.send("POST /-/drain HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}");
    EXPECT_EQ(connection.receive().status, 200);
  }
  EXPECT_EQ(running_.engine.requests.size(), 3U);
}

TEST_F(ServerGuards, AnswerOnTheBoardOnlyUnderAKnownName) {
  const auto status_for = [&](const std::string& host_line) {
    return board(running_, "GET /-/healthy HTTP/1.1\r\n" + host_line + "\r\n").status;
  };
  EXPECT_EQ(status_for("Host: localhost\r\n"), 200);
  EXPECT_EQ(status_for("Host: LOCALHOST:8480\r\n"), 200);
  EXPECT_EQ(status_for("Host: 127.0.0.1:8480\r\n"), 200);
  EXPECT_EQ(status_for("Host: 127.9.9.9\r\n"), 200);
  EXPECT_EQ(status_for("Host: [::1]:8480\r\n"), 200);
  EXPECT_EQ(status_for("Host: evil.example\r\n"), 421);
  EXPECT_EQ(status_for("Host: 127.0.0.1.evil.example\r\n"), 421);
  EXPECT_EQ(status_for("Host: 127.0.0.999\r\n"), 421);
  EXPECT_EQ(status_for("Host: localhost.\r\n"), 421);
  EXPECT_EQ(status_for(""), 421);
}

TEST_F(ServerGuards, RefuseEveryWriteOnABoardWithoutAToken) {
  for (const std::string method : {"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"}) {
    const RawReply reply =
        board(running_, method +
                            " /api/v1/tasks/ORCH-116/approve HTTP/1.1\r\nHost: localhost\r\n"
                            "X-HTTP-Method-Override: GET\r\nContent-Length: 2\r\n\r\n{}");
    EXPECT_EQ(reply.status, 403) << method;
    EXPECT_EQ(reply.json()["code"], "read_only_board");
    EXPECT_NE(reply.json()["hint"].get<std::string>().find("control socket"), std::string::npos);
  }
  EXPECT_TRUE(running_.engine.requests.empty());
}

TEST_F(ServerGuards, SendTheSameProtectiveHeadersWithEveryAnswer) {
  for (const char* target : {"/-/healthy", "/status", "/nothing"}) {
    const RawReply reply = get(running_, target);
    EXPECT_TRUE(reply.has_header("X-Content-Type-Options: nosniff"));
    EXPECT_TRUE(reply.has_header("Cache-Control: no-store"));
    EXPECT_TRUE(
        reply.has_header("Content-Security-Policy: default-src 'none'; frame-ancestors 'none'"));
  }
}

TEST_F(ServerGuards, StillAnswerOnTheBoardWhileItsNeighbourIsFull) {
  std::vector<RawConnection> idle;
  for (int i = 0; i < 32; ++i) idle.push_back(RawConnection::to_unix(running_.socket()));
  EXPECT_EQ(board(running_, "GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 200);
}

TEST(ControlSocket, HasTheConfiguredModeAndMakesItsFolder) {
  RunningServer running;
  running.start();
  struct stat info {};
  ASSERT_EQ(::lstat(running.socket().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST(ControlSocket, IsGoneWhenTheServerIs) {
  RunningServer running;
  running.start();
  running.server.reset();
  EXPECT_FALSE(std::filesystem::exists(running.socket()));
}

TEST(ControlSocket, IsNeverTakenFromALiveServer) {
  RunningServer running;
  running.start();
  const auto second =
      http::Server::start({.control_socket = running.socket(), .board_port = -1, .state_dir = "/"},
                          {running.engine, running.engine, running.engine, running.changes},
                          [&] { return running.open_reader(); });
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, ErrorKind::conflict);
  EXPECT_EQ(get(running, "/-/healthy").status, 200);
}

TEST(ControlSocket, ReplacesAFileThatNobodyListensOn) {
  RunningServer running;
  std::filesystem::create_directories(running.socket().parent_path());
  {
    const UniqueFd dead(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    running.socket().native().copy(static_cast<char*>(address.sun_path),
                                   sizeof(address.sun_path) - 1);
    ASSERT_EQ(::bind(dead.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }
  running.start();
  EXPECT_EQ(get(running, "/-/healthy").status, 200);
}

TEST(ControlSocket, LeavesAnythingButASocketAlone) {
  RunningServer running;
  std::filesystem::create_directories(running.socket().parent_path());
  std::ofstream(running.socket()) << "precious";
  const auto started =
      http::Server::start({.control_socket = running.socket(), .board_port = -1, .state_dir = "/"},
                          {running.engine, running.engine, running.engine, running.changes},
                          [&] { return running.open_reader(); });
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().kind, ErrorKind::refused);
  EXPECT_EQ(std::filesystem::file_size(running.socket()), 8U);
}

TEST(ControlSocket, IsGoneAgainWhenTheBoardsPortIsTaken) {
  RunningServer first;
  first.start();
  RunningServer second;
  const auto started =
      http::Server::start({.control_socket = second.socket(),
                           .board_port = first.server->board_port(),
                           .state_dir = "/"},
                          {second.engine, second.engine, second.engine, second.changes},
                          [&] { return second.open_reader(); });
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().kind, ErrorKind::conflict) << started.error().message;
  EXPECT_FALSE(std::filesystem::exists(second.socket()));
}

}  // namespace
}  // namespace orc::test
