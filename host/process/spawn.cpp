// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>

#include "base/text.h"
#include "process/lineage.h"
#include "process/pidfd.h"
#include "process/process.h"
#include "process/start.h"

namespace orc::process {

namespace {

constexpr std::array k_base_names = {"PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR"};
constexpr std::string_view k_default_path = "/usr/local/bin:/usr/bin:/bin";

NotStarted not_started(int error_number, std::string_view what) {
  return NotStarted{error_number,
                    std::string(what) + ": " + std::generic_category().message(error_number)};
}

std::string_view value_of(const Environment& env, std::string_view name) {
  for (const auto& [key, value] : env) {
    if (key == name) return value;
  }
  return {};
}

// posix_spawnp would search the caller's PATH; the child's own counts. A relative entry would mean
// the working folder, where the code under test lives.
std::variant<std::string, NotStarted> find_program(const std::string& name,
                                                   const Environment& env) {
  if (name.find('/') != std::string::npos) return name;
  const std::string_view given = value_of(env, "PATH");
  int error_number = ENOENT;
  for (const std::string_view folder : split(given.empty() ? k_default_path : given, ':')) {
    if (!folder.starts_with('/')) continue;
    std::string candidate = std::string(folder) + "/" + name;
    struct stat info {};
    if (name.empty() || ::stat(candidate.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    if (::faccessat(AT_FDCWD, candidate.c_str(), X_OK, AT_EACCESS) == 0) return candidate;
    error_number = EACCES;
  }
  return not_started(error_number, name);
}

// File actions and attributes with their lifetimes.
class Plan {
 public:
  Plan() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigfillset(&signals);
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
    sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes_, &signals);
    ::posix_spawnattr_setflags(&attributes_,
                               POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  ~Plan() {
    ::posix_spawnattr_destroy(&attributes_);
    ::posix_spawn_file_actions_destroy(&actions_);
  }
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  // 0 or the errno of the failing step.
  int enter(const std::filesystem::path& folder);
  int place_descriptors(const SpawnSpec& spec, const std::vector<int>& inherit);

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  int place(int source, int target, int first_free);

  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
  std::vector<UniqueFd> copies_;
};

int Plan::enter(const std::filesystem::path& folder) {
  if (folder.empty()) return 0;
  UniqueFd fd(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return errno;
  const int error_number = ::posix_spawn_file_actions_addfchdir_np(&actions_, fd.get());
  copies_.push_back(std::move(fd));
  return error_number;
}

int Plan::place(int source, int target, int first_free) {
  if (source < 0) {
    return ::posix_spawn_file_actions_addopen(&actions_, target, "/dev/null",
                                              target == 0 ? O_RDONLY : O_WRONLY, 0);
  }
  // A source among the targets would be overwritten before its turn; a copy above them cannot be.
  if (source < first_free) {
    UniqueFd copy(::fcntl(source, F_DUPFD_CLOEXEC, first_free));
    if (!copy) return errno;
    source = copy.get();
    copies_.push_back(std::move(copy));
  }
  return ::posix_spawn_file_actions_adddup2(&actions_, source, target);
}

int Plan::place_descriptors(const SpawnSpec& spec, const std::vector<int>& inherit) {
  std::vector<int> sources = {spec.stdin_fd, spec.stdout_fd, spec.stderr_fd};
  sources.insert(sources.end(), inherit.begin(), inherit.end());
  const int first_free = static_cast<int>(sources.size());
  for (int target = 0; target < first_free; ++target) {
    const int source = sources[static_cast<std::size_t>(target)];
    if (const int error_number = place(source, target, first_free)) return error_number;
  }
  return ::posix_spawn_file_actions_addclosefrom_np(&actions_, first_free);
}

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (const std::string& text : strings) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

bool holds_nul(const std::vector<std::string>& strings) {
  return std::any_of(strings.begin(), strings.end(),
                     [](const std::string& text) { return text.find('\0') != std::string::npos; });
}

std::variant<Child, NotStarted> watch(pid_t pid, const std::string& program) {
  Child child{.pid = pid, .pidfd = UniqueFd(::pidfd_open(pid, 0))};
  if (child.pidfd) return child;
  const int error_number = errno;
  // Nobody could wait for it: it must not run on.
  ::kill(-pid, SIGKILL);
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  Lineages::of_this_process().forget(pid);
  return not_started(error_number, program + ": pidfd_open");
}

}  // namespace

std::variant<Child, NotStarted> start(const SpawnSpec& spec, const std::string& path,
                                      const std::vector<std::string>& words,
                                      const std::vector<int>& inherit) {
  Plan plan;
  if (const int error_number = plan.enter(spec.cwd)) {
    const bool is_folder_fault = error_number == ENOENT || error_number == EACCES;
    return not_started(is_folder_fault ? ENOTDIR : error_number,
                       "working folder " + spec.cwd.string());
  }
  if (const int error_number = plan.place_descriptors(spec, inherit)) {
    return not_started(error_number, path + ": descriptors");
  }
  std::vector<std::string> env;
  for (const auto& [key, value] : spec.env) env.push_back(key + "=" + value);
  if (holds_nul(words) || holds_nul(env)) return not_started(EINVAL, "NUL in an argument");
  const std::vector<char*> argv = pointers(words);
  const std::vector<char*> envp = pointers(env);
  pid_t pid = 0;
  int error_number = 0;
  Lineages::of_this_process().record(std::string(value_of(spec.env, "ORCH_RUN_ID")), [&] {
    error_number = ::posix_spawn(&pid, path.c_str(), plan.actions(), plan.attributes(), argv.data(),
                                 envp.data());
    return error_number == 0 ? pid : 0;
  });
  if (error_number != 0) return not_started(error_number, path);
  return watch(pid, path);
}

std::variant<Child, NotStarted> spawn(const SpawnSpec& spec) {
  if (spec.argv.empty()) return not_started(EINVAL, "no program given");
  auto program = find_program(spec.argv[0], spec.env);
  if (auto* failure = std::get_if<NotStarted>(&program)) return std::move(*failure);
  const std::string& path = *std::get_if<std::string>(&program);

  if (spec.confinement) return start_confined(spec, path);
  return start(spec, path, spec.argv, spec.inherit);
}

void set(Environment& environment, std::string_view name, std::string_view value) {
  for (auto& [known, kept] : environment) {
    if (known != name) continue;
    kept = value;
    return;
  }
  environment.emplace_back(name, value);
}

Environment base_environment() {
  Environment env;
  for (const char* name : k_base_names) {
    // The host sets no environment variable after its start.
    if (const char* value = std::getenv(name))
      env.emplace_back(name, value);  // NOLINT(concurrency-mt-unsafe)
  }
  return env;
}

}  // namespace orc::process
