// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>

#include "jobs/fork_server.h"
#include "support/temp_dir.h"

namespace orc::jobs {
namespace {

// Stands in for the server: writes what it was given to the worker's log and gives itself out as
// the worker. 1034 is F_GET_SEALS.
constexpr const char* k_server = R"(#!/usr/bin/python3
import fcntl, os, socket, struct, sys
channel = socket.socket(fileno=3)
message, fds, flags, address = socket.recv_fds(channel, 8192, 2)
run, folder = message.split(b'\0')
log = open(fds[0], 'w')
print('run', run.decode(), 'folder', folder.decode(), file=log)
print('environment', sorted(os.environ), file=log)
if len(fds) > 1:
    print('secrets', os.read(fds[1], 4096).decode(), 'seals', fcntl.fcntl(fds[1], 1034), file=log)
log.flush()
socket.send_fds(channel, [struct.pack('Iii', 0, os.getpid(), 0)], [os.pidfd_open(os.getpid())])
channel.recv(1)
)";

class ForkRequestTest : public ::testing::Test {
 protected:
  ForkRequestTest() {
    EXPECT_TRUE(
        write_file_atomically(temp_.path() / "server", k_server, Durability::process, 0700).ok());
    EXPECT_TRUE(make_folder(folder_).ok());
  }

  // What the server saw.
  std::string start(const std::string& secrets) {
    ForkServer server(temp_.path() / "server");
    const Result<process::Child> child = server.start(folder_, secrets, "run-7");
    EXPECT_TRUE(child.ok()) << child.error().message;
    return read_file(folder_ / "log", 1 << 20).value();
  }

  const test::TempDir temp_;
  const std::filesystem::path folder_ = temp_.path() / "7-1";
};

TEST_F(ForkRequestTest, HandsOverTheFolderTheRunAndNothingElse) {
  ASSERT_EQ(::setenv("ORCH_TEST_CANARY", "canary", 1), 0);
  const std::string log = start("{}");
  ::unsetenv("ORCH_TEST_CANARY");
  EXPECT_NE(log.find("run run-7 folder " + folder_.string() + "\n"), std::string::npos);
  EXPECT_NE(log.find("'ORCH_RUN_ID'"), std::string::npos);
  EXPECT_EQ(log.find("CANARY"), std::string::npos);
  EXPECT_EQ(log.find("secrets"), std::string::npos);
}

TEST_F(ForkRequestTest, PassesSecretsOverASealedFile) {
  const std::string log = start(R"({"env:TOKEN":"s3cret"})");
  EXPECT_NE(log.find(R"(secrets {"env:TOKEN":"s3cret"} seals 15)"), std::string::npos) << log;
}

TEST_F(ForkRequestTest, ARunIdThatHasNoRoomIsRefused) {
  ForkServer server(temp_.path() / "server");
  EXPECT_FALSE(server.start(folder_, "", std::string(k_longest_run_id + 1, 'x')).ok());
}

}  // namespace
}  // namespace orc::jobs
