// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/host_harness.h"
#include "support/paths.h"
#include "support/temp_dir.h"

namespace orc::test {

using Json = nlohmann::json;

inline std::filesystem::path promises(const std::string& name) {
  return std::filesystem::path(TEST_PLUGIN_DIR) / ("promises-" + name + ".so");
}

// The real program in a folder of its own, which is also its temporary folder: what a command
// leaves behind is found there.
class AuthorTest : public ::testing::Test {
 protected:
  CommandResult orchestrator(std::vector<std::string> arguments) const {
    std::filesystem::create_directories(temp_.path() / "tmp");
    arguments.insert(arguments.begin(), bin_dir() + "/orchestrator");
    return run_program(arguments, temp_.path(), {{"TMPDIR", (temp_.path() / "tmp").string()}});
  }
  // With -o json; the exit code goes to `exit_code_`.
  Json ask(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"-o", "json"});
    const CommandResult result = orchestrator(arguments);
    exit_code_ = result.exit_code;
    EXPECT_TRUE(Json::accept(result.out)) << result.out << result.err;
    return Json::parse(result.out, nullptr, false);
  }
  std::filesystem::path write(const std::string& name, const std::string& text) const {
    write_text(temp_.path() / name, text);
    return temp_.path() / name;
  }
  void TearDown() override {
    EXPECT_TRUE(std::filesystem::is_empty(temp_.path() / "tmp")) << "something was left behind";
    EXPECT_TRUE(HostHarness::processes_naming(temp_.path().string()).empty());
  }

  TempDir temp_;
  int exit_code_ = -1;
};

}  // namespace orc::test
