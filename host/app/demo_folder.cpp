// SPDX-License-Identifier: Apache-2.0
#include "app/demo_folder.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "config/shipped.h"
#include "process/process.h"

namespace orc::app {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t k_largest_template = 64 * 1024;
constexpr Millis k_repositories_limit{30'000};

Error failed(const std::string& what) {
  return Error{ErrorKind::io, what + ": " + std::generic_category().message(errno)};
}

fs::path material() {
  return config::shipped_prompts().parent_path() / "demo";
}

struct Port {
  UniqueFd held;
  int number = 0;
};

Result<Port> hold_port() {
  Port port{.held = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (!port.held || ::bind(port.held.get(), generic, size) != 0 ||
      ::getsockname(port.held.get(), generic, &size) != 0) {
    return failed("a port on the loopback address");
  }
  port.number = ntohs(address.sin_port);
  return port;
}

Result<fs::path> fresh_folder() {
  std::string name = (fs::temp_directory_path() / "orchestrator-demo-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) return failed(name);
  return fs::path(name);
}

Status check_folder(const fs::path& root) {
  std::error_code error;
  if (fs::exists(root, error) && !(fs::is_directory(root, error) && fs::is_empty(root, error))) {
    return Error{ErrorKind::conflict, root.string() + ": is there and not an empty folder"};
  }
  if ((root / "control.sock").string().size() >= sizeof(sockaddr_un::sun_path)) {
    return Error{ErrorKind::refused,
                 root.string() + ": too long for the name of a Unix socket; use a shorter --dir"};
  }
  return make_folder(root);
}

Status make_repositories(const fs::path& target) {
  process::RunSpec spec;
  spec.spawn.argv = {"sh", (material() / "make-repositories.sh").string(), target.string()};
  spec.spawn.env = process::base_environment();
  spec.timeout = k_repositories_limit;
  const process::RunResult result = process::run(spec);
  const auto* exited = std::get_if<process::Exited>(&result.end);
  if (exited != nullptr && exited->code == 0) return Done{};
  return Error{ErrorKind::unavailable, "make-repositories.sh failed: " + result.err};
}

// Debian's own interpreter is the one that Debian's pytest is installed for.
std::string python() {
  std::error_code error;
  return fs::exists("/usr/bin/python3", error) ? "/usr/bin/python3" : "python3";
}

using Replacements = std::array<std::pair<std::string_view, std::string>, 5>;

std::string filled_in(std::string text, const Replacements& replacements) {
  for (const auto& [mark, value] : replacements) {
    for (auto at = text.find(mark); at != std::string::npos;
         at = text.find(mark, at + value.size())) {
      text.replace(at, mark.size(), value);
    }
  }
  return text;
}

}  // namespace

Result<DemoFolder> DemoFolder::make(const fs::path& wanted) {
  DemoFolder folder;
  folder.made_up_ = wanted.empty();
  if (wanted.empty()) {
    ORC_TRY(folder.root_, fresh_folder());
  } else {
    folder.root_ = fs::absolute(wanted).lexically_normal();
    ORC_CHECK_OK(check_folder(folder.root_));
  }
  const Status filled = folder.fill();
  if (filled.ok()) return folder;
  if (folder.made_up_) (void)folder.remove();
  return filled.error();
}

Status DemoFolder::fill() {
  ORC_CHECK_OK(make_repositories(root_ / "repositories"));
  ORC_TRY(Port refusing, hold_port());
  ORC_TRY(const Port board, hold_port());
  ORC_TRY(std::string text, read_file(material() / "orchestrator.yaml.in", k_largest_template));
  refusing_port_ = std::move(refusing.held);
  board_port_ = board.number;
  return write_file_atomically(
      config(),
      filled_in(std::move(text), {{{"@FOLDER@", root_.string()},
                                   {"@MATERIAL@", material().string()},
                                   {"@PYTHON@", python()},
                                   {"@BOARD_PORT@", std::to_string(board_port_)},
                                   {"@REFUSING_PORT@", std::to_string(refusing.number)}}}),
      Durability::process);
}

Status DemoFolder::remove() {
  return remove_tree(root_);
}

}  // namespace orc::app
