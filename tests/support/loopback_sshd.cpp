// SPDX-License-Identifier: Apache-2.0
#include "support/loopback_sshd.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace orc::test {

namespace {

constexpr const char* k_sshd = "/usr/sbin/sshd";
constexpr const char* k_run_folder = "/run/sshd";

int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  int port = 0;
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0)
    port = ntohs(address.sin_port);
  ::close(fd);
  return port;
}

}  // namespace

LoopbackSshd::LoopbackSshd(const std::string& more) {
  if (::access(k_sshd, X_OK) != 0) {
    problem_ = "no /usr/sbin/sshd";
    return;
  }
  // sshd run by root wants its privilege separation folder; the package makes it at boot.
  made_run_folder_ = ::geteuid() == 0 && ::mkdir(k_run_folder, 0755) == 0;
  make_key("host");
  make_key("client");
  port_ = free_port();
  ::mkdir((folder() + "/home").c_str(), 0700);
  let_in("client");
  std::ofstream(folder() + "/config")
      << "ListenAddress 127.0.0.1\nPort " << port_ << "\nHostKey " << folder() << "/host\n"
      << "AuthorizedKeysFile " << folder() << "/authorized_keys\nStrictModes no\nUsePAM no\n"
      << "PasswordAuthentication no\nPermitRootLogin prohibit-password\nPidFile none\n"
      << "SetEnv HOME=" << folder() << "/home\n"
      << more;
  start();
}

LoopbackSshd::~LoopbackSshd() {
  stop_listening();
  if (log_fd_ >= 0) ::close(log_fd_);
  if (made_run_folder_) ::rmdir(k_run_folder);
}

void LoopbackSshd::stop_listening() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void LoopbackSshd::start() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return;
  const std::string config = folder() + "/config";
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(ends[1], 2);
    ::execl(k_sshd, k_sshd, "-D", "-e", "-f", config.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(ends[1]);
  if (!wait_until_listening(ends[0])) problem_ = "sshd does not listen";
  // Kept open: sshd must not be ended by a closed log.
  if (log_fd_ >= 0) ::close(log_fd_);
  log_fd_ = ends[0];
}

bool LoopbackSshd::wait_until_listening(int stderr_fd) const {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::string log;
  while (log.find("Server listening") == std::string::npos) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    pollfd polled{stderr_fd, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&polled, 1, static_cast<int>(left.count())) <= 0) return false;
    std::array<char, 4096> chunk{};
    const ssize_t got = ::read(stderr_fd, chunk.data(), chunk.size());
    if (got <= 0) return false;
    log.append(chunk.data(), static_cast<std::size_t>(got));
  }
  return true;
}

std::string LoopbackSshd::target() {
  const passwd* const user = ::getpwuid(::geteuid());
  return std::string(user == nullptr ? "root" : user->pw_name) + "@127.0.0.1";
}

std::string LoopbackSshd::known_hosts(const std::string& key) const {
  return "[127.0.0.1]:" + std::to_string(port_) + ' ' + read(key + ".pub");
}

std::string LoopbackSshd::read(const std::string& file) const {
  std::ifstream stream(folder() + '/' + file);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::string LoopbackSshd::make_key(const std::string& name, const std::string& passphrase) const {
  const std::string path = folder() + '/' + name;
  const std::string command = "ssh-keygen -q -t ed25519 -N '" + passphrase + "' -C test -f " + path;
  return std::system(command.c_str()) == 0 ? path : std::string();
}

void LoopbackSshd::let_in(const std::string& key, const std::string& command) const {
  std::ofstream keys(folder() + "/authorized_keys", std::ios::app);
  if (!command.empty()) keys << "restrict,command=\"" << command << "\" ";
  keys << read(key + ".pub");
}

}  // namespace orc::test
