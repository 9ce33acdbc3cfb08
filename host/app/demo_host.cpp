// SPDX-License-Identifier: Apache-2.0
#include "app/demo_host.h"

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/StreamCopier.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>

#include "base/file.h"

namespace orc::app {

namespace {

using nlohmann::json;

constexpr Millis k_ready_limit{15'000};
constexpr Millis k_stop_limit{20'000};
constexpr Millis k_sweep_grace{2'000};
constexpr Millis k_sweep_limit{5'000};
constexpr int k_look_again_ms = 50;
constexpr int k_answer_seconds = 30;
constexpr std::size_t k_largest_log = 16 * 1024 * 1024;
constexpr std::size_t k_tail = 2000;

bool ended(int pidfd, int wait_ms) {
  pollfd entry{.fd = pidfd, .events = POLLIN, .revents = 0};
  return ::poll(&entry, 1, wait_ms) == 1;
}

std::string tail_of(const std::filesystem::path& log) {
  const auto text = read_file(log, k_largest_log);
  if (!text.ok()) return "";
  return text.value().substr(text.value().size() - std::min(text.value().size(), k_tail));
}

Result<json> exchange(const std::filesystem::path& socket, const std::string& method,
                      const std::string& path, const std::string& body) {
  namespace net = Poco::Net;
  return guard("the demo's host", [&]() -> Result<json> {
    net::StreamSocket stream(net::SocketAddress(net::SocketAddress::UNIX_LOCAL, socket.string()));
    net::HTTPClientSession session(stream);
    session.setTimeout(Poco::Timespan(k_answer_seconds, 0));
    net::HTTPRequest request(method, path, net::HTTPRequest::HTTP_1_1);
    request.setHost("localhost");
    request.setKeepAlive(false);
    request.setContentType("application/json");
    request.setContentLength(static_cast<std::streamsize>(body.size()));
    session.sendRequest(request) << body;
    net::HTTPResponse response;
    std::string text;
    Poco::StreamCopier::copyToString(session.receiveResponse(response), text);
    json answer = json::parse(text, nullptr, false);
    if (response.getStatus() >= net::HTTPResponse::HTTP_BAD_REQUEST) {
      const std::string detail = answer.is_object() ? answer.value("detail", text) : text;
      return Error{ErrorKind::refused, method + " " + path + ": " + detail};
    }
    return answer;
  });
}

bool is_ready(const DemoFolder& folder) {
  return exchange(folder.socket(), "GET", "/-/ready", "").ok();
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
  while (!is_ready(folder)) {
    if (ended(host.pidfd(), k_look_again_ms) || mono_now() > limit) {
      (void)host.stop();
      return Error{ErrorKind::unavailable,
                   "orchestrator serve did not get ready:\n" + tail_of(folder.host_log())};
    }
  }
  return host;
}

Result<json> DemoHost::get(const std::string& path) const {
  return exchange(folder_->socket(), "GET", path, "");
}

Result<json> DemoHost::post(const std::string& path, const json& body) const {
  return exchange(folder_->socket(), "POST", path, body.dump());
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
    return Error{ErrorKind::internal, "the host ended badly:\n" + tail_of(folder_->host_log())};
  }
  if (sweep.killed > 0 || sweep.left > 0) {
    return Error{ErrorKind::internal, "the host left " + std::to_string(sweep.killed + sweep.left) +
                                          " processes behind; they were ended"};
  }
  return Done{};
}

}  // namespace orc::app
