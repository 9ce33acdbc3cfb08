// SPDX-License-Identifier: Apache-2.0
// What a producer's programs start and make goes with their job, whichever producer it is and
// however the job ends: processes, ports, temporary folders, checkouts, clones.
#include <arpa/inet.h>
#include <sys/socket.h>

#include <csignal>
#include <optional>
#include <sstream>

#include "base/unique_fd.h"
#include "integration/host_test.h"
#include "support/loopback_sshd.h"

namespace orc::test {

namespace {

namespace fs = std::filesystem;

// Leaves a folder and a server in a session of its own, and a line that names them.
constexpr const char* k_litter = R"py(
import socket, subprocess, sys, tempfile, time
folder = tempfile.mkdtemp(dir=TEMPORARY)
server = subprocess.Popen(
    [sys.executable, '-c', 'import socket,time; s=socket.socket(); s.bind(("127.0.0.1", 0)); s.listen();'
     'print(s.getsockname()[1], flush=True); time.sleep(600)', LITTER],
    start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=ENVIRONMENT)
port = server.stdout.readline().decode().strip()
with open(LITTER, 'a') as log:
    log.write(f'{server.pid} {port} {folder}\n')
)py";
constexpr const char* k_once = "infra_retry: { attempts: 0, backoff: 1s }";
constexpr const char* k_endless = "time.sleep(600)\n";

class Leftovers;

enum class End { green, red, timed_out, cancelled };

struct Case {
  const char* name;
  const char* stage;
  End end;
  bool over_ssh = false;
  void (*prepare)(Leftovers&, ConfigText&);
};

void PrintTo(const Case& one, std::ostream* out) {
  *out << one.name;
}

class Leftovers : public HostTest, public ::testing::WithParamInterface<Case> {
 public:
  // What each producer runs, so that it litters.
  void pytest(ConfigText& config) {
    config.test_runner_enabled = "true, " + std::string(k_once);
    if (is(End::timed_out)) contract_ = "    test: { command: [python3, -m, pytest], timeout: 5s }\n";
    suite_ = litter("") + "def test_one():\n    assert " + (is(End::red) ? "False\n" : "True\n");
  }
  void staging(ConfigText& config) {
    config.plugins = "  staging-runner:\n    repos: \"*\"\n    " + std::string(k_once) +
                     "\n    settings:\n" + channel() +
                     "      command: [python3, " + script() + ", \"{commit}\"]\n      timeout: " +
                     (is(End::timed_out) ? "5s\n" : "60s\n");
  }
  void deploy(ConfigText& config) {
    config.plugins =
        "  deploy-finalizer:\n    repos: \"*\"\n    settings:\n      command: [/bin/true]\n"
        "      revision_command: [python3, " +
        script() + ", \"{commit}\"]\n      timeout: 60s\n      poll: 100ms\n";
  }
  void agent(ConfigText& config) {
    config.llm_enabled = "true";
    hook("review", litter("usual()\n"));
  }

 protected:
  struct Litter {
    pid_t pid = 0;
    int port = 0;
    fs::path folder;
  };

  void SetUp() override {
    host.set_environment("TMPDIR", temporary_.string());
    fs::create_directory(temporary_);
    if (!GetParam().over_ssh) return;
    target_.emplace();
    if (!target_->problem().empty()) GTEST_SKIP() << target_->problem();
  }

  static bool is(End end) { return GetParam().end == end; }
  static bool ends_by_itself() { return is(End::green) || is(End::red); }

  // `then` comes after it in a run that ends by itself.
  std::string litter(const std::string& then) const {
    // The far side has no worker: it knows a run by its environment, and its folders are its own.
    const std::string place = target_ ? "'" + target_->folder() + "'" : "None";
    const std::string environment = target_ ? "None" : "{'PATH': '/usr/bin'}";
    return "LITTER = '" + litter_.string() + "'\nTEMPORARY = " + place + "\nENVIRONMENT = " +
           environment + "\n" + k_litter + (ends_by_itself() ? then : k_endless);
  }
  std::string script() const {
    const fs::path file = (target_ ? fs::path(target_->folder()) : host.root()) / "script.py";
    write_text(file, litter("print(sys.argv[1])\nopen('" + revision() +
                            "', 'w').write(sys.argv[1])\nsys.exit(" +
                            (is(End::red) ? "1" : "0") + ")\n"));
    return file.string();
  }
  std::string revision() const {
    return (target_ ? target_->folder() : host.root().string()) + "/REVISION";
  }
  std::string channel() const {
    if (!target_) return "";
    const fs::path known = host.root() / "known_hosts";
    write_text(known, target_->known_hosts());
    return "      ssh: { target: " + LoopbackSshd::target() +
           ", port: " + std::to_string(target_->port()) + ", connect_timeout: 5s,\n" +
           "             identity: " + target_->folder() + "/client, known_hosts: " +
           known.string() + " }\n      cwd: " + target_->folder() +
           "\n      revision: { file: REVISION, check: after }\n";
  }

  // From the task's begin to the host's end.
  void run() {
    ConfigText config{.llm_enabled = "false", .test_runner_enabled = "false"};
    GetParam().prepare(*this, config);
    const fs::path shop = make_repository(
        "shop", {{"pyproject.toml", "[tool.pytest.ini_options]\n"}, {"test_shop.py", suite_}});
    add_branch(shop, "work", "code.txt", "code\n");
    config.repos = "  shop:\n    clone: " + shop.string() + "\n    ci: { required: false }\n" + contract_;
    config.rest = "gates: { merge: { enabled: false } }\n";
    serve(config);
    const std::string stage = GetParam().stage;
    submit("IT-80", {"--repo", "shop", "--branch", "work", "--from", stage});
    if (stage == "deploy") {
      settled("IT-80");
      ask({"task", "approve", "IT-80"});
    }
    ASSERT_TRUE(wait_for_text(litter_, "\n")) << task("IT-80").dump(2) << host.log();
    end_task(stage);
    for (const char* const folder : {"verify", "work", "shadow"}) {
      EXPECT_TRUE(eventually([&] { return entries(host.state() / folder).empty(); }))
          << folder << " keeps " << entries(host.state() / folder).front();
    }
    host.signal(SIGTERM);
    EXPECT_EQ(host.wait_for_exit(), 0) << host.log();
  }
  void end_task(const std::string& stage) {
    if (!is(End::cancelled)) {
      const Json end = settled("IT-80");
      EXPECT_EQ(end.at("stage") != stage, ends_by_itself()) << end.dump(2) << host.log();
      if (is(End::timed_out)) {
        EXPECT_EQ(end.at("state"), "infra_hold") << end.dump(2);
      }
    }
    // Where a job owns the transition, a person takes it from it first.
    if (!ends_by_itself()) host.orchestrator({"lease", "release", "IT-80", "--force"});
    // Until then the task's clone is kept for what comes next.
    if (task("IT-80").at("state") != "done") ask({"task", "cancel", "IT-80", "--reason", "enough"});
  }

  std::vector<Litter> found() const {
    std::vector<Litter> all;
    std::istringstream lines(read_text(litter_));
    for (Litter one; lines >> one.pid >> one.port >> one.folder;) all.push_back(one);
    return all;
  }
  static bool is_served(int port) {
    const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }
  // Entries of the folder, none if it is not there.
  static std::vector<std::string> entries(const fs::path& folder) {
    std::vector<std::string> names;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(folder, none))
      names.push_back(entry.path().filename());
    return names;
  }

  const fs::path litter_ = host.root() / "litter";
  const fs::path temporary_ = host.root() / "temporary";
  std::optional<LoopbackSshd> target_;

 private:
  std::string contract_;  // of the repository's tests
  std::string suite_ = "def test_one():\n    assert True\n";
};

TEST_P(Leftovers, OfAProducerGoWithItsJob) {
  run();
  ASSERT_FALSE(found().empty());
  for (const Litter& one : found()) {
    EXPECT_TRUE(wait_for_end(one.pid)) << "a process stays";
    EXPECT_FALSE(is_served(one.port)) << "a port stays open";
    // What a suite makes on another machine is that machine's.
    if (!target_) {
      EXPECT_FALSE(fs::exists(one.folder)) << one.folder;
    }
  }
  EXPECT_TRUE(host.processes().empty());
  EXPECT_TRUE(entries(temporary_).empty()) << entries(temporary_).front();
  // The job's own folder stays for its reader, with nothing of the producer's in it.
  for (const std::string& job : entries(host.state() / "jobs"))
    EXPECT_TRUE(entries(host.state() / "jobs" / job / "scratch").empty()) << job;
}

constexpr auto k_pytest = [](Leftovers& test, ConfigText& config) { test.pytest(config); };
constexpr auto k_staging = [](Leftovers& test, ConfigText& config) { test.staging(config); };
constexpr auto k_deploy = [](Leftovers& test, ConfigText& config) { test.deploy(config); };
constexpr auto k_agent = [](Leftovers& test, ConfigText& config) { test.agent(config); };

INSTANTIATE_TEST_SUITE_P(
    EveryProducer, Leftovers,
    ::testing::Values(
        Case{"TestRunnerGreen", "testing", End::green, false, k_pytest},
        Case{"TestRunnerRed", "testing", End::red, false, k_pytest},
        Case{"TestRunnerTimedOut", "testing", End::timed_out, false, k_pytest},
        Case{"TestRunnerCancelled", "testing", End::cancelled, false, k_pytest},
        Case{"StagingGreen", "deploy-staging", End::green, false, k_staging},
        Case{"StagingRed", "deploy-staging", End::red, false, k_staging},
        Case{"StagingTimedOut", "deploy-staging", End::timed_out, false, k_staging},
        Case{"StagingOverSshGreen", "deploy-staging", End::green, true, k_staging},
        Case{"StagingOverSshCancelled", "deploy-staging", End::cancelled, true, k_staging},
        Case{"DeployGreen", "deploy", End::green, false, k_deploy},
        Case{"DeployCancelled", "deploy", End::cancelled, false, k_deploy},
        Case{"AgentGreen", "review", End::green, false, k_agent},
        Case{"AgentCancelled", "review", End::cancelled, false, k_agent}),
    [](const auto& row) { return std::string(row.param.name); });

}  // namespace

}  // namespace orc::test
