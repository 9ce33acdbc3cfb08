// SPDX-License-Identifier: Apache-2.0
#include "torture/world.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "jobs/job_folder.h"
#include "process/process.h"
#include "support/host_harness.h"
#include "support/paths.h"

namespace orc::test {

namespace {

namespace fs = std::filesystem;

constexpr int k_signal_base = 128;
constexpr Millis k_command_limit{2'000};
constexpr Millis k_busy_timeout{5'000};
constexpr int k_many = 100'000;

template <typename T>
T must(Result<T> result) {
  if (!result.ok()) throw std::runtime_error(result.error().message);
  return std::move(result).value();
}

void git(const fs::path& repository, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(),
                   {"git", "-c", "user.name=Test", "-c", "user.email=test@localhost", "-c",
                    "init.defaultBranch=main"});
  const CommandResult result = run_program(arguments, repository);
  if (result.exit_code != 0) throw std::runtime_error("git: " + result.err);
}

std::string yaml(const fs::path& root) {
  std::ostringstream text;
  text << "version: 1\ndaemon: { workers: 3, state_dir: " << root.string()
       << "/state, drain_timeout: 20s, kill_grace: 500ms }\nhttp:\n  control: { socket: "
       << root.string()
       << "/control.sock, mode: \"0600\" }\n  board: { listen: \"off\" }\nplugin_dirs: ["
       << bin_dir()
       << "/../torture-plugins]\nrepos:\n  none: { self_hosting: true }\n  code: { clone: "
       << root.string()
       << "/code, ci: { required: false } }\n"
       // Healthy until something was merged into it; a rollback leaves a line.
       << "  watched: { clone: " << root.string()
       << "/code, ci: { required: false }, monitor: { command: [test, \"!\", -s, " << root.string()
       << "/merged], interval: 100ms, baseline: 1, failures: 2, window: 60s, rollback: { command: "
          "[sh, "
          "-c, \"echo $1 >> $0/rollbacks\", "
       << root.string()
       << ", \"{commit}\"] } } }\nplugins:\n  scripted:\n    repos: \"*\"\n"
          "    infra_retry: { attempts: 20, backoff: 20ms }\n    settings: { ledger: "
       << root.string()
       << "/ledger }\n"
       // Faults are made on purpose here: a pause is short, and a worker killed thrice is no hold.
       << "gates: { infra_retry: { attempts: 20, backoff: 20ms },"
       << " breaker: { canary_after: 100ms, repeats: 0 } }\nstages:\n";
  for (const StageRule& rule : STAGE_TRANSITIONS)
    text << "  " << to_string(rule.stage) << ": { producers: [scripted] }\n";
  return text.str();
}

}  // namespace

World::World(fs::path root) : root_(std::move(root)), client_(root_ / "control.sock") {
  fs::permissions(root_, fs::perms::owner_all);
  fs::create_directories(root_ / "seed");
  git(root_ / "seed", {"init", "-q"});
  write_text(root_ / "seed" / "README.md", "# Code\n");
  git(root_ / "seed", {"add", "."});
  git(root_ / "seed", {"commit", "-q", "-m", "Begin"});
  git(root_, {"clone", "-q", "--bare", "seed", "code"});
  // What is merged is written down by whoever is merged into.
  write_text(root_ / "code" / "hooks" / "update",
             "#!/bin/sh\n[ \"$1\" = refs/heads/main ] && echo \"$3\" >>" +
                 (root_ / "merged").string() + "\nexit 0\n");
  fs::permissions(root_ / "code" / "hooks" / "update", fs::perms::owner_all);
  write_text(root_ / "orchestrator.yaml", yaml(root_));
}

// The host first, so that it starts nothing new; then what is left.
World::~World() {
  signal(SIGKILL);
  (void)wait_for_end(Ms{10'000});
  for (int round = 0; round < 20; ++round) {
    const std::vector<pid_t> rest = processes();
    if (rest.empty()) return;
    for (const pid_t pid : rest) ::kill(pid, SIGKILL);
    for (const pid_t pid : rest) (void)test::wait_for_end(pid, Ms{1'000});
  }
}

void World::start(const Variables& variables) {
  const UniqueFd out(::open((root_ / ("host-" + std::to_string(++starts_) + ".log")).c_str(),
                            O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  process::SpawnSpec spec;
  spec.argv = {bin_dir() + "/orchestrator", "serve", "-c", (root_ / "orchestrator.yaml").string()};
  spec.env = {{"PATH", "/usr/bin:/bin"},
              {"LANG", "C.UTF-8"},
              {"HOME", "/nonexistent"},
              {"TMPDIR", root_.string()}};
  spec.env.insert(spec.env.end(), variables.begin(), variables.end());
  spec.cwd = root_;
  spec.stdout_fd = out.get();
  spec.stderr_fd = out.get();
  auto started = process::spawn(spec);
  auto* child = std::get_if<process::Child>(&started);
  if (child == nullptr) throw std::runtime_error("the host was not started");
  pid_ = child->pid;
  pidfd_ = std::move(child->pidfd);
}

std::string World::log() const {
  return read_text(root_ / ("host-" + std::to_string(starts_) + ".log"));
}

bool World::wait_until_serving(Ms limit) const {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (log().find("host.serving") == std::string::npos) {
    const auto left = std::chrono::duration_cast<Ms>(deadline - std::chrono::steady_clock::now());
    pollfd end{pidfd_.get(), POLLIN, 0};
    // A host that says nothing for a moment is looked at again; its end is seen at once.
    if (left <= Ms{0} || ::poll(&end, 1, static_cast<int>(std::min(left, Ms{5}).count())) == 1)
      break;
  }
  return log().find("host.serving") != std::string::npos;
}

void World::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

std::optional<int> World::wait_for_end(Ms limit) {
  if (pid_ <= 0) return std::nullopt;
  pollfd watched{pidfd_.get(), POLLIN, 0};
  if (::poll(&watched, 1, static_cast<int>(limit.count())) != 1) return std::nullopt;
  int how = 0;
  ::waitpid(pid_, &how, 0);
  pid_ = 0;
  return WIFEXITED(how) ? WEXITSTATUS(how) : k_signal_base + WTERMSIG(how);
}

bool World::post(const std::string& target, const std::string& body) const {
  const Result<cli::Reply> reply = client_.post(target, body, k_command_limit);
  return reply.ok() && reply.value().status < 300;
}

bool World::submit(const std::string& work_item, const std::string& title, const std::string& repo,
                   const std::string& from) {
  nlohmann::json body{{"work_item", work_item}, {"title", title}, {"repo", repo}};
  if (!from.empty()) body.update({{"from", from}, {"branch", "task/" + work_item}});
  return post("/api/v1/tasks", body.dump());
}

bool World::order(const std::string& verb, const std::string& work_item) {
  return post("/api/v1/tasks/" + work_item + "/" + verb, R"({"reason":"torture"})");
}

// As an operator of the forge: git holds a lock for milliseconds, and one whose owner was killed
// keeps every push away until somebody removes it. The host never does so in a repository that is
// not its own.
void World::remove_locks_left_behind() const {
  constexpr Ms k_held_at_most{5'000};
  std::error_code none;
  // Git makes and removes files meanwhile: what is gone when it is looked at ends the walk, and the
  // next one comes soon.
  auto entry = fs::recursive_directory_iterator(root_ / "code" / "refs", none);
  for (; !none && entry != fs::recursive_directory_iterator(); entry.increment(none)) {
    if (entry->path().extension() != ".lock") continue;
    const auto taken = entry->last_write_time(none);
    if (!none && fs::file_time_type::clock::now() - taken > k_held_at_most)
      fs::remove(entry->path(), none);
  }
}

void World::push_on() {
  remove_locks_left_behind();
  for (const Task& task : tasks()) {
    if (!lives()) return;
    if (task.state == TaskState::waiting_human) order("approve", task.work_item);
    if (task.state != TaskState::held) continue;
    order(task.hold && task.hold->hold == HoldClass::retry_budget ? "retry" : "release",
          task.work_item);
  }
}

std::vector<Task> World::tasks() const {
  std::error_code none;
  if (!fs::exists(database(), none)) return {};
  return must(
      must(store::open_sqlite_reader(database(), k_busy_timeout))->tasks({.limit = k_many}));
}

std::vector<Event> World::events() const {
  return must(must(store::open_sqlite_reader(database(), k_busy_timeout))->events({}, {}, k_many));
}

std::optional<Monitor> World::monitor(TaskId task) const {
  const auto all =
      must(must(store::open_sqlite_reader(database(), k_busy_timeout))->monitors(task));
  return all.empty() ? std::nullopt : std::optional(all.front());
}

int World::alerts(const std::string& condition) const {
  const auto open =
      must(must(store::open_sqlite_reader(database(), k_busy_timeout))->open_alerts());
  return static_cast<int>(std::count_if(
      open.begin(), open.end(), [&](const Alert& alert) { return alert.condition == condition; }));
}

int World::open_tasks() const {
  int open = 0;
  for (const Task& task : tasks())
    open += task.state != TaskState::done && task.state != TaskState::cancelled ? 1 : 0;
  return open;
}

std::vector<store::Violation> World::violations() const {
  std::error_code none;
  if (!fs::exists(database(), none)) return {};
  return must(app::check_place({database(), state()})).violations;
}

std::vector<std::string> World::ran_twice() const {
  std::map<std::string, int> began;
  std::istringstream ledger(read_text(root_ / "ledger"));
  for (std::string line; std::getline(ledger, line);) ++began[line];
  std::vector<std::string> twice;
  for (const auto& [attempt, times] : began) {
    if (times > 1) twice.push_back(attempt);
  }
  return twice;
}

std::size_t World::runs() const {
  const std::string ledger = read_text(root_ / "ledger");
  return static_cast<std::size_t>(std::count(ledger.begin(), ledger.end(), '\n'));
}

std::vector<pid_t> World::processes() const {
  return HostHarness::processes_naming(root_.string());
}

std::vector<pid_t> World::workers() const {
  std::vector<pid_t> found;
  std::error_code none;
  for (const auto& folder : fs::directory_iterator(state() / "jobs", none)) {
    if (const auto worker = jobs::live_worker(folder.path())) found.push_back(worker->pid);
  }
  return found;
}

}  // namespace orc::test
