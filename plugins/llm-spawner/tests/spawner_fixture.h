// SPDX-License-Identifier: Apache-2.0
// One job of the spawner with a scripted host: a review of DEMO-1 by the preset claude.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <orchestrator/plugin/testing.hpp>
#include <string>

#include "llm_spawner.h"

namespace llm_spawner {

namespace fs = std::filesystem;
namespace sdk = orchestrator::plugin;
using namespace orchestrator::plugin::test;  // NOLINT(google-build-using-namespace): a test

inline std::string recorded(const std::string& file) {
  std::ifstream in(std::string(PLUGIN_SOURCE_DIR) + "/tests/fixtures/" + file);
  return {std::istreambuf_iterator<char>(in), {}};
}

class Spawner : public testing::Test {
 protected:
  Spawner() {
    const fs::path root = folder.path();
    request.stage = "review";
    request.role = "reviewer";
    request.model = "claude-opus-4-8";
    request.effort = "high";
    request.verdict_key = "verdict";
    request.tokens = {"APPROVED", "REQUEST_CHANGES"};
    request.artifacts = {{"12-review.md", true}};
    request.worktree = (root / "wt").string();
    request.artifact_dir = (root / "wt/docs/work-items/DEMO-1").string();
    request.scratch = (root / "scratch").string();
    request.prompt_file = (root / "reviewer.md").string();
    fs::create_directories(request.artifact_dir);
    fs::create_directories(request.scratch);
    std::ofstream(request.prompt_file) << "review {{work_item}}";
    EXPECT_EQ(spawner.configure(R"({"preset":"claude"})"), std::nullopt);
  }

  // What the agent does: says `out` and, where `writes` is set, writes the review.
  void agent(const sdk::ProcessResult& result, bool writes) {
    host.when("claude", [this, result, writes](const sdk::Process&) {
      if (writes) write_review();
      return result;
    });
  }
  void write_review() {
    std::ofstream(fs::path(request.artifact_dir) / "12-review.md")
        << "---\nverdict: APPROVED\n---\n";
  }
  sdk::Outcome produce() { return spawner.produce(request.build(), host); }

  ScratchFolder folder;
  RequestBuilder request;
  FakeHost host;
  LlmSpawner spawner;
};

}  // namespace llm_spawner
