// SPDX-License-Identifier: Apache-2.0
// A look at a running instance, with the real curl and a small server on loopback.
#include <netinet/in.h>
#include <sys/socket.h>

#include <map>
#include <thread>

#include "fixture.h"

namespace test_runner {
namespace {

// Answers each path as scripted; everything else with 404.
class Server {
 public:
  Server() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Server() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  std::map<std::string, std::pair<int, std::string>> answers{
      {"/health", {200, "{}"}},
      {"/status", {200, "{}"}},
      {"/queue", {200, R"({"serial_gate":[]})"}}};
  std::vector<std::string> methods;

 private:
  void serve() {
    while (true) {
      const int client = ::accept(listener_, nullptr, nullptr);
      if (client < 0) return;
      std::array<char, 4096> buffer{};
      const ssize_t got = ::read(client, buffer.data(), buffer.size());
      const std::string request(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
      const std::size_t space = request.find(' ');
      methods.push_back(request.substr(0, space));
      const std::string path = request.substr(space + 1, request.find(' ', space + 1) - space - 1);
      const auto found = answers.find(path);
      const int status = found == answers.end() ? 404 : found->second.first;
      const std::string body = found == answers.end() ? "" : found->second.second;
      const std::string answer =
          "HTTP/1.1 " + std::to_string(status) +
          " X\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
          body;
      (void)!::write(client, answer.data(), answer.size());
      ::close(client);
    }
  }

  int listener_;
  int port_ = 0;
  std::thread thread_;
};

class Smoke : public ::testing::Test {
 protected:
  Smoke() {
    checkout.contract(
        R"({"command":["/bin/sh","-c","echo '<testsuite><testcase name=\"a\"/></testsuite>' > r.xml"],"evidence":{"junit":"r.xml"}})");
  }
  static std::string settings(const std::string& url) {
    return R"({"smoke":{"url":")" + url + R"(","timeout":"5s"}})";
  }
  Checkout checkout;
};

TEST_F(Smoke, OfAHealthyInstancePassesAndOnlyReads) {
  Server server;
  const auto outcome = checkout.run(settings(server.url() + "/"));
  EXPECT_EQ(word(outcome), "PASS") << text(outcome);
  EXPECT_NE(text(outcome).find("| `/queue` | 200 |"), std::string::npos) << text(outcome);
  EXPECT_EQ(server.methods, (std::vector<std::string>{"GET", "GET", "GET"}));
}

TEST_F(Smoke, WithAWrongAnswerIsAFail) {
  Server server;
  server.answers["/queue"] = {200, "{}"};
  const auto outcome = checkout.run(settings(server.url()));
  EXPECT_EQ(word(outcome), "FAIL") << text(outcome);
  EXPECT_NE(text(outcome).find("no serial_gate"), std::string::npos) << text(outcome);
  server.answers["/queue"] = {500, R"({"serial_gate":[]})"};
  EXPECT_EQ(word(checkout.run(settings(server.url()))), "FAIL");
  server.answers["/queue"] = {200, "serial_gate"};
  EXPECT_EQ(word(checkout.run(settings(server.url()))), "FAIL");
}

TEST_F(Smoke, ThatReachesNobodyIsTheEnvironments) {
  std::string gone;
  {
    const Server server;
    gone = server.url();
  }
  EXPECT_EQ(word(checkout.run(settings(gone))), "defer 21");
  EXPECT_EQ(word(checkout.run(settings("http://no-such-host.invalid"))), "hold 32");
}

TEST_F(Smoke, OfAnInstanceThatCannotAnswerNowIsTriedLater) {
  Server server;
  server.answers["/health"] = {503, "{}"};
  EXPECT_EQ(word(checkout.run(settings(server.url()))), "defer 21");
}

}  // namespace
}  // namespace test_runner
