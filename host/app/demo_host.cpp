// SPDX-License-Identifier: Apache-2.0
#include "app/demo_host.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>

#include "base/file.h"

namespace orc::app {

namespace {

constexpr Millis k_ready_limit{15'000};
constexpr Millis k_stop_limit{20'000};
constexpr Millis k_sweep_grace{2'000};
constexpr Millis k_sweep_limit{5'000};
constexpr int k_look_again_ms = 50;
constexpr int k_first_failure = 400;
constexpr std::size_t k_largest_log = 16 * 1024 * 1024;
constexpr std::size_t k_tail = 2000;

bool ended(int pidfd, int wait_ms) {
  pollfd entry{.fd = pidfd, .events = POLLIN, .revents = 0};
  return ::poll(&entry, 1, wait_ms) == 1;
}

Result<Json> json_of(const std::string& what, const Result<cli::Reply>& reply) {
  if (!reply.ok()) return reply.error();
  Json answer = Json::parse(reply.value().body, nullptr, false);
  if (reply.value().status < k_first_failure && !answer.is_discarded()) return answer;
  return Error{ErrorKind::refused, what + ": " + reply.value().body};
}

}  // namespace

Result<DemoHost> DemoHost::start(const DemoFolder& folder) {
  const UniqueFd log(
      ::open(folder.host_log().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  std::error_code error;
  process::SpawnSpec spec;
  spec.argv = {std::filesystem::read_symlink("/proc/self/exe", error).string(), "serve", "-c",
               folder.config().string()};
  spec.env = process::base_environment();
  spec.cwd = folder.root();
  spec.stdout_fd = log.get();
  spec.stderr_fd = log.get();
  auto started = process::spawn(spec);
  if (const auto* refused = std::get_if<process::NotStarted>(&started)) {
    return Error{ErrorKind::unavailable, "orchestrator serve: " + refused->text};
  }
  DemoHost host(folder, std::move(std::get<process::Child>(started)));
  const MonoTime limit = mono_now() + k_ready_limit;
  while (!host.is_ready()) {
    if (ended(host.pidfd(), k_look_again_ms) || mono_now() > limit) {
      (void)host.stop();
      return Error{ErrorKind::unavailable,
                   "orchestrator serve did not get ready:\n" + host.log_tail()};
    }
  }
  return host;
}

bool DemoHost::is_ready() const {
  const auto reply = client_.get("/-/ready");
  return reply.ok() && reply.value().status < k_first_failure;
}

Result<Json> DemoHost::get(const std::string& path) const {
  return json_of("GET " + path, client_.get(path));
}

Result<Json> DemoHost::post(const std::string& path, const Json& body) const {
  return json_of("POST " + path, client_.post(path, body.dump(), cli::k_command_timeout));
}

std::string DemoHost::log_tail() const {
  const auto text = read_file(folder_->host_log(), k_largest_log);
  if (!text.ok()) return "";
  return text.value().substr(text.value().size() - std::min(text.value().size(), k_tail));
}

Status DemoHost::stop() {
  ::kill(child_.pid, SIGTERM);
  const bool in_time = ended(pidfd(), static_cast<int>(k_stop_limit.count()));
  if (!in_time) ::kill(child_.pid, SIGKILL);
  int how = 0;
  ::waitpid(child_.pid, &how, 0);
  const process::Sweep sweep = process::sweep_descendants(k_sweep_grace, k_sweep_limit);
  if (!in_time)
    return Error{ErrorKind::unavailable, "the host did not stop within 20 s of SIGTERM"};
  if (!WIFEXITED(how) || WEXITSTATUS(how) != 0) {
    return Error{ErrorKind::internal, "the host ended badly:\n" + log_tail()};
  }
  if (sweep.killed > 0 || sweep.left > 0) {
    return Error{ErrorKind::internal, "the host left " + std::to_string(sweep.killed + sweep.left) +
                                          " processes behind; they were ended"};
  }
  return Done{};
}

}  // namespace orc::app
