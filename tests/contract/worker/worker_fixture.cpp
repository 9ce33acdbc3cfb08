// SPDX-License-Identifier: Apache-2.0
#include "worker_fixture.h"

#include <poll.h>
#include <sys/inotify.h>

#include <csignal>

#include "process/process.h"
#include "support/paths.h"

namespace orc::worker {

namespace {

constexpr int k_patience_ms = 20'000;

bool becomes_readable(int fd, int timeout_ms) {
  pollfd watched{fd, POLLIN, 0};
  return ::poll(&watched, 1, timeout_ms) == 1;
}

}  // namespace

std::filesystem::path test_plugin(const std::string& name) {
  return std::filesystem::path(TEST_PLUGIN_DIR) / (name + ".so");
}

WorkerTest::WorkerTest()
    : server_(std::in_place, std::filesystem::path(test::bin_dir()) / "orchestrator-worker") {
  request_.job = JobId{7};
  request_.run_id = "7-1-" + temp_.path().filename().string();
  request_.work_item = "DEMO-1";
  request_.title = "A demonstration";
  request_.request = "Make it so.";
  request_.stage = Stage::testing;
  request_.repo = "demo";
  request_.default_branch = "main";
  request_.branch = "task/DEMO-1";
  request_.contract = "{}";
  request_.worktree = temp_.path() / "work";
  request_.verification = temp_.path() / "verify";
  request_.bare_repository = temp_.path() / "demo.git";
  request_.plugin_state = temp_.path() / "plugin-state";
  request_.decide_timeout = Millis(10'000);
  request_.kill_grace = Millis(300);
  request_.limit = Millis(60'000);
}

WorkerTest::~WorkerTest() {
  if (worker_.pidfd && !has_ended(worker_)) ::kill(worker_.pid, SIGKILL);
  for (const pid_t pid : survivors()) ::kill(pid, SIGKILL);
}

void WorkerTest::add_link(const std::string& plugin, const std::string& mode) {
  request_.chain.push_back({.position = static_cast<int>(request_.chain.size()) * 2,
                            .plugin = plugin + "/" + std::to_string(request_.chain.size()),
                            .library = test_plugin(plugin),
                            .settings = R"({"mode":")" + mode + R"("})"});
}

bool WorkerTest::has_ended(const process::Child& worker) {
  return becomes_readable(worker.pidfd.get(), 0);
}

void WorkerTest::start() {
  ASSERT_TRUE(jobs::create(folder_, request_).ok());
  Result<process::Child> child = server_->start(folder_, secrets_, request_.run_id);
  ASSERT_TRUE(child.ok()) << child.error().message;
  worker_ = std::move(child).value();
}

jobs::WorkerReport WorkerTest::wait() {
  EXPECT_TRUE(becomes_readable(worker_.pidfd.get(), k_patience_ms)) << "the worker does not end";
  if (!has_ended(worker_)) ::kill(worker_.pid, SIGKILL);
  end_ = server_->end_of(worker_);
  worker_.pidfd.reset();
  return jobs::conclude(folder_, end_);
}

jobs::WorkerReport WorkerTest::run() {
  start();
  return wait();
}

void WorkerTest::wait_for_progress(const std::function<bool(const jobs::Progress&)>& is_there) {
  const UniqueFd notify(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  ASSERT_GE(::inotify_add_watch(notify.get(), folder_.c_str(), IN_MOVED_TO), 0);
  const MonoTime deadline = mono_now() + Millis(k_patience_ms);
  while (mono_now() < deadline) {
    const auto progress = jobs::read_progress(folder_);
    if (progress && is_there(*progress)) return;
    becomes_readable(notify.get(), 1000);
    char buffer[4096];
    (void)!::read(notify.get(), buffer, sizeof(buffer));
  }
  FAIL() << "the worker does not get there";
}

std::vector<pid_t> WorkerTest::survivors() const {
  return process::find_by_run_id(request_.run_id);
}

std::string WorkerTest::log() const {
  return read_file(folder_ / "log", 1 << 20).value();
}

std::string WorkerTest::artifact(const std::string& name) const {
  const Result<std::string> text = read_file(folder_ / "artifacts" / name, 1 << 20);
  return text.ok() ? text.value() : "";
}

}  // namespace orc::worker
