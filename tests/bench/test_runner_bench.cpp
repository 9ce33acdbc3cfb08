// SPDX-License-Identifier: Apache-2.0
// What a testing job of the real test-runner in a real worker costs over its suite's bare command.
#include <poll.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "bench.h"
#include "jobs/fork_server.h"
#include "process/process.h"
#include "support/paths.h"
#include "support/temp_dir.h"

namespace orc::bench {

namespace {

constexpr int k_tests = 50;

struct Suite {
  std::string name;
  std::string file;  // in the repository
  std::string text;
  std::vector<std::string> command;  // with {scratch}
};

void check(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error("test_runner bench: " + what);
}

process::RunResult run(const std::vector<std::string>& argv, const std::filesystem::path& folder) {
  process::RunSpec spec;
  spec.spawn.argv = argv;
  spec.spawn.env = process::base_environment();
  spec.spawn.cwd = folder;
  process::RunResult result = process::run(spec);
  const auto* exited = std::get_if<process::Exited>(&result.end);
  check(exited != nullptr && exited->code == 0, argv.front() + ": " + result.out + result.err);
  return result;
}

bool has_pytest() {
  process::RunSpec spec;
  spec.spawn.argv = {"python3", "-c", "import pytest"};
  spec.spawn.env = process::base_environment();
  const process::RunResult result = process::run(spec);
  const auto* exited = std::get_if<process::Exited>(&result.end);
  return exited != nullptr && exited->code == 0;
}

Suite pytest_suite() {
  std::string text;
  for (int i = 0; i < k_tests; ++i)
    text += "def test_" + std::to_string(i) + "():\n    assert True\n\n";
  return {"pytest, 50 tests",
          "tests/test_many.py",
          text,
          {"python3", "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider",
           "--junitxml={scratch}/junit.xml"}};
}

Suite shell_suite() {
  return {
      "shell, 50 tests",
      "check.sh",
      "out=\"$1\"\ni=0\necho '<testsuite name=\"check\" tests=\"50\" failures=\"0\">' >\"$out\"\n"
      "while [ $i -lt 50 ]; do\n"
      "  echo \"<testcase classname=\\\"check\\\" name=\\\"t$i\\\" time=\\\"0.001\\\"/>\" "
      ">>\"$out\"\n"
      "  i=$((i+1))\ndone\necho '</testsuite>' >>\"$out\"\n",
      {"/bin/sh", "check.sh", "{scratch}/junit.xml"}};
}

std::vector<std::string> with_scratch(std::vector<std::string> command,
                                      const std::filesystem::path& scratch) {
  constexpr std::string_view k_mark = "{scratch}";
  for (std::string& word : command) {
    const std::size_t at = word.find(k_mark);
    if (at != std::string::npos) word.replace(at, k_mark.size(), scratch.string());
  }
  return command;
}

void write(const std::filesystem::path& folder, const Suite& suite) {
  std::filesystem::create_directories((folder / suite.file).parent_path());
  std::ofstream(folder / suite.file) << suite.text;
}

// One task's jobs, one after the other, without an engine.
class Jobs {
 public:
  Jobs(const std::filesystem::path& root, const Suite& suite, const std::filesystem::path& library)
      : root_(root), server_(test::bin_dir() + "/orchestrator-worker") {
    std::filesystem::create_directories(root / "jobs");
    request_.work_item = "B-1";
    request_.title = "bench";
    request_.stage = Stage::testing;
    request_.repo = "bench";
    request_.default_branch = "main";
    request_.branch = "task/B-1";
    request_.contract =
        nlohmann::json{{"test",
                        {{"command", suite.command},
                         {"evidence", {{"junit", "{scratch}/junit.xml"}, {"min_tests", k_tests}}}}}}
            .dump();
    request_.worktree = root / "work";
    request_.verification = root / "verify";
    request_.plugin_state = root / "plugin-state";
    request_.bare_repository = root / "bare.git";
    request_.decide_timeout = Millis{5000};
    request_.kill_grace = Millis{1000};
    request_.limit = Millis{60'000};
    request_.chain = {{.plugin = "bench", .library = library, .settings = "{}"}};
  }

  void use_repository(const std::filesystem::path& upstream) { request_.clone_url = upstream; }

  // Milliseconds from the first file of the job's folder to the worker's end.
  double run() {
    const MonoTime start = mono_now();
    request_.job = JobId{++count_};
    request_.run_id = "bench-" + std::to_string(count_);
    const std::filesystem::path folder = root_ / "jobs" / (std::to_string(count_) + "-1");
    check(jobs::create(folder, request_).ok(), "no job folder");
    const Result<process::Child> child = server_.start(folder, "", request_.run_id);
    check(child.ok(), "no worker");
    pollfd watched{child.value().pidfd.get(), POLLIN, 0};
    ::poll(&watched, 1, -1);
    const double ms = seconds_since(start) * 1000;
    const Result<jobs::WorkerReport> report = jobs::read_report(folder);
    check(report.ok(), "no report");
    const auto* verdict = std::get_if<Verdict>(&report.value().outcome);
    check(verdict != nullptr && verdict->token == "PASS", text_of(report.value().outcome));
    request_.head_commit = report.value().head_commit;
    return ms;
  }

 private:
  std::filesystem::path root_;
  jobs::ForkServer server_;
  jobs::JobRequest request_;
  std::int64_t count_ = 0;
};

void make_upstream(const std::filesystem::path& folder, const Suite& suite) {
  write(folder, suite);
  const std::vector<std::string> git{"git",
                                     "-c",
                                     "init.defaultBranch=main",
                                     "-c",
                                     "user.name=bench",
                                     "-c",
                                     "user.email=bench@localhost"};
  const std::vector<std::vector<std::string>> steps{
      {"init", "-q"}, {"add", "-A"}, {"commit", "-q", "-m", "First"}, {"branch", "task/B-1"}};
  for (const auto& step : steps) {
    std::vector<std::string> argv = git;
    argv.insert(argv.end(), step.begin(), step.end());
    bench::run(argv, folder);
  }
}

struct Series {
  std::vector<double> ms;
  std::vector<double> over_bare;
  nlohmann::json json() const {
    return {{"median_ms", percentile(ms, 0.5)}, {"over_bare_ms", percentile(over_bare, 0.5)}};
  }
};

}  // namespace

nlohmann::json test_runner(int rounds) {
  const Suite suite = has_pytest() ? pytest_suite() : shell_suite();
  const orc::test::TempDir folder;
  const std::filesystem::path plugins = std::filesystem::path(test::bin_dir()).parent_path();
  const std::filesystem::path runner = plugins / "plugins" / "test-runner.so";
  const std::filesystem::path noop = plugins / "bench-plugins" / "noop.so";
  write(folder.path() / "bare", suite);
  make_upstream(folder.path() / "upstream", suite);

  Jobs plain(folder.path() / "plain", suite, runner);
  write(folder.path() / "plain" / "work", suite);
  Jobs with_repository(folder.path() / "repository", suite, runner);
  with_repository.use_repository(folder.path() / "upstream");
  Jobs repository_alone(folder.path() / "noop", suite, noop);
  repository_alone.use_repository(folder.path() / "upstream");

  std::vector<double> bare;
  Series job;
  Series job_with_repository;
  Series noop_with_repository;
  const std::vector<std::string> command = with_scratch(suite.command, folder.path());
  for (int round = -1; round < rounds; ++round) {
    const MonoTime start = mono_now();
    run(command, folder.path() / "bare");
    const double bare_ms = seconds_since(start) * 1000;
    const double plain_ms = plain.run();
    const double repository_ms = with_repository.run();
    const double alone_ms = repository_alone.run();
    if (round < 0) continue;  // clones, caches
    bare.push_back(bare_ms);
    for (auto [series, ms] : {std::pair(&job, plain_ms), {&job_with_repository, repository_ms}}) {
      series->ms.push_back(ms);
      series->over_bare.push_back(ms - bare_ms);
    }
    noop_with_repository.ms.push_back(alone_ms);
    noop_with_repository.over_bare.push_back(repository_ms - alone_ms - bare_ms);
  }
  return {
      {"suite", suite.name},
      {"rounds", rounds},
      {"bare_command_median_ms", percentile(bare, 0.5)},
      {"job_without_repository", job.json()},
      {"job_with_checkout_and_commit", job_with_repository.json()},
      {"noop_job_with_checkout_and_commit_median_ms", percentile(noop_with_repository.ms, 0.5)},
      {"test_runner_over_bare_and_noop_job_ms", percentile(noop_with_repository.over_bare, 0.5)}};
}

}  // namespace orc::bench
