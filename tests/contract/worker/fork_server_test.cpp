// SPDX-License-Identifier: Apache-2.0
#include "jobs/fork_server.h"

#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>
#include <utility>

#include "support/paths.h"
#include "worker_fixture.h"

namespace orc::worker {
namespace {

std::string read_proc(pid_t pid, const char* name) {
  const std::ifstream file("/proc/" + std::to_string(pid) + "/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

pid_t parent_of(pid_t pid) {
  const std::string stat = read_proc(pid, "stat");
  return std::stoi(stat.substr(stat.rfind(')') + 4));
}

class ForkServerTest : public WorkerTest {
 protected:
  void start_one_that_waits() {
    add_probe("until_cancel");
    start();
    wait_for_progress(
        [](const jobs::Progress& p) { return p.phase == jobs::Progress::Phase::producing; });
  }
};

TEST_F(ForkServerTest, AWorkerShowsItsOwnRunAndFolderInASessionOfItsOwn) {
  ASSERT_EQ(::setenv("ORCH_TEST_CANARY", "canary", 1), 0);
  start_one_that_waits();
  ::unsetenv("ORCH_TEST_CANARY");
  EXPECT_EQ(::getsid(worker_.pid), worker_.pid);
  EXPECT_NE(read_proc(worker_.pid, "cmdline").find(folder_.string()), std::string::npos);
  EXPECT_EQ(read_proc(worker_.pid, "cmdline").find("--fork-server"), std::string::npos);
  EXPECT_EQ(survivors(), std::vector<pid_t>{worker_.pid});
  EXPECT_EQ(read_proc(worker_.pid, "environ").find("canary"), std::string::npos);
  ::kill(worker_.pid, SIGTERM);
  expect<Deferred>(wait());
}

TEST_F(ForkServerTest, EndsWithItsHostWhileItsWorkersGoOn) {
  start_one_that_waits();
  const pid_t server = parent_of(worker_.pid);
  ASSERT_NE(server, ::getpid());
  server_.emplace(std::filesystem::path(test::bin_dir()) / "orchestrator-worker");
  EXPECT_EQ(::kill(server, 0), -1);
  EXPECT_FALSE(has_ended(worker_));
  EXPECT_EQ(jobs::live_worker(folder_)->pid, worker_.pid);
  ::kill(worker_.pid, SIGTERM);
  expect<Deferred>(wait());
}

TEST_F(ForkServerTest, IsReplacedWhenItWasKilled) {
  start_one_that_waits();
  const process::Child first = std::move(worker_);
  const pid_t server = parent_of(first.pid);
  ::kill(server, SIGKILL);
  folder_ = temp_.path() / "jobs" / "8-1";
  const std::string run_of_the_first = std::exchange(request_.run_id, request_.run_id + "-2");
  request_.chain.clear();
  add_probe("accept");
  expect<Verdict>(run());
  // The worker of the lost server is nobody's child any more, but it is still waited for.
  EXPECT_FALSE(has_ended(first));
  EXPECT_EQ(process::find_by_run_id(run_of_the_first), std::vector<pid_t>{first.pid});
  ::kill(first.pid, SIGKILL);
}

TEST_F(ForkServerTest, MakesTheNextWorkerFromAProgramThatWasReplaced) {
  const std::filesystem::path program = temp_.path() / "orchestrator-worker";
  const auto install = [&] {
    const std::filesystem::path fresh = program.string() + ".new";
    std::filesystem::copy_file(std::filesystem::path(test::bin_dir()) / "orchestrator-worker",
                               fresh);
    std::filesystem::rename(fresh, program);
  };
  install();
  server_.emplace(program);
  start_one_that_waits();
  const process::Child first = std::move(worker_);
  const pid_t server = parent_of(first.pid);
  install();
  folder_ = temp_.path() / "jobs" / "8-1";
  request_.run_id += "-2";
  start();
  EXPECT_NE(parent_of(worker_.pid), server);
  EXPECT_EQ(std::filesystem::read_symlink("/proc/" + std::to_string(worker_.pid) + "/exe"), program);
  EXPECT_EQ(::kill(server, 0), -1) << "the server of the old program is gone";
  EXPECT_FALSE(has_ended(first)) << "its worker goes on";
  ::kill(first.pid, SIGKILL);
  ::kill(worker_.pid, SIGTERM);
  wait();
}

TEST_F(ForkServerTest, TellsHowAWorkerEndedThatLeftNoReport) {
  add_probe("crash_produce");
  expect<FailedRun>(run());
  ASSERT_TRUE(end_ && std::holds_alternative<process::Signalled>(*end_));
  EXPECT_EQ(std::get<process::Signalled>(*end_).signal, SIGKILL);
}

TEST_F(ForkServerTest, TellsAMissingProgram) {
  ASSERT_TRUE(jobs::create(folder_, request_).ok());
  jobs::ForkServer none(temp_.path() / "absent");
  const Result<process::Child> child = none.start(folder_, "", "r");
  ASSERT_FALSE(child.ok());
  EXPECT_EQ(child.error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace orc::worker
