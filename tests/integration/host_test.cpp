// SPDX-License-Identifier: Apache-2.0
#include "integration/host_test.h"
#include "support/paths.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <sstream>
#include <stdexcept>

namespace orc::test {

namespace {

constexpr std::chrono::seconds k_limit{30};
constexpr int k_look_again_ms = 50;

}  // namespace

std::string HostTest::yaml(const HostHarness& host, const ConfigText& config) {
  const std::string root = host.root().string();
  std::ostringstream text;
  text << "version: 1\n"
       << "daemon: { workers: " << config.workers << ", state_dir: " << host.state().string()
       << ", drain_timeout: 30s, kill_grace: 1s }\n"
       << "isolation: { level: " << config.isolation << ", read: [" << test::source_dir()
       << "/tests" << (config.read.empty() ? "" : ", " + config.read) << "], write: [" << root
       << "], limits: {" << config.limits << "} }\n"
       << "http:\n  control: { socket: " << root << "/control.sock, mode: \"0600\" }\n"
       << "  board: { listen: " << config.board << " }\n"
       << "plugin_dirs: [" << test::plugin_dir() << "]\n"
       << "repos:" << (config.repos.empty() ? " {}\n" : "\n" + config.repos) << "plugins:\n"
       << "  test-runner: { enabled: " << config.test_runner_enabled << ", repos: \"*\" }\n"
       << "  llm-spawner:\n    enabled: " << config.llm_enabled << "\n    repos: \"*\"\n"
       << (config.llm_timeout.empty() ? "" : "    timeout: " + config.llm_timeout + "\n")
       << "    infra_retry: { attempts: 0, backoff: 1s }\n    settings:\n      preset: custom\n"
       << "      stdin: prompt\n      argv: [/usr/bin/python3, -B, " << test::source_dir()
       << "/tests/integration/agent.py, " << root << "/hooks, --role, \"{{role.name}}\", --stage,\n"
       << "             \"{{stage}}\", --work-item, \"{{work_item}}\", --artifacts, "
          "\"{{artifact_dir}}\"]\n"
       << config.plugins << config.rest;
  return text.str();
}

void HostTest::serve(const ConfigText& config) {
  configure(config);
  ASSERT_TRUE(host.start()) << host.log();
}

std::string HostTest::git(const std::filesystem::path& repository,
                          const std::vector<std::string>& arguments) {
  std::vector<std::string> argv{"git",
                                "-c",
                                "user.name=Test",
                                "-c",
                                "user.email=test@localhost",
                                "-c",
                                "init.defaultBranch=main"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  const CommandResult result = run_program(
      argv, repository, {{"GIT_CONFIG_NOSYSTEM", "1"}, {"GIT_CONFIG_GLOBAL", "/dev/null"}});
  EXPECT_EQ(result.exit_code, 0) << arguments.front() << ": " << result.err;
  return result.out;
}

std::filesystem::path HostTest::make_repository(
    const std::string& name, const std::vector<std::pair<std::string, std::string>>& files) const {
  const std::filesystem::path folder = host.root() / "repositories" / name;
  std::filesystem::create_directories(folder);
  for (const auto& [path, text] : files) write_text(folder / path, text);
  git(folder, {"init", "-q"});
  // It is merged into as well.
  git(folder, {"config", "receive.denyCurrentBranch", "updateInstead"});
  git(folder, {"add", "--all"});
  git(folder, {"commit", "-qm", "Start"});
  return folder;
}

void HostTest::add_branch(const std::filesystem::path& repository, const std::string& branch,
                          const std::string& path, const std::string& text) {
  git(repository, {"checkout", "-qb", branch});
  write_text(repository / path, text);
  git(repository, {"add", "--all"});
  git(repository, {"commit", "-qm", "Work on " + branch});
  git(repository, {"checkout", "-q", "main"});
}

Json HostTest::ask(std::vector<std::string> arguments) const {
  arguments.insert(arguments.end(), {"-o", "json"});
  const CommandResult result = host.orchestrator(arguments);
  const Json answer = Json::parse(result.out, nullptr, false);
  if (result.exit_code != 0 || !answer.is_object()) {
    throw std::runtime_error("no answer to " + arguments[0] + ": " + result.err);
  }
  return answer;
}

void HostTest::submit(const std::string& id, const std::vector<std::string>& more) const {
  std::vector<std::string> arguments{"task", "submit", "--id", id, "--title", "Do " + id};
  arguments.insert(arguments.end(), more.begin(), more.end());
  ask(arguments);
}

Json HostTest::settled(const std::string& id) const {
  const CommandResult watched = host.orchestrator({"task", "watch", id, "--timeout", "50s"});
  Json found = task(id);
  const std::string state = found.value("state", "");
  EXPECT_TRUE(state != "running" && state != "queued") << watched.out << watched.err << host.log();
  return found;
}

std::vector<Json> HostTest::timeline(const std::string& id) const {
  const CommandResult result =
      host.orchestrator({"task", "watch", id, "--timeout", "0s", "-o", "jsonl"});
  std::vector<Json> entries;
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) {
    Json entry = Json::parse(line, nullptr, false);
    if (entry.is_object()) entries.push_back(std::move(entry));
  }
  return entries;
}

std::vector<Json> HostTest::runs(const std::string& id, const std::string& stage) const {
  std::vector<Json> found = timeline(id);
  std::erase_if(found, [&](const Json& entry) {
    const std::string kind = entry.value("kind", "");
    const bool produced = kind == "producer_chain" || kind == "ci";
    return entry.value("stage", "") != stage || !entry.contains("result") || !produced;
  });
  return found;
}

int HostTest::reports(const Json& task) {
  const Json& all = task.at("artifacts");
  return static_cast<int>(std::count_if(all.begin(), all.end(), [](const Json& artifact) {
    return artifact.value("name", "") == "13-test-report.md";
  }));
}

bool HostTest::eventually(const std::function<bool()>& is_true) {
  const auto deadline = std::chrono::steady_clock::now() + k_limit;
  while (!is_true()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    ::poll(nullptr, 0, k_look_again_ms);
  }
  return true;
}

// Open for both directions: neither side waits for the other in open().
Gate::Gate(const std::filesystem::path& folder)
    : pipe_(folder / "gate"), started_(folder / "started") {
  EXPECT_EQ(::mkfifo(pipe_.c_str(), 0600), 0);
  fd_ = UniqueFd(::open(pipe_.c_str(), O_RDWR | O_CLOEXEC));
}

std::string Gate::python() const {
  return "with open('" + started_.string() +
         "', 'a') as counted:\n    counted.write('began\\n')\n" + "with open('" + pipe_.string() +
         "') as gate:\n    gate.readline()\n";
}

int Gate::count() const {
  const std::string text = read_text(started_);
  return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

bool Gate::wait_for_count(int wanted) const {
  std::string lines;
  for (int i = 0; i < wanted; ++i) lines += "began\n";
  return wait_for_text(started_, lines);
}

void Gate::open() const {
  EXPECT_EQ(::write(fd_.get(), "go\n", 3), 3);
}

}  // namespace orc::test
