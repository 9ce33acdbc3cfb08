// SPDX-License-Identifier: Apache-2.0
// What a program may touch, worked out once and applied to any number of starts (SpawnSpec). Made
// for programs that run somebody else's code: they get the system's folders to read, what the plan
// names, and nothing else. Immutable once made; any thread.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "domain/isolation.h"
#include "process/landlock.h"

namespace orc::process {

struct ConfinementPlan {
  IsolationLevel level = IsolationLevel::basic;
  bool network = true;  // false: only under `strict`
  std::vector<std::filesystem::path> read;   // besides the system's own folders
  std::vector<std::filesystem::path> write;  // read, change, create
  // Neither, though a folder above may be open. A path of `read` or `write` below one of these is
  // open all the same.
  std::vector<std::filesystem::path> hidden;
  ResourceLimits limits;
  std::filesystem::path launcher;  // orchestrator-sandbox
};

class Confinement {
 public:
  // Blocks; under `strict` it starts a program on trial. `refused`: this machine cannot give what
  // the level promises, and the text says what is missing and how to mend it; `basic` is given in
  // full or as far as the kernel goes, see gap().
  static Result<std::shared_ptr<const Confinement>> make(ConfinementPlan plan);

  // How spawn() starts the program: what to execute, with which arguments and descriptors.
  struct Start {
    std::string program;
    std::vector<std::string> argv;
    std::vector<int> inherit;
  };
  // `first_free`: the number that the first of `inherit` gets in the child; `status` is the writing
  // end of a pipe.
  Start start_of(const std::string& program, const std::vector<std::string>& argv,
                 const std::filesystem::path& cwd, int status, int first_free) const;

 private:
  explicit Confinement(ConfinementPlan plan) : plan_(std::move(plan)) {}
  Status prepare();
  Status try_out(const std::shared_ptr<const Confinement>& self) const;

  ConfinementPlan plan_;
  std::optional<Ruleset> ruleset_;
  std::vector<std::string> namespaces_;  // command line of bubblewrap; empty: none
};

// What this machine lacks for the level, in one sentence for an operator; empty: nothing. `basic`
// works with a gap, `strict` does not. May start a program.
std::string gap(IsolationLevel level, const std::filesystem::path& launcher);

}  // namespace orc::process
