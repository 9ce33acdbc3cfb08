// SPDX-License-Identifier: Apache-2.0
#include "support/host_harness.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <fstream>
#include <sstream>
#include <functional>
#include <iterator>

#include "process/process.h"

namespace orc::test {

namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds k_start_limit{30'000};
constexpr milliseconds k_end_limit{10'000};
constexpr int k_signal_base = 128;

process::Environment environment(const process::Environment& more) {
  process::Environment env{
      {"PATH", "/usr/bin:/bin"}, {"LANG", "C.UTF-8"}, {"HOME", "/nonexistent"}};
  env.insert(env.end(), more.begin(), more.end());
  return env;
}

int left(Clock::time_point deadline) {
  const auto ms = std::chrono::ceil<milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::max<long long>(ms, 0));
}

// Asks again whenever something in the folder changes, or `end` becomes readable.
bool wait_in_folder(const fs::path& folder, const std::function<bool()>& is_true,
                    milliseconds limit, int end = -1) {
  const UniqueFd watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  ::inotify_add_watch(watch.get(), folder.c_str(),
                      IN_CREATE | IN_MODIFY | IN_MOVED_TO | IN_CLOSE_WRITE);
  const auto deadline = Clock::now() + limit;
  while (!is_true()) {
    std::array<pollfd, 2> watched{pollfd{watch.get(), POLLIN, 0}, pollfd{end, POLLIN, 0}};
    if (::poll(watched.data(), watched.size(), left(deadline)) == 0) return is_true();
    if (watched[1].revents != 0) return is_true();
    std::array<char, 4096> events{};
    while (::read(watch.get(), events.data(), events.size()) > 0) {
    }
  }
  return true;
}

// /proc files have no size: read to the end. NUL bytes stay.
std::string read_proc(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  // Not by iterators: a file of /proc whose process ends meanwhile would throw.
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

std::vector<pid_t> live_processes(const std::function<bool(const fs::path&)>& matches) {
  std::vector<pid_t> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename();
    pid_t pid = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (parsed.ec != std::errc{} || parsed.ptr != name.data() + name.size()) continue;
    const std::string stat = read_proc(entry.path() / "stat");
    const std::size_t name_end = stat.rfind(") ");
    const bool ended = name_end == std::string::npos || stat[name_end + 2] == 'Z';
    if (!ended && pid != ::getpid() && matches(entry.path())) found.push_back(pid);
  }
  return found;
}

}  // namespace

CommandResult run_program(const std::vector<std::string>& argv, const fs::path& cwd,
                          const std::vector<std::pair<std::string, std::string>>& env,
                          milliseconds limit) {
  process::RunSpec spec;
  spec.spawn.argv = argv;
  spec.spawn.env = environment(env);
  spec.spawn.cwd = cwd;
  spec.timeout = Millis{limit.count()};
  spec.output_cap = std::size_t{16} << 20;
  const process::RunResult result = process::run(spec);
  const auto* exited = std::get_if<process::Exited>(&result.end);
  return {exited != nullptr ? exited->code : -1, result.out, result.err};
}

std::string read_text(const fs::path& path) {
  return read_proc(path);
}

void write_text(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

bool wait_for_text(const fs::path& path, const std::string& text, milliseconds limit) {
  return wait_in_folder(
      path.parent_path(), [&] { return read_text(path).find(text) != std::string::npos; }, limit);
}

bool wait_for_end(pid_t pid, milliseconds limit) {
  const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) return true;
  pollfd watched{pidfd.get(), POLLIN, 0};
  return ::poll(&watched, 1, static_cast<int>(limit.count())) == 1;
}

HostHarness::HostHarness(fs::path programs) : programs_(std::move(programs)) {
  fs::permissions(folder_.path(), fs::perms::owner_all);
  fs::create_directory(root());
}

HostHarness::~HostHarness() {
  end_everything();
}

bool HostHarness::start() {
  exit_code_.reset();
  const UniqueFd log(::open(log_file().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  const std::size_t from = read_text(log_file()).size();
  process::SpawnSpec spec;
  spec.argv = {program(), "serve", "-c", config().string()};
  process::Environment more{{"TMPDIR", root().string()}};
  for (const auto& [name, value] : environment_) process::set(more, name, value);
  spec.env = environment(more);
  spec.cwd = root();
  spec.stdout_fd = log.get();
  spec.stderr_fd = log.get();
  auto started = process::spawn(spec);
  auto* child = std::get_if<process::Child>(&started);
  if (child == nullptr) return false;
  pid_ = child->pid;
  pidfd_ = std::move(child->pidfd);
  const auto serves = [&] {
    return read_text(log_file()).find("host.serving", from) != std::string::npos;
  };
  if (wait_in_folder(root(), serves, k_start_limit, pidfd_.get())) return true;
  wait_for_exit(milliseconds{0});
  return false;
}

void HostHarness::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

std::optional<int> HostHarness::wait_for_exit(milliseconds limit) {
  if (pid_ <= 0) return exit_code_;
  pollfd watched{pidfd_.get(), POLLIN, 0};
  if (::poll(&watched, 1, static_cast<int>(limit.count())) != 1) return std::nullopt;
  int how = 0;
  ::waitpid(pid_, &how, 0);
  pid_ = 0;
  exit_code_ = WIFEXITED(how) ? WEXITSTATUS(how) : k_signal_base + WTERMSIG(how);
  return exit_code_;
}

void HostHarness::kill_hard() {
  signal(SIGKILL);
  wait_for_exit();
}

bool HostHarness::wait_for_log(const std::string& text, std::size_t from) const {
  return wait_in_folder(
      root(), [&] { return log().find(text, from) != std::string::npos; }, k_start_limit);
}

CommandResult HostHarness::orchestrator(const std::vector<std::string>& arguments) const {
  std::vector<std::string> argv{program()};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return run_program(argv, root(), {{"ORCH_SOCKET", (root() / "control.sock").string()}});
}

std::vector<pid_t> HostHarness::processes() const {
  return processes_naming(folder_.path().string());
}

std::vector<pid_t> HostHarness::processes_naming(const std::string& name) {
  return live_processes([&](const fs::path& process) {
    std::error_code error;
    return read_proc(process / "cmdline").find(name) != std::string::npos ||
           fs::read_symlink(process / "cwd", error).string().rfind(name, 0) == 0 ||
           read_proc(process / "environ").find(name) != std::string::npos;
  });
}

std::vector<pid_t> HostHarness::processes_with(const std::string& text) {
  return live_processes([&](const fs::path& process) {
    return read_proc(process / "cmdline").find(text) != std::string::npos;
  });
}

// The host first, so that it starts nothing new; then what is left, until nothing is.
void HostHarness::end_everything() {
  signal(SIGINT);
  if (!wait_for_exit(k_end_limit)) kill_hard();
  const auto deadline = Clock::now() + k_end_limit;
  for (auto rest = processes(); !rest.empty() && Clock::now() < deadline; rest = processes()) {
    for (const pid_t pid : rest) ::kill(pid, SIGKILL);
    for (const pid_t pid : rest) wait_for_end(pid, milliseconds{left(deadline)});
  }
}

}  // namespace orc::test
