// SPDX-License-Identifier: Apache-2.0
// A real sshd on loopback for one test program: own host key, own client key, a free port, ended
// with it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "orchestrator/plugin/testing.hpp"

namespace staging_runner {

class Sshd {
 public:
  // Starts and waits until it listens. `problem()` tells why it does not.
  Sshd();
  ~Sshd();
  Sshd(const Sshd&) = delete;
  Sshd& operator=(const Sshd&) = delete;

  const std::string& problem() const { return problem_; }
  int port() const { return port_; }
  std::string folder() const { return folder_.path().string(); }
  std::string target() const;
  std::string client_key() const { return read("client"); }
  std::string known_hosts() const;
  std::string read(const std::string& file) const;
  // A further key pair; the path of the private one.
  std::string make_key(const std::string& name) const;

 private:
  void start();
  bool wait_until_listening(int stderr_fd) const;

  orchestrator::plugin::test::ScratchFolder folder_;
  std::string problem_;
  int port_ = 0;
  pid_t pid_ = -1;
  bool made_run_folder_ = false;
};

}  // namespace staging_runner
