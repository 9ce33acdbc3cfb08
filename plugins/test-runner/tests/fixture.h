// SPDX-License-Identifier: Apache-2.0
// A checkout on disk and the runner over it, with real processes.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "support/real_plugin_host.h"
#include "test_runner.h"

namespace test_runner {

class Checkout {
 public:
  Checkout() {
    // The system's python3, not one that a developer has in front of it.
    ::setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1);
    std::filesystem::create_directories(path());
    std::filesystem::create_directories(scratch());
    request.verification = path();
    request.worktree = path();
    request.scratch = scratch();
  }
  std::string path() const { return (folder_.path() / "checkout").string(); }
  std::string scratch() const { return (folder_.path() / "scratch").string(); }

  void write(const std::string& file, const std::string& text) const {
    const std::filesystem::path full = std::filesystem::path(path()) / file;
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full) << text;
  }
  // A contract in JSON, the content of "test".
  void contract(const std::string& test) { request.contract = R"({"test":)" + test + "}"; }

  orchestrator::plugin::Answer ask(const std::string& settings = "{}") {
    TestRunner runner;
    EXPECT_FALSE(runner.configure(settings).has_value());
    return runner.accepts(request.build());
  }
  orchestrator::plugin::Outcome run(const std::string& settings = "{}") {
    TestRunner runner;
    EXPECT_FALSE(runner.configure(settings).has_value());
    return runner.produce(request.build(), host);
  }

  orchestrator::plugin::test::RequestBuilder request;

 private:
  orchestrator::plugin::test::ScratchFolder folder_;

 public:
  orc::test::RealPluginHost host{path()};
};

// "PASS", "FAIL", "defer 20", "hold 33".
inline std::string word(const orchestrator::plugin::Outcome& outcome) {
  using namespace orchestrator::plugin;
  if (const auto* verdict = std::get_if<Verdict>(&outcome)) return verdict->token;
  if (const auto* defer = std::get_if<Defer>(&outcome))
    return "defer " + std::to_string(static_cast<int>(defer->why));
  const auto& hold = std::get<Hold>(outcome);
  return "hold " + std::to_string(static_cast<int>(hold.why));
}
inline std::string text(const orchestrator::plugin::Outcome& outcome) {
  using namespace orchestrator::plugin;
  if (const auto* verdict = std::get_if<Verdict>(&outcome)) return verdict->body;
  if (const auto* defer = std::get_if<Defer>(&outcome)) return defer->text;
  return std::get<Hold>(outcome).text;
}

}  // namespace test_runner
