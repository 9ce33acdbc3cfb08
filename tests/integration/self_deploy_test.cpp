// SPDX-License-Identifier: Apache-2.0
// The deploy that replaces and restarts the very host that drives it, under a supervisor; and what
// SIGKILL costs at every step of a deploy: nothing.
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <filesystem>

#include "integration/host_test.h"
#include "process/process.h"

namespace orc::test {

namespace {

namespace fs = std::filesystem;

// Which build a host runs stands behind the end of its program file. It is read from the process,
// not from the disk: a file that was replaced says nothing about what runs.
constexpr char k_running[] = R"sh(set -eu
pid=$(ORCH_SOCKET="$1/control.sock" "$1/bin/orchestrator" status -o json |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["pid"])')
tail -c 41 "/proc/$pid/exe"
)sh";

// New programs over the old ones by rename, then a restart, and back once the new one answers.
constexpr char k_deploy[] = R"sh(set -eu
root=$1 commit=$2
printf x >> "$root/deploys"
cp "$root/build/orchestrator" "$root/bin/orchestrator.new"
cp "$root/build/orchestrator-worker" "$root/bin/orchestrator-worker.new"
printf '%s\n' "$commit" >> "$root/bin/orchestrator.new"
mv "$root/bin/orchestrator.new" "$root/bin/orchestrator"
mv "$root/bin/orchestrator-worker.new" "$root/bin/orchestrator-worker"
kill -HUP "$(cat "$root/supervisor.pid")"
for try in $(seq 300); do
  running=$(sh "$root/running.sh" "$root" 2> /dev/null | tr -d '\0') || running=
  [ "$running" = "$commit" ] && exit 0
  sleep 0.1
done
exit 1
)sh";

constexpr char k_quick_deploy[] = R"sh(set -eu
root=$1 commit=$2
printf x >> "$root/deployed-$commit"
printf '%s\n' "$commit" > "$root/REVISION.new"
mv "$root/REVISION.new" "$root/REVISION"
)sh";

class SelfDeploy : public HostTest {
 protected:
  ~SelfDeploy() override {
    if (supervisor_.pid <= 0) return;
    ::kill(supervisor_.pid, SIGKILL);
    ::waitpid(supervisor_.pid, nullptr, 0);
  }

  void install(const std::string& deploy, const std::string& look) {
    for (const char* name : {"orchestrator", "orchestrator-worker", "orchestrator-sandbox"}) {
      for (const char* folder : {"bin", "build"}) {
        fs::create_directories(host.root() / folder);
        fs::copy_file(fs::path(bin_dir()) / name, host.root() / folder / name);
      }
    }
    write_text(host.root() / "running.sh", k_running);
    write_text(host.root() / "deploy.sh", deploy);
    const std::string root = host.root().string();
    configure({.llm_enabled = "true",
               .plugins = "  deploy-finalizer:\n    repos: \"*\"\n    infra_retry: { attempts: 5, "
                          "backoff: 1s }\n    settings:\n      command: [sh, " +
                          root + "/deploy.sh, " + root + ", \"{commit}\"]\n      revision_command: " +
                          look + "\n      timeout: 60s\n      poll: 100ms\n",
               .rest = prompts()});
    const auto repository = make_repository("service", {{"README", "a service\n"}});
    for (int i = 1; i <= k_branches; ++i) {
      add_branch(repository, "work-" + std::to_string(i), "change", std::to_string(i));
    }
  }

  // This copy of the host lies in no build folder and in no installation that has them.
  static std::string prompts() {
    std::string text = "roles:\n";
    for (const char* role :
         {"analyst", "architect", "developer", "reviewer", "tester", "deployer"}) {
      text += std::string("  ") + role + ": { prompt: " + test::source_dir() +
              "/config/prompts/" + role + ".md }\n";
    }
    return text;
  }

  void supervise() {
    const std::string root = host.root().string();
    auto started = process::spawn({.argv = {"/usr/bin/python3", "-B",
                                            test::source_dir() + "/tests/support/supervise.py",
                                            root + "/host.log", root + "/bin/orchestrator", "serve",
                                            "-c", host.config().string()},
                                   .env = {{"PATH", "/usr/bin:/bin"}, {"TMPDIR", root}},
                                   .cwd = host.root()});
    ASSERT_TRUE(std::holds_alternative<process::Child>(started));
    supervisor_ = std::move(std::get<process::Child>(started));
    write_text(host.root() / "supervisor.pid", std::to_string(supervisor_.pid) + "\n");
    ASSERT_TRUE(host.wait_for_log("host.serving")) << host.log();
  }

  // The answer of a host that may be restarting; an empty object without one.
  Json try_ask(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"-o", "json"});
    const Json answer = Json::parse(host.orchestrator(arguments).out, nullptr, false);
    return answer.is_object() ? answer : Json::object();
  }
  pid_t host_pid() const { return try_ask({"status"}).value("pid", 0); }

  // A task at the door of production, confirmed.
  void begin(const std::string& id, int branch) {
    submit(id, {"--repo", (host.root() / "repositories/service").string(), "--branch",
                "work-" + std::to_string(branch), "--from", "deploy"});
    ask({"task", "approve", id});
  }
  Json end_of(const std::string& id) const {
    eventually([&] {
      const std::string state = try_ask({"task", "show", id}).value("state", "");
      return state == "done" || state == "infra_hold" || state == "held";
    });
    return try_ask({"task", "show", id});
  }
  void expect_deployed_once(const std::string& id, const Json& task) {
    ASSERT_EQ(task.value("state", ""), "done") << task.dump(2) << host.log();
    EXPECT_EQ(task.at("counters").at("code_fail"), 0);
    const std::string log = deploy_log(id);
    EXPECT_NE(log.find("deploy_status: SUCCESS"), std::string::npos) << log;
    const std::string commit = deployed_commit(id);
    EXPECT_EQ(commit.size(), 40u) << log;
    EXPECT_NE(log.find("| running revision | " + commit), std::string::npos) << log;
  }
  std::string deploy_log(const std::string& id) const {
    std::string log;
    for (const auto& entry : fs::recursive_directory_iterator(host.state() / "evidence" / id)) {
      if (entry.path().filename() == "14-deploy-log.md") log += read_text(entry.path());
    }
    return log;
  }
  std::string deployed_commit(const std::string& id) const {
    const std::string log = deploy_log(id);
    const std::string lead = "| commit | ";
    const std::size_t at = log.find(lead);
    return at == std::string::npos ? "" : log.substr(at + lead.size(), 40);
  }

  static constexpr int k_branches = 14;
  process::Child supervisor_;
};

TEST_F(SelfDeploy, ReplacesAndRestartsTheHostThatDrivesItOnce) {
  install(k_deploy, "[sh, " + host.root().string() + "/running.sh, " + host.root().string() + "]");
  supervise();
  const pid_t before = host_pid();
  begin("IT-1", 1);
  const Json task = end_of("IT-1");
  expect_deployed_once("IT-1", task);
  EXPECT_EQ(read_text(host.root() / "deploys"), "x");
  const pid_t after = host_pid();
  EXPECT_NE(after, before);
  EXPECT_EQ(::kill(before, 0), -1) << "the old host is gone";
  const std::string program = read_text("/proc/" + std::to_string(after) + "/exe");
  ASSERT_GT(program.size(), 41u);
  EXPECT_EQ(program.substr(program.size() - 41),
            deployed_commit("IT-1") + "\n");
}

TEST_F(SelfDeploy, LosesNothingToSigkillAtAnyOfItsSteps) {
  install(k_quick_deploy, "[cat, " + host.root().string() + "/REVISION]");
  supervise();
  struct Moment {
    const char* file;  // of the deployment's folder, whose appearance is waited for
    bool workers_too;
  };
  constexpr std::array k_moments{Moment{"", true},        Moment{"launches", true},
                                 Moment{"started", false}, Moment{"result", false},
                                 Moment{"result", true},   Moment{"reported", false}};
  int branch = 0;
  for (const Moment& moment : k_moments) {
    const std::string id = "IT-" + std::to_string(++branch);
    SCOPED_TRACE(id + ": " + moment.file + (moment.workers_too ? ", workers too" : ""));
    const pid_t victim = host_pid();
    const std::size_t log_end = host.log().size();
    ASSERT_GT(victim, 0);
    begin(id, branch);
    const fs::path folder = host.state() / "plugin-state" / id / "deploy-finalizer";
    const auto is_there = [&] {
      std::error_code none;
      for (const auto& entry : fs::directory_iterator(folder, none)) {
        if (entry.is_directory() && fs::exists(entry.path() / moment.file)) return true;
      }
      return false;
    };
    while (!is_there() && try_ask({"task", "show", id}).value("state", "") != "done") {
    }
    ::kill(victim, SIGKILL);
    if (moment.workers_too) {
      for (const pid_t pid : HostHarness::processes_with((host.state() / "jobs").string())) {
        ::kill(pid, SIGKILL);
      }
    }
    ASSERT_TRUE(host.wait_for_log("host.serving", log_end)) << host.log();
    const Json task = end_of(id);
    expect_deployed_once(id, task);
    EXPECT_EQ(read_text(host.root() / ("deployed-" + deployed_commit(id))), "x");
  }
}

}  // namespace

}  // namespace orc::test
