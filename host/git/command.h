// SPDX-License-Identifier: Apache-2.0
// One git process: hardened environment and options for every call, and no way for a value to
// become an option. Options are literals of this program; everything else is an object id, a
// reference below a fixed prefix, or stands behind --end-of-options. Every call blocks; any thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "process/process.h"

namespace orc::git {

// Where a call works and in which environment it runs.
struct Place {
  std::filesystem::path git_dir;
  process::Environment environment;
};

enum class Reach : std::uint8_t {
  local,    // only files of this machine; minutes are enough
  network,  // upstream: https, ssh and files
};

class Command {
 public:
  Command(const Place& place, const char* subcommand);

  Command& option(const char* literal);
  // `literal` says which option it is and ends where its argument begins: "-e", "--format=".
  Command& option(const char* literal, const std::string& argument);
  Command& object(const std::string& id);  // a full object id
  Command& ref(std::string_view prefix,
               const std::string& name);  // "refs/heads/" and a checked name
  // "+refs/heads/a:refs/b/c"; both sides begin with a literal prefix.
  Command& refspec(std::string_view text);
  Command& value(std::string text);  // anything; --end-of-options goes before it

  Command& work_tree(const std::filesystem::path& folder);
  Command& index(const std::filesystem::path& file);
  Command& reach(Reach reach);
  Command& input(std::string text);
  Command& also_fine(int exit_code);  // an answer, not a failure

  struct Answer {
    int exit_code = 0;
    std::string out;
  };
  // Failures carry git's own words. `unavailable`: lock, network, no space, killed; `not_found`: no
  // such repository or object; `refused`: credentials, protocol, a bad name; `conflict`: a
  // reference moved; `malformed`: an object check failed; `io`: anything else.
  Result<Answer> run() const;
  // What git is told, from the subcommand on; for tests.
  const std::vector<std::string>& arguments() const { return arguments_; }
  Result<std::string> output() const;  // trimmed
  Status done() const;

 private:
  Place place_;
  std::vector<std::string> arguments_;
  std::optional<Error> fault_;
  std::filesystem::path work_tree_;
  std::filesystem::path index_;
  std::string input_;
  Reach reach_ = Reach::local;
  int also_fine_ = 0;
  bool options_ended_ = false;
};

}  // namespace orc::git
