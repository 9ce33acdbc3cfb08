// SPDX-License-Identifier: Apache-2.0
// A library and a fixture made into a job that a worker can carry out. One thread; blocks on the
// disk and on git. Everything lies below the scratch folder.
#pragma once

#include <filesystem>
#include <string>

#include "app/author/fixture.h"
#include "app/trial/trial.h"
#include "config/generation.h"
#include "config/plugin_library.h"

namespace orc::app {

// The library as it is loaded here: a copy, so that the author may build the next one meanwhile.
struct Candidate {
  std::string type;         // the file's name without .so
  config::Library library;  // below the scratch folder
  std::string distrust;     // why a host would not load it from where it lies; empty: it would
};
// `not_found`, `io`: there is no such file to read.
Result<Candidate> take_candidate(const std::filesystem::path& file,
                                 const std::filesystem::path& scratch);

// The stage that the fixture names, or the only one that the plugin claims.
Result<Stage> stage_of(const Fixture& fixture, const std::vector<std::string>& claims);

struct TrialWish {
  JobId id{1};
  Stage stage = Stage::testing;
  std::string settings;              // with the schema's defaults
  std::filesystem::path worktree;    // copied; empty: the fixture's files alone
  std::optional<Millis> timeout;     // unset: the plugin's own
  std::optional<Millis> kill_grace;  // unset: the usual
};
// Makes the repository that the job works on.
Result<jobs::JobRequest> make_job(const Trials& trials, const Fixture& fixture,
                                  const config::LoadedPlugin& plugin, const TrialWish& wish);

}  // namespace orc::app
