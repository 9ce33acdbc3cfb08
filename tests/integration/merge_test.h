// SPDX-License-Identifier: Apache-2.0
// A host before a forge: a bare repository whose hook writes down every update of its base branch,
// refuses one that is no fast-forward, and counts the attempts.
#pragma once

#include "integration/host_test.h"

namespace orc::test {

class Merge : public HostTest {
 protected:
  // The forge holds main, with a suite that is red where `suite` says so, and the branch `work`.
  void SetUp() override;
  // A host with that one repository; `more`: of the repository, `gates`: below `gates`.
  void serve_forge(const std::string& more = "", const std::string& gates = "",
                   const std::string& staging = "[\"true\"]");
  // Somebody else's commit on the forge's main.
  std::string push_to_main(const std::string& path, const std::string& text);
  std::string forge(const std::vector<std::string>& arguments) const;
  std::string head_of(const std::string& branch) const;
  bool main_holds(const std::string& path) const;
  void forge_hook(const std::string& name, const std::string& script) const;
  // How often main was moved, and how often somebody tried to force it.
  int updates() const { return lines_of("updates"); }
  int forced() const { return lines_of("forced"); }
  Json run_task(const std::string& id, const std::string& from = "testing");
  // The row of one gate in the newest job that has one.
  Json gate(const std::string& id, const std::string& name) const;
  // Why the task left the stage, newest first.
  std::string why_it_went_back(const std::string& id) const;
  Json queue_block(const std::string& name) const;

  std::filesystem::path seed;
  std::filesystem::path bare() const { return host.root() / "forge.git"; }

 private:
  int lines_of(const std::string& file) const;
};

}  // namespace orc::test
