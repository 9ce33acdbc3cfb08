// SPDX-License-Identifier: Apache-2.0
// The third level of `config check`: the machine that the configuration is for.
#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <system_error>

#include "app/config_check.h"
#include "app/failure.h"
#include "base/text.h"
#include "base/unique_fd.h"
#include "config/generation.h"
#include "process/process.h"
#include "store/store.h"

namespace orc::app {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Severity = config::Finding::Severity;

std::string reason(int error_number) {
  return std::generic_category().message(error_number);
}

// The folder that is there already, of a path that may not be.
fs::path existing_part(fs::path path) {
  std::error_code error;
  while (!path.empty() && path != path.parent_path() && !fs::exists(path, error))
    path = path.parent_path();
  return path;
}

bool somebody_listens(const fs::path& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.native().size() >= sizeof(address.sun_path)) return false;
  std::memcpy(address.sun_path, socket.c_str(), socket.native().size());
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
}

// 0, or errno; EINVAL for a name that does not resolve.
int try_to_bind(const config::ListenAddress& wanted) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(wanted.port);
  if (::getaddrinfo(wanted.host.c_str(), port.c_str(), &hints, &found) != 0) return EINVAL;
  const UniqueFd fd(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int yes = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  const int failed = ::bind(fd.get(), found->ai_addr, found->ai_addrlen) == 0 ? 0 : errno;
  ::freeaddrinfo(found);
  return failed;
}

bool is_in_path(const std::string& program) {
  std::error_code error;
  if (program.find('/') != std::string::npos) return ::access(program.c_str(), X_OK) == 0;
  for (const auto& [name, value] : process::base_environment()) {
    if (name != "PATH") continue;
    for (const std::string_view folder : split(value, ':')) {
      const fs::path file = fs::path(folder) / program;
      if (!folder.empty() && fs::is_regular_file(file, error) && ::access(file.c_str(), X_OK) == 0)
        return true;
    }
  }
  return false;
}

class Look {
 public:
  Look(const config::Config& config, const std::map<std::string, std::string>& positions)
      : config_(config),
        positions_(positions),
        host_runs_(somebody_listens(config.control_socket)) {}

  std::vector<config::Finding> run() {
    look_at_state();
    look_at_sockets();
    look_at_programs();
    look_at_secrets();
    return std::move(found_);
  }

 private:
  void say(Severity severity, const std::string& key, std::string problem, std::string fix) {
    found_.push_back({.severity = severity,
                      .where = position(key),
                      .key = key,
                      .problem = std::move(problem),
                      .fix = std::move(fix)});
  }

  std::string position(std::string key) const {
    while (true) {
      const auto found = positions_.find(key);
      if (found != positions_.end()) return found->second;
      const std::size_t cut = key.find_last_of(".[");
      if (cut == std::string::npos) return "default";
      key.resize(cut);
    }
  }

  void need_folder(const std::string& key, const fs::path& folder) {
    const fs::path there = existing_part(folder);
    std::error_code error;
    if (!fs::is_directory(there, error)) {
      say(Severity::error, key, there.string() + " is no folder", "choose another folder");
    } else if (::access(there.c_str(), W_OK | X_OK) != 0) {
      // Whoever checks is not always who serves: a doubt, not a refusal.
      say(Severity::warning, key, there.string() + " may not be written by this user",
          "check as the user of the service: runuser -u orchestrator -- orchestrator config check");
    }
  }

  void look_at_state() {
    need_folder("daemon.state_dir", config_.state_dir);
    std::error_code error;
    if (!fs::exists(config_.database, error)) {
      need_folder("db.url", config_.database.parent_path());
      return;
    }
    const bool may_read = ::access(config_.database.c_str(), R_OK | W_OK) == 0;
    const auto reader = store::open_sqlite_reader(config_.database, k_busy_timeout);
    if (reader.ok()) return;
    say(may_read ? Severity::error : Severity::warning, "db.url", reader.error().message,
        "look at it: orchestrator db check -c FILE");
  }

  void look_at_sockets() {
    if (!host_runs_) need_folder("http.control.socket", config_.control_socket.parent_path());
    need_address("http.board.listen", config_.board);
    need_address("http.webhooks.listen", config_.webhooks);
  }

  // What is in use is the running host's own, as far as can be told from outside.
  void need_address(const std::string& key, const config::ListenAddress& address) {
    if (address.port < 0) return;
    const int failed = try_to_bind(address);
    if (failed == 0 || (failed == EADDRINUSE && host_runs_)) return;
    say(Severity::error, key,
        "cannot listen on " + address.host + ":" + std::to_string(address.port) + ": " +
            (failed == EINVAL ? "the name does not resolve" : reason(failed)),
        failed == EADDRINUSE ? "choose another port, or stop whoever has it: ss -ltnp"
                             : "choose an address of this machine");
  }

  void look_at_programs() {
    if (!is_in_path("git"))
      say(Severity::error, "", "git is not in PATH", "install the package git");
    for (const auto& [name, repo] : config_.repos) {
      const bool over_ssh =
          repo.clone.starts_with("ssh://") || (repo.clone.find('@') != std::string::npos &&
                                               repo.clone.find("://") == std::string::npos);
      if (over_ssh) need_program("repos." + name + ".clone", "ssh");
    }
    for (const auto& [name, plugin] : config_.plugins) {
      const json settings = json::parse(plugin.settings, nullptr, false);
      if (!plugin.enabled || !settings.is_object()) continue;
      const std::string key = "plugins." + name + ".settings";
      if (settings.contains("ssh")) need_program(key + ".ssh", "ssh");
      const auto argv = settings.find("argv");
      if (argv != settings.end() && argv->is_array() && !argv->empty() && argv->front().is_string())
        need_program(key + ".argv", argv->front().get<std::string>());
    }
  }

  // The service may have another PATH than whoever checks: a doubt, not a refusal.
  void need_program(const std::string& key, const std::string& program) {
    if (program.find('{') != std::string::npos || is_in_path(program)) return;
    say(Severity::warning, key, program + " is not in this user's PATH",
        "install it for the user of the service");
  }

  void look_at_secrets() {
    for (const auto& [name, plugin] : config_.plugins) {
      if (plugin.enabled) need_secrets("plugins." + name + ".settings", plugin.settings);
    }
    for (const auto& [name, repo] : config_.repos) {
      const json contract = json::parse(repo.contract, nullptr, false);
      if (contract.is_object() && contract.contains("forge"))
        need_secrets("repos." + name + ".forge", contract["forge"].dump());
    }
    if (config_.board.port >= 0 && !config_.operator_token.empty())
      need_secrets("http.board.operator_token", config_.operator_token);
    if (config_.webhooks.port < 0) return;
    for (const auto& [forge, reference] : config_.webhook_secrets)
      need_secrets("http.webhooks." + forge + ".secret", reference);
  }

  static bool is_credential(const Error& error) {
    return error.message.find("credential:") != std::string::npos;
  }

  // A credential exists inside the service alone, and a file of the service's user is none of
  // root's: elsewhere nothing is known about them.
  void need_secrets(const std::string& key, const std::string& settings) {
    const auto secrets = config::resolve_secrets(settings);
    if (secrets.ok()) return;
    const bool unknowable =
        (::getenv("CREDENTIALS_DIRECTORY") == nullptr && is_credential(secrets.error())) ||
        (::geteuid() == 0 && secrets.error().kind == ErrorKind::refused);
    say(unknowable ? Severity::warning : Severity::error, key, secrets.error().message,
        unknowable ? "only the user of the service can tell, inside the service: systemctl reload"
                   : "provide it, or leave this out: orchestrator config check --offline");
  }

  const config::Config& config_;
  const std::map<std::string, std::string>& positions_;
  const bool host_runs_;
  std::vector<config::Finding> found_;
};

}  // namespace

std::vector<config::Finding> look_at_machine(const config::Config& config,
                                             const std::map<std::string, std::string>& positions) {
  return Look(config, positions).run();
}

}  // namespace orc::app
