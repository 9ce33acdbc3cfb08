// SPDX-License-Identifier: Apache-2.0
#include "process/confinement.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <system_error>

#include "base/text.h"
#include "process/namespaces.h"
#include "process/process.h"

namespace orc::process {

namespace {

namespace fs = std::filesystem;

// Programs, libraries, their configuration, and what name resolution needs.
constexpr std::array k_system_folders = {
    "/usr",       "/bin",   "/sbin", "/lib",  "/lib32", "/lib64", "/libx32",
    "/etc",       "/opt",   "/snap", "/proc", "/sys",   "/nix/store", "/gnu/store",
    "/run/systemd/resolve", "/run/resolvconf", "/run/nscd", "/run/current-system"};
// Below them, and no business of a program that runs foreign code; only root could read most.
constexpr std::array k_system_secrets = {
    "/etc/orchestrator", "/etc/shadow",  "/etc/shadow-",    "/etc/gshadow",     "/etc/gshadow-",
    "/etc/sudoers",      "/etc/sudoers.d", "/etc/ssh",      "/etc/ssl/private", "/etc/krb5.keytab"};
constexpr std::array k_devices = {"/dev/null",    "/dev/zero", "/dev/full", "/dev/random",
                                  "/dev/urandom", "/dev/tty",  "/dev/ptmx", "/dev/pts"};
// POSIX semaphores and shared memory live there; Python's multiprocessing needs it.
constexpr const char* k_shared_memory = "/dev/shm";
// ABI 2 brought what a build cannot do without (renaming across folders); 3 truncation.
constexpr int k_abi_for_files = 3;
constexpr int k_abi_for_signals = 6;
// Far beyond what it takes: a machine that is merely busy can give the level.
constexpr Millis k_trial_limit{60'000};

// Absolute and without links, so that it can be compared; what is not there cannot be read.
std::vector<fs::path> resolve(const std::vector<fs::path>& paths) {
  std::vector<fs::path> resolved;
  for (const fs::path& path : paths) {
    std::error_code error;
    fs::path real = fs::canonical(path, error);
    if (!error) resolved.push_back(std::move(real));
  }
  return resolved;
}

Result<Ruleset> rules_of(const ConfinementPlan& plan) {
  ORC_TRY(Ruleset ruleset, Ruleset::create());
  for (const char* folder : k_system_folders) {
    ORC_CHECK_OK(ruleset.allow_except(folder, Access::read, plan.hidden));
  }
  for (const char* device : k_devices) ORC_CHECK_OK(ruleset.allow(device, Access::device));
  ORC_CHECK_OK(ruleset.allow(k_shared_memory, Access::write));
  for (const fs::path& path : plan.read) {
    ORC_CHECK_OK(ruleset.allow_except(path, Access::read, plan.hidden));
  }
  for (const fs::path& path : plan.write) {
    ORC_CHECK_OK(ruleset.allow_except(path, Access::write, plan.hidden));
  }
  return ruleset;
}

std::vector<std::string> limit_options(const ResourceLimits& limits) {
  // A core file would hold whatever the program held, secrets too.
  std::vector<std::string> options{"--limit", "core=0"};
  const auto add = [&options](const char* name, std::int64_t value) {
    if (value > 0) options.insert(options.end(), {"--limit", name + std::to_string(value)});
  };
  add("processes=", limits.processes);
  add("file_size=", limits.file_bytes);
  add("memory=", limits.memory_bytes);
  return options;
}

}  // namespace

Status Confinement::prepare() {
  for (const char* path : k_system_secrets) plan_.hidden.emplace_back(path);
  plan_.hidden = resolve(plan_.hidden);
  if (::access(plan_.launcher.c_str(), X_OK) != 0) {
    return Error{ErrorKind::refused, plan_.launcher.string() + " is missing or not executable"};
  }
  if (plan_.level == IsolationLevel::strict) {
    const std::vector<fs::path> system{k_system_folders.begin(), k_system_folders.end()};
    ORC_TRY(namespaces_, namespace_command(plan_, system));
    return Done{};
  }
  Result<Ruleset> ruleset = rules_of(plan_);
  if (ruleset.ok()) {
    ruleset_ = std::move(ruleset).value();
    return Done{};
  }
  // Without Landlock the rest of the level still holds, and the gap is shown to the operator.
  if (ruleset.error().kind == ErrorKind::unavailable) return Done{};
  return ruleset.error();
}

Status Confinement::try_out(const std::shared_ptr<const Confinement>& self) const {
  RunSpec trial;
  trial.spawn.argv = {"/bin/true"};
  trial.spawn.confinement = self;
  trial.spawn.cwd = "/";
  trial.timeout = k_trial_limit;
  const RunResult result = run(trial);
  const auto* exited = std::get_if<Exited>(&result.end);
  if (exited != nullptr && exited->code == 0) return Done{};
  const auto* failure = std::get_if<NotStarted>(&result.end);
  const std::string said = printable(to_utf8(trim(result.err).substr(0, 300)));
  return Error{ErrorKind::refused, (failure != nullptr ? failure->text : "the trial run failed") +
                                       (said.empty() ? "" : " (" + said + ")")};
}

Result<std::shared_ptr<const Confinement>> Confinement::make(ConfinementPlan plan) {
  const std::shared_ptr<Confinement> made(new Confinement(std::move(plan)));
  Status prepared = made->prepare();
  if (prepared.ok() && made->plan_.level == IsolationLevel::strict) prepared = made->try_out(made);
  if (!prepared.ok()) {
    return std::move(prepared).error().while_doing(
        "isolation " + std::string(to_string(made->plan_.level)) + " cannot be given here");
  }
  return std::shared_ptr<const Confinement>(made);
}

Confinement::Start Confinement::start_of(const std::string& program,
                                         const std::vector<std::string>& argv, const fs::path& cwd,
                                         int status, int first_free) const {
  Start start;
  std::vector<std::string> launch{"--status", std::to_string(first_free)};
  start.inherit.push_back(status);
  if (ruleset_) {
    launch.insert(launch.end(), {"--ruleset", std::to_string(first_free + 1)});
    start.inherit.push_back(ruleset_->fd());
  }
  const std::vector<std::string> limits = limit_options(plan_.limits);
  launch.insert(launch.end(), limits.begin(), limits.end());
  launch.insert(launch.end(), {"--", program});
  launch.insert(launch.end(), argv.begin(), argv.end());
  if (namespaces_.empty()) {
    start.program = plan_.launcher;
    start.argv = {plan_.launcher};
  } else {
    start.program = namespaces_.front();
    start.argv = namespaces_;
    if (!cwd.empty()) start.argv.insert(start.argv.end(), {"--chdir", cwd});
    start.argv.insert(start.argv.end(), {"--", k_launcher_inside});
  }
  start.argv.insert(start.argv.end(), launch.begin(), launch.end());
  return start;
}

std::string gap(IsolationLevel level, const fs::path& launcher) {
  if (level == IsolationLevel::off) return "";
  if (level == IsolationLevel::strict) {
    const auto made = Confinement::make({.level = level, .launcher = launcher});
    return made.ok() ? "" : made.error().message;
  }
  const int abi = landlock_abi();
  if (abi == 0) {
    return "the kernel has no Landlock (5.13 and later, with landlock in the lsm= list): programs "
           "can read whatever the service's user can";
  }
  if (abi < k_abi_for_files) {
    return "Landlock ABI " + std::to_string(abi) +
           ": a program can empty files that it may not write (kernel 6.2), and signal processes "
           "of its user (6.12)";
  }
  if (abi < k_abi_for_signals) {
    return "Landlock ABI " + std::to_string(abi) +
           ": a program can signal processes of its user (kernel 6.12)";
  }
  return "";
}

}  // namespace orc::process
