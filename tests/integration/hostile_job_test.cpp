// SPDX-License-Identifier: Apache-2.0
// What an agent does to outlive its job, or to be led elsewhere by the repository it works on; and
// what is left of it.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <csignal>

#include "integration/host_test.h"
#include "support/paths.h"

namespace orc::test {

namespace {

namespace fs = std::filesystem;

// Everything that outlives a parent: sessions of their own, daemons, deaf ones, a stopped one, one
// that makes more of itself and forgets who started it. None ends by itself.
constexpr const char* k_escape = R"py(
import os, signal, time
def deaf():
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
def become(*arguments):
    os.execve("/usr/bin/python3", ["python3", ESCAPEE, *arguments], {"PATH": "/usr/bin"})
for kind in ("sleep", "stop", "multiply"):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            deaf()
            os.closerange(0, 3)
            become(kind)
        os._exit(0)
if os.fork() == 0:
    deaf()
    become("sleep")
)py";
constexpr const char* k_escapee = R"py(
import os, signal, sys, time
if sys.argv[1] == "stop":
    os.kill(os.getpid(), signal.SIGSTOP)
if sys.argv[1] == "multiply":
    for _ in range(20):
        if os.fork() == 0:
            os.setsid()
            time.sleep(600)
time.sleep(600)
)py";

enum class End { by_itself, kill_switch, time_out, cancel, interrupted, drained_out, host_killed };

class Escapee : public HostTest, public ::testing::WithParamInterface<End> {
 protected:
  using Clock = std::chrono::steady_clock;
  // Of the configuration.
  static constexpr std::chrono::seconds k_grace{1};

  void have_an_agent_escape(const std::string& then) {
    write_text(escapee_, k_escapee);
    hook("analysis", "ESCAPEE = '" + escapee_ + "'\n" + k_escape + then);
    if (GetParam() == End::drained_out) host.set_environment("ORCH_DRAIN_TIMEOUT", "1s");
    serve({.llm_timeout = GetParam() == End::time_out ? "12s" : ""});
    submit("IT-40", {"--repo", make_repository("plain", {{"README.md", "Plain.\n"}})});
  }
  // One that sleeps, one that stopped, one that multiplies with its twenty, one without a session.
  bool all_are_there() const { return HostHarness::processes_with(escapee_).size() >= 24; }
  bool none_is_left() const {
    return eventually([&] { return HostHarness::processes_with(escapee_).empty(); });
  }
  // Brings the end about, and returns when.
  Clock::time_point bring_about(End end) {
    switch (end) {
      case End::by_itself:
      case End::time_out:
        break;
      case End::kill_switch:
        ask({"plugin", "kill", "llm-spawner", "--reason", "enough"});
        EXPECT_TRUE(all_are_there()) << "a kill-switch is for the next job";
        break;
      case End::interrupted:
        host.signal(SIGINT);
        return Clock::now();
      case End::drained_out:
        host.signal(SIGTERM);
        EXPECT_EQ(host.wait_for_exit(), 0) << host.log();
        EXPECT_TRUE(all_are_there()) << "what still runs is left to the next host";
        EXPECT_TRUE(host.start()) << host.log();
        return cancel();
      case End::host_killed:
        host.kill_hard();
        EXPECT_TRUE(host.start()) << host.log();
        return cancel();
      case End::cancel:
        return cancel();
    }
    write_text(go_, "");
    return Clock::now();
  }
  Clock::time_point cancel() const {
    const auto now = Clock::now();
    ask({"task", "cancel", "IT-40", "--reason", "enough"});
    return now;
  }

  const std::string escapee_ = host.root().string() + "/escapee.py";
  const fs::path go_ = host.root() / "go";
};

TEST_P(Escapee, EndsWithItsJobHoweverThatEnds) {
  const End end = GetParam();
  const bool ends = end == End::by_itself || end == End::kill_switch;
  have_an_agent_escape("while not os.path.exists('" + go_.string() + "'): time.sleep(0.05)\n" +
                       (ends ? "usual()\n" : "time.sleep(600)\n"));
  ASSERT_TRUE(eventually([&] { return all_are_there(); })) << host.log();
  const auto asked = bring_about(end);
  EXPECT_TRUE(none_is_left());
  if (end != End::time_out) {
    EXPECT_LT(Clock::now() - asked, k_grace + std::chrono::seconds(2));
  }
  if (end == End::interrupted) {
    EXPECT_EQ(host.wait_for_exit(), 0) << host.log();
    EXPECT_TRUE(host.processes().empty());
    // A host that stopped as asked charges nothing: the job runs again.
    hook("analysis", "usual()\n");
    ASSERT_TRUE(host.start()) << host.log();
  }
  const Json after = settled("IT-40");
  EXPECT_EQ(after["counters"]["code_fail"], 0) << after.dump(2);
  if (ends || end == End::interrupted) {
    EXPECT_EQ(after["state"], "waiting_human") << after.dump(2);
  } else if (end == End::time_out) {
    EXPECT_TRUE(after["hold"].is_object()) << after.dump(2);
  } else {
    EXPECT_EQ(after["state"], "cancelled") << after.dump(2);
  }
}

INSTANTIATE_TEST_SUITE_P(EveryEnd, Escapee,
                         ::testing::Values(End::by_itself, End::kill_switch, End::time_out,
                                           End::cancel, End::interrupted, End::drained_out,
                                           End::host_killed),
                         [](const auto& end) {
                           switch (end.param) {
                             case End::by_itself:
                               return "ItEnds";
                             case End::kill_switch:
                               return "KillSwitch";
                             case End::time_out:
                               return "TimeOut";
                             case End::cancel:
                               return "Cancelled";
                             case End::interrupted:
                               return "HostInterrupted";
                             case End::drained_out:
                               return "HostDrainedOut";
                             case End::host_killed:
                               return "HostKilled";
                           }
                           return "";
                         });

// A listener that counts who comes.
class Listener {
 public:
  Listener() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    if (::bind(fd_.get(), raw, size) != 0 || ::listen(fd_.get(), 16) != 0) return;
    ::getsockname(fd_.get(), raw, &size);
    port_ = ntohs(address.sin_port);
  }
  int port() const { return port_; }
  bool was_reached() const {
    pollfd waiting{fd_.get(), POLLIN, 0};
    return ::poll(&waiting, 1, 0) == 1;
  }

 private:
  UniqueFd fd_;
  int port_ = 0;
};

class Production : public HostTest, public ::testing::WithParamInterface<bool> {};

// A suite that was given the address of something in production, by whichever name.
TEST_P(Production, IsReachedByASuiteOnlyWhereTheOperatorLeftItTheNetwork) {
  const Listener production;
  ASSERT_GT(production.port(), 0);
  const auto repository = make_repository(
      "suite",
      {{"pyproject.toml", "[tool.pytest.ini_options]\n"},
       {"tests/test_reach.py",
        "import socket\n\n\ndef reaches(name):\n    try:\n        socket.create_connection((name, " +
            std::to_string(production.port()) +
            "), 2).close()\n    except OSError:\n        return False\n    return True\n\n\n"
            "def test_all_the_same():\n    [reaches(name) for name in ('127.0.0.1', 'localhost', "
            "'::ffff:127.0.0.1')]\n"}});
  add_branch(repository, "work", "README.md", "Changed.\n");
  const bool strict = GetParam();
  serve({.llm_enabled = "false", .isolation = strict ? "strict" : "basic"});
  submit("IT-42", {"--repo", repository, "--branch", "work", "--from", "testing"});
  EXPECT_EQ(settled("IT-42")["stage"], "deploy-staging") << host.log();
  EXPECT_EQ(production.was_reached(), !strict);
}

INSTANTIATE_TEST_SUITE_P(EveryLevel, Production, ::testing::Bool(), [](const auto& strict) {
  return strict.param ? "strict" : "basic";
});

class HostileRepository : public HostTest {};

// Every file by which a repository has a tool run something for it, each of them leaving a mark.
TEST_F(HostileRepository, RunsNothingByItsOwnSettings) {
  const fs::path ran = host.root() / "ran";
  const std::string touch = "touch " + ran.string();
  const std::string hooks =
      R"({"hooks":{"SessionStart":[{"hooks":[{"type":"command","command":")" + touch + R"("}]}]}})";
  const auto repository = make_repository(
      "armed",
      {{".claude/settings.json", hooks},
       {".claude/settings.local.json", hooks},
       {".mcp.json",
        R"({"mcpServers":{"x":{"command":"sh","args":["-c",")" + touch + R"("]}}})"},
       {".codex/config.toml", "notify = [\"sh\", \"-c\", \"" + touch + "\"]\n"},
       {".gemini/settings.json", R"({"tools":{"discoveryCommand":")" + touch + R"("}})"},
       {".envrc", touch + "\n"},
       {".npmrc", "script-shell=" + touch + "\n"},
       {".gitconfig", "[core]\n\tfsmonitor = " + touch + "\n"},
       {".gitattributes", "* filter=x diff=x merge=x\n"},
       {".githooks/post-checkout", "#!/bin/sh\n" + touch + "\n"},
       {"sitecustomize.py", "open('" + ran.string() + "', 'w')\n"},
       {"README.md", "Armed.\n"}});
  add_branch(repository, "work", "README.md", "Changed.\n");
  serve();
  submit("IT-43", {"--repo", repository, "--branch", "work", "--from", "review"});
  const Json end = settled("IT-43");
  EXPECT_NE(end["stage"], "review") << end.dump(2) << host.log();
  EXPECT_FALSE(fs::exists(ran));
}

class FailingAgent : public HostTest {};

// The program fails, and says why with its key in every form a program may print it in.
TEST_F(FailingAgent, ThatTellsItsKeyIsToldWithoutIt) {
  const fs::path key = host.root().parent_path() / "key";
  write_text(key, "canary-of-the-key/1\n");
  fs::permissions(key, fs::perms::owner_read | fs::perms::owner_write);
  const std::string agent = host.root().string() + "/failing.py";
  write_text(agent,
             "import base64, os, sys, urllib.parse\nkey = os.environ['A_KEY']\n"
             "forms = [key, urllib.parse.quote(key, safe=''), base64.b64encode(key.encode()).decode()]\n"
             "for form in forms:\n"
             "    print('https://models.invalid/bot' + form + '/send failed', file=sys.stderr)\n"
             "    sys.stdout.write(form[:6]); sys.stdout.flush(); print(form[6:])\n"
             "print('{\"error\":{\"kind\":\"auth\",\"message\":\"401 for ' + key + '\"}}')\n"
             "sys.exit(1)\n");
  serve({.plugins = "  llm-spawner/failing:\n    repos: \"*\"\n    infra_retry: { attempts: 0, "
                    "backoff: 1s }\n    settings:\n      preset: custom\n      env: { A_KEY: { file: " +
                    key.string() + " } }\n      argv: [/usr/bin/python3, -B, " + agent + "]\n      stdin: prompt\n",
         .rest = "stages: { analysis: { producers: [llm-spawner/failing] } }\n"});
  submit("IT-44", {"--repo", make_repository("plain", {{"README.md", "Plain.\n"}})});
  ASSERT_TRUE(eventually([&] { return !ask({"status"})["provider_pauses"].empty(); }))
      << host.log();
  std::string told = host.log();
  for (const std::vector<std::string>& question :
       {std::vector<std::string>{"task", "show", "IT-44"}, {"task", "why", "IT-44"}, {"status"},
        {"run", "list"}}) {
    told += ask(question).dump();
  }
  for (const char* folder : {"jobs", "evidence", "plugin-state"}) {
    if (!fs::exists(host.state() / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(host.state() / folder)) {
      if (entry.is_regular_file()) told += read_text(entry.path());
    }
  }
  for (const auto& entry : fs::directory_iterator(host.state())) {
    if (entry.is_regular_file()) told += read_text(entry.path());
  }
  EXPECT_NE(told.find("401 for"), std::string::npos) << "the failure itself is told";
  for (const char* form : {"canary-of-the-key", "canary-of-the-key%2F1", "Y2FuYXJ5LW9mLXRoZS1rZXk"})
    EXPECT_EQ(told.find(form), std::string::npos) << form;
}

}  // namespace

}  // namespace orc::test
