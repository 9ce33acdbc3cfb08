// SPDX-License-Identifier: Apache-2.0
// What the tests of the running host share: a host with the test agent, a repository with a pytest
// suite, and questions about tasks as an operator asks them.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace orc::test {
inline void require_in_answer(bool condition, const char* text) {
  if (!condition) throw std::logic_error(std::string("an answer lacks what is read: ") + text);
}
}  // namespace orc::test
// An answer without a field fails the test that reads it; aborting would leave its host alive.
#define JSON_ASSERT(condition) orc::test::require_in_answer((condition), #condition)
#include <nlohmann/json.hpp>

#include "support/host_harness.h"
#include "support/paths.h"

namespace orc::test {

using Json = nlohmann::json;

struct ConfigText {
  int workers = 2;
  std::string llm_enabled = "true";
  std::string test_runner_enabled = "true";
  std::string isolation = "basic";
  std::string read;         // one more folder that programs may read
  std::string limits;       // "file_mib: 8, …"
  std::string llm_timeout;  // of llm-spawner
  std::string board = "\"off\"";
  std::string repos;    // entries of `repos`, two spaces in
  std::string plugins;  // more entries of `plugins`, two spaces in
  std::string rest;     // more sections
};

class HostTest : public ::testing::Test {
 protected:
  static std::string yaml(const HostHarness& host, const ConfigText& config);
  void configure(const ConfigText& config) { write_text(host.config(), yaml(host, config)); }
  // Configures and starts; a failed start fails the test.
  void serve(const ConfigText& config = {});

  // A repository `name` below the folder, one commit on main, with these files.
  std::filesystem::path make_repository(
      const std::string& name, const std::vector<std::pair<std::string, std::string>>& files) const;
  // A branch with one more commit that writes `path`.
  static void add_branch(const std::filesystem::path& repository, const std::string& branch,
                         const std::string& path, const std::string& text);
  static std::string git(const std::filesystem::path& repository,
                         const std::vector<std::string>& arguments);
  // What the agent does at `stage` instead of its usual work.
  void hook(const std::string& stage, const std::string& python) const {
    write_text(host.root() / "hooks" / (stage + ".py"), python);
  }

  // Exit code 0 is expected; the answer as JSON.
  Json ask(std::vector<std::string> arguments) const;
  Json task(const std::string& id) const { return ask({"task", "show", id}); }
  void submit(const std::string& id, const std::vector<std::string>& more) const;
  // Follows the task until it does not move by itself any more, and returns it.
  Json settled(const std::string& id) const;
  // Entries of the task's timeline.
  std::vector<Json> timeline(const std::string& id) const;
  // Finished runs of the stage in the timeline.
  std::vector<Json> runs(const std::string& id, const std::string& stage) const;
  // How many test reports the task has.
  static int reports(const Json& task);
  // Asks until the answer is true; false after 30 seconds.
  static bool eventually(const std::function<bool()>& is_true);

  HostHarness host{test::bin_dir()};
};

// A suite that says it began in `started`, counts itself there, and waits for a line in the pipe.
class Gate {
 public:
  explicit Gate(const std::filesystem::path& folder);
  std::string python() const;  // blocks until opened
  const std::filesystem::path& started() const { return started_; }
  int count() const;
  bool wait_for_count(int wanted) const;
  void open() const;

 private:
  std::filesystem::path pipe_;
  std::filesystem::path started_;
  UniqueFd fd_;
};

}  // namespace orc::test
