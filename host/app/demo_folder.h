// SPDX-License-Identifier: Apache-2.0
// What the demo works in: the repositories, the configuration, and one TCP port that answers to
// nobody.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace orc::app {

class DemoFolder {
 public:
  // Makes the folder and everything in it. `wanted` empty: a fresh one below the temporary folder.
  // `conflict` if it is there and not empty. On failure a folder of its own making is gone again.
  static Result<DemoFolder> make(const std::filesystem::path& wanted);

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path config() const { return root_ / "orchestrator.yaml"; }
  std::filesystem::path socket() const { return root_ / "control.sock"; }
  std::filesystem::path host_log() const { return root_ / "host.log"; }
  // What plays the forge: a bare repository.
  std::filesystem::path upstream(const std::string& repo) const {
    return root_ / "repositories" / repo;
  }
  // The host's own copy of a repository.
  std::filesystem::path bare(const std::string& repo) const {
    return root_ / "repos" / (repo + ".git");
  }
  // Where the deploy command puts what it deployed.
  std::filesystem::path production(const std::string& repo) const {
    return root_ / "production" / repo;
  }
  int board_port() const { return board_port_; }
  bool made_up() const { return made_up_; }

  Status remove();

 private:
  Status fill();
  std::filesystem::path root_;
  bool made_up_ = false;
  int board_port_ = 0;
  // Bound and never listening: a connection is refused for as long as the demo lives, whatever else
  // starts.
  UniqueFd refusing_port_;
};

}  // namespace orc::app
