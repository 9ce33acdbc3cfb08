// SPDX-License-Identifier: Apache-2.0
// A fixture: the job that a plugin's author lets it try, and what should come of it, as one YAML
// file. Pure but for reading it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/config.h"
#include "domain/stage.h"

namespace orc::app {

// Empty: anything will do.
struct Expectation {
  std::string decision;  // accepted, declined
  std::string outcome;   // suite_ran, transient_infra, permanent_env, failed_run
  std::string verdict;   // a token of the stage
  std::string gate;      // pass, fail, wait, hold, broken
  bool any() const { return !(decision + outcome + verdict + gate).empty(); }
};

struct Fixture {
  std::optional<Stage> stage;  // unset: the only one that the plugin claims
  std::string work_item = "TRY-1";
  std::string title = "A fixture";
  std::string request;
  std::string feedback;
  std::string repo = "fixture";
  std::string branch;       // empty: task/<work item>
  std::string base_branch;  // empty: the repository's own
  std::string model;
  std::string effort;
  std::string resume_token;
  std::string approved_by;
  std::string contract = "{}";  // the repository's block of the configuration, JSON
  std::string settings = "{}";  // JSON; secrets as references
  std::vector<std::pair<std::string, std::string>> files;  // path in the repository, text
  Expectation expect;
};

struct ReadFixture {
  std::optional<Fixture> fixture;  // set if there is no finding
  std::vector<config::Finding> findings;
};

ReadFixture read_fixture(const std::filesystem::path& file);

}  // namespace orc::app
