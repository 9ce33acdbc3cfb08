// SPDX-License-Identifier: Apache-2.0
// Behaves as its settings say: {"mode": "…"}. Through the SDK, as an author would write it.
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>
#include <stdexcept>

#include "orchestrator/plugin/sdk.hpp"

namespace {

using namespace orchestrator::plugin;

std::string value_after(std::string_view json, std::string_view key) {
  const std::string mark = "\"" + std::string(key) + "\":\"";
  const std::size_t start = json.find(mark);
  if (start == std::string_view::npos) return "";
  const std::size_t from = start + mark.size();
  return std::string(json.substr(from, json.find('"', from) - from));
}

[[noreturn]] void hang() {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable never;
  while (true) never.wait(lock);
}

class Probe : public Producer {
 public:
  std::optional<std::string> configure(std::string_view settings) override {
    mode_ = value_after(settings, "mode");
    secret_ = value_after(settings, "token");
    if (mode_ == "refuse_settings") return "the mode is refused";
    if (mode_ == "throw_configure") throw std::runtime_error("configure threw");
    return std::nullopt;
  }

  Answer accepts(const Request& request) override {
    if (mode_ == "decline") return Decline{Why::no_contract, "no block `test`"};
    if (mode_ == "crash_accepts") ::raise(SIGKILL);
    if (mode_ == "hang_accepts") hang();
    if (mode_ == "throw_accepts") throw std::runtime_error("accepts threw");
    if (mode_ == "wrong_decline") return Decline{Why::network, "not a reason to decline"};
    worktree_ = request.worktree();
    return Accept{};
  }

  Outcome produce(const Request& request, Host& host) override {
    static const std::map<std::string, Outcome (Probe::*)(const Request&, Host&)> modes{
        {"defer", &Probe::defer},
        {"hold", &Probe::hold},
        {"exit0", &Probe::exit0},
        {"throw_produce", &Probe::throws},
        {"crash_produce", &Probe::crash},
        {"hang_produce", &Probe::hangs},
        {"until_cancel", &Probe::until_cancel},
        {"bad_token", &Probe::bad_token},
        {"bad_body", &Probe::bad_body},
        {"orphan", &Probe::orphan},
        {"services", &Probe::services},
        {"detached", &Probe::detached},
        {"base", &Probe::base},
        {"agent", &Probe::agent},
        {"litter", &Probe::litter},
        {"commits", &Probe::commits},
        {"sleep_then_fail", &Probe::sleep_then_fail}};
    const auto found = modes.find(mode_);
    if (found != modes.end()) return (this->*found->second)(request, host);
    return Verdict{"PASS", "all green", "# Report\n\n12 passed\n"};
  }

  std::optional<std::string> preflight(Host& host) override {
    if (mode_ == "preflight_red") return "no docker";
    if (mode_ == "preflight_crash") ::raise(SIGKILL);
    if (mode_ == "preflight_throw") throw std::runtime_error("preflight threw");
    const auto repositories = host.repositories();
    for (std::size_t i = 0; i < repositories.size(); ++i) {
      Process look;
      look.argv = {"/bin/sh", "-c", "test \"$SECRET\" = \"$1\" && pwd", "sh", secret_};
      look.env = {{"SECRET", std::string(repositories[i].base_branch())}};
      const ProcessResult result = host.run(look);
      look.mutating = true;
      const bool may_change = !std::holds_alternative<NotStarted>(host.run(look).end);
      const auto* const exited = std::get_if<Exited>(&result.end);
      host.found(i, exited != nullptr && exited->code == 0 && !may_change,
                 std::string(repositories[i].contract()) + " in " + result.out);
    }
    return std::nullopt;
  }

  void cancel() noexcept override {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    woken_.notify_all();
  }

 private:
  Outcome defer(const Request& request, Host&) {
    return Defer{Why::network, "host is down", std::chrono::seconds(30),
                 std::string(request.resume_token()) + "+1"};
  }
  Outcome hold(const Request&, Host&) { return Hold{Why::tool_missing, "no ssh"}; }
  Outcome exit0(const Request&, Host&) { std::exit(0); }
  Outcome throws(const Request&, Host&) { throw std::runtime_error("produce threw"); }
  Outcome crash(const Request&, Host& host) {
    host.run(mutating({"true"}));
    ::raise(SIGKILL);
    return Hold{};
  }
  Outcome hangs(const Request&, Host&) { hang(); }
  Outcome until_cancel(const Request&, Host& host) {
    host.progress("waits to be cancelled");
    std::unique_lock lock(mutex_);
    woken_.wait(lock, [this] { return cancelled_; });
    return Defer{Why::cancelled, "ended on request", Milliseconds(0), "where I was"};
  }
  Outcome bad_token(const Request&, Host&) { return Verdict{"GREEN", "", ""}; }
  Outcome bad_body(const Request&, Host&) { return Verdict{"PASS", "", "\xff\xfe"}; }
  Outcome orphan(const Request&, Host& host) {
    host.run({.argv = {"setsid", "--fork", "sleep", "300"}});
    if (::fork() == 0) {
      ::setsid();
      ::execlp("sleep", "sleep", "301", nullptr);
      ::_exit(1);
    }
    return Verdict{"PASS", "left two behind", ""};
  }
  Outcome sleep_then_fail(const Request&, Host& host) {
    host.run({.argv = {"sleep", "300"}});
    return Verdict{"FAIL", "the suite did not finish", ""};
  }
  Outcome detached(const Request&, Host& host) {
    // A daemon that is nobody's child at once: its parents are gone before the job is.
    Process process{.argv = {"sh", "-c",
                             "trap '' TERM; env > detached.env;"
                             "setsid --fork sh -c 'echo $$ > daemon.new; mv daemon.new daemon.pid;"
                             "exec sleep 60'; echo $$ > own.new; mv own.new detached.pid;"
                             "exec sleep 60"}};
    process.detached = true;
    const ProcessResult started = host.run(process);
    if (const auto* no = std::get_if<NotStarted>(&started.end)) return Hold{Why::config, no->text};
    const ProcessResult later = host.run({.argv = {"touch", "after"}});
    const bool may_go_on = !std::holds_alternative<NotStarted>(later.end);
    return Defer{Why::in_progress, may_go_on ? "another one ran" : "started", Milliseconds(1), "t"};
  }
  Outcome base(const Request& request, Host& host) {
    const std::string folder = host.base_checkout();
    std::ifstream file(folder + "/main.py");
    std::string line;
    std::getline(file, line);
    return Verdict{"PASS",
                   line + ", approved by " + std::string(request.approved_by()) +
                       (host.base_checkout() == folder ? "" : ", another folder"),
                   folder};
  }
  Outcome agent(const Request& request, Host& host) {
    std::ofstream(std::string(request.artifact_dir()) + "/13-test-report.md")
        << "---\nresult: PASS\n---\n\nby an agent\n";
    AgentRun run;
    run.program = "agent";
    run.result = "ok";
    run.input_tokens = 10;
    run.complete = true;
    host.record_agent_run(run);
    return Verdict{"", "the agent wrote it", ""};
  }
  Outcome litter(const Request& request, Host&) {
    std::ofstream(std::string(request.scratch()) + "/litter.txt") << "x";
    return Verdict{"PASS", "", ""};
  }
  Outcome commits(const Request& request, Host& host) {
    std::ofstream(std::string(request.worktree()) + "/feature.txt") << "new\n";
    host.log(Level::info, "work is left uncommitted");
    return Verdict{"", "developed", ""};
  }
  Outcome services(const Request& request, Host& host);

  static Process mutating(std::vector<std::string> argv) {
    Process process{.argv = std::move(argv)};
    process.mutating = true;
    return process;
  }

  std::string mode_;
  std::string secret_;
  std::string worktree_;
  std::mutex mutex_;
  std::condition_variable woken_;
  bool cancelled_ = false;
};

// Everything it was given, as the body of the report.
Outcome Probe::services(const Request& request, Host& host) {
  std::string body = "secret=" + secret_ + "\n";
  std::size_t streamed = 0;
  Process env{.argv = {"env"}, .env = {{"GIVEN", "yes"}}};
  env.on_output = [&](Stream, std::string_view bytes) { streamed += bytes.size(); };
  const ProcessResult printed = host.run(env);
  body += printed.out;
  body += "streamed_all=" + std::to_string(streamed == printed.out.size()) + "\n";
  body += "cwd=" + host.run({.argv = {"pwd"}}).out;
  body += "echoed=" + host.run({.argv = {"cat"}, .stdin_bytes = "over stdin"}).out + "\n";
  const ProcessResult absent = host.run({.argv = {"no-such-program"}});
  body += "absent=" + std::to_string(std::holds_alternative<NotStarted>(absent.end)) + "\n";
  const ProcessResult slow =
      host.run({.argv = {"sleep", "30"}, .timeout = Milliseconds(50), .grace = Milliseconds(50)});
  body += "slow_timed_out=" + std::to_string(std::holds_alternative<TimedOut>(slow.end)) + "\n";
  host.run(mutating({"true"}));
  body += "state_dir=" + host.state_dir() + "\n";
  body += "aux=" + std::to_string(host.write_aux("junit.xml", "<testsuites/>")) + "\n";
  body += "aux_up=" + std::to_string(host.write_aux("../x", "x")) + "\n";
  body += "aux_gate=" + std::to_string(host.write_aux("12-review.md", "x")) + "\n";
  body += "remaining=" + std::to_string(host.remaining() > Milliseconds(0)) + "\n";
  body += "cancelled=" + std::to_string(host.cancelled()) + "\n";
  body += "work_item=" + std::string(request.work_item()) + "\n";
  body += "tokens=" + std::to_string(request.tokens().size()) + "\n";
  host.progress("nearly there");
  return Verdict{"PASS", "served", body};
}

constexpr Meta k_meta{.id = "probe",
                      .name = "Probe",
                      .version = "1.2.3",
                      .license = "Apache-2.0",
                      .description = "Behaves as its settings say",
                      .settings_schema = R"({"type":"object"})",
                      .stages = {{"*", ""}},
                      .capabilities = ORCH_CAP_RESUMABLE,
                      .default_timeout = std::chrono::minutes(1)};

}  // namespace

ORCHESTRATOR_PLUGIN(Probe, "probe", "1.2.3", k_meta);
