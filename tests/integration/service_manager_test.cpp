// SPDX-License-Identifier: Apache-2.0
// What systemd hears of a host: sd_notify(3), by a socket that stands in for it.
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <csignal>
#include <fstream>
#include <iterator>

#include "integration/host_test.h"

namespace orc::test {

namespace {

class ServiceManager : public HostTest {
 protected:
  void SetUp() override {
    const std::filesystem::path path = host.root() / "notify";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.native().copy(static_cast<char*>(address.sun_path), sizeof(address.sun_path) - 1);
    ASSERT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    const timeval limit{20, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    host.set_environment("NOTIFY_SOCKET", path.string());
    host.set_environment("WATCHDOG_USEC", "200000");
  }

  // The next message that holds `wanted`; empty: none came.
  std::string hear(const std::string& wanted) {
    while (true) {
      std::array<char, 1024> text{};
      const ssize_t size = ::recv(socket_.get(), text.data(), text.size(), 0);
      if (size <= 0) return "";
      std::string message(text.data(), static_cast<std::size_t>(size));
      if (message.find(wanted) != std::string::npos) return message;
    }
  }

 private:
  UniqueFd socket_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
};

TEST_F(ServiceManager, IsAskedToWaitWhileTheHostStartsAndToldWhenItServes) {
  serve();
  const std::string first = hear("");
  EXPECT_TRUE(first.starts_with("EXTEND_TIMEOUT_USEC=30000000\nSTATUS=starting")) << first;
  EXPECT_EQ(hear("READY=1"), "READY=1\nSTATUS=serving: 0 running, 0 queued");
}

TEST_F(ServiceManager, GetsTheEnginesSignOfLifeWithWhatIsOpen) {
  serve({.repos = "  shop: {}\n"});
  submit("IT-1", {"--repo", "shop", "--branch", "work", "--from", "testing"});
  ASSERT_EQ(host.orchestrator({"task", "hold", "IT-1", "--reason", "not now"}).exit_code, 0);
  EXPECT_EQ(hear("1 held"), "WATCHDOG=1\nSTATUS=serving: 0 running, 0 queued, 1 held");
}

TEST_F(ServiceManager, HearsOfAReloadThatIsRefusedAsOfOneThatIsNot) {
  serve();
  for (const char* rest : {"", "gates: { max_broken_artefacts: 1 }\n"}) {
    configure({.workers = 3, .rest = rest});
    const int expected = *rest == '\0' ? 0 : 78;
    EXPECT_EQ(host.orchestrator({"reload"}).exit_code, expected);
    const std::string begun = hear("RELOADING=1");
    EXPECT_TRUE(begun.starts_with("RELOADING=1\nMONOTONIC_USEC=")) << begun;
    EXPECT_TRUE(hear("READY=1").starts_with("READY=1\nSTATUS=serving"));
  }
}

TEST_F(ServiceManager, IsAskedToWaitForADrainAndHearsThatTheEngineLivesMeanwhile) {
  const Gate gate(host.root());
  hook("review", gate.python());
  serve({.repos = "  shop: {}\n"});
  submit("IT-1", {"--repo", "shop", "--branch", "work", "--from", "review"});
  ASSERT_TRUE(gate.wait_for_count(1)) << host.log();
  for (const pid_t process : host.processes()) {
    if (process == host.pid()) continue;
    std::ifstream file("/proc/" + std::to_string(process) + "/environ");
    const std::string environment((std::istreambuf_iterator<char>(file)), {});
    EXPECT_EQ(environment.find("NOTIFY_SOCKET"), std::string::npos) << process;
  }
  host.signal(SIGTERM);
  EXPECT_TRUE(hear("STOPPING=1").starts_with("STOPPING=1\nSTATUS=draining"));
  EXPECT_TRUE(
      hear("EXTEND_TIMEOUT_USEC=").starts_with("EXTEND_TIMEOUT_USEC=30000000\nSTATUS=draining"));
  EXPECT_EQ(hear("STATUS=draining: "), "WATCHDOG=1\nSTATUS=draining: 1 running, 0 queued");
  gate.open();
  EXPECT_EQ(host.wait_for_exit(), 0);
}

}  // namespace

}  // namespace orc::test
