// SPDX-License-Identifier: Apache-2.0
// A real sshd on loopback for one test program: own host key, own client keys, own configuration, a
// free port, no root needed; it and every login it serves end with this object. One thread.
#pragma once

#include <sys/types.h>

#include <string>

#include "orchestrator/plugin/testing.hpp"

namespace orc::test {

class LoopbackSshd {
 public:
  // Starts and waits until it listens. `problem()` tells why it does not. `more`: further lines of
  // sshd_config(5).
  explicit LoopbackSshd(const std::string& more = "");
  ~LoopbackSshd();
  LoopbackSshd(const LoopbackSshd&) = delete;
  LoopbackSshd& operator=(const LoopbackSshd&) = delete;

  const std::string& problem() const { return problem_; }
  int port() const { return port_; }
  // The home folder of its logins lies in it: "home".
  std::string folder() const { return folder_.path().string(); }
  static std::string target();
  std::string client_key() const { return read("client"); }
  std::string known_hosts() const { return known_hosts("host"); }
  // The same, with another key for this server.
  std::string known_hosts(const std::string& key) const;
  std::string read(const std::string& file) const;
  // A further key pair; the path of the private one.
  std::string make_key(const std::string& name, const std::string& passphrase = "") const;
  // Lets the key in, for `command` alone; empty: for everything.
  void let_in(const std::string& key, const std::string& command = "") const;
  // No new login is answered any more; running ones stay.
  void stop_listening();
  // Listens again on the same port.
  void listen_again() { start(); }

 private:
  void start();
  bool wait_until_listening(int stderr_fd) const;

  orchestrator::plugin::test::ScratchFolder folder_;
  std::string problem_;
  int port_ = 0;
  pid_t pid_ = -1;
  int log_fd_ = -1;
  bool made_run_folder_ = false;
};

}  // namespace orc::test
