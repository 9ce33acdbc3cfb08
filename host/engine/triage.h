// SPDX-License-Identifier: Apache-2.0
// Why is it red? After a deterministic producer has measured a red verdict, a model may be asked,
// off the control path: it runs as a shadow does, and its words are attached to the task, where no
// gate looks. [engine thread]
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/generation.h"
#include "engine/state_folders.h"
#include "jobs/job_folder.h"
#include "store/store.h"

namespace orc::engine {

struct Decided;

// What is to be queued for the verdict; nothing: nobody is asked, or not today any more.
Result<std::optional<store::NewShadow>> triage_of(store::Store& store, const Decided& decided,
                                                  const config::Generation& generation,
                                                  const std::vector<store::PluginKill>& kills,
                                                  WallTime now);

// The LLM budget that one more run would break, in words; nothing: it may start.
Result<std::optional<std::string>> triage_over_budget(store::Store& store,
                                                      const config::Config& config, const Job& job,
                                                      const jobs::RequestLink& link, WallTime now);

// What the model is asked about the verdict of this job: the report itself where it can be read.
std::string triage_question(const StateFolders& folders, const std::string& work_item,
                            const Job& decided);

// Attaches what it wrote below `artifacts` beside the report, under a name of its own, and records
// its runs. In an open batch.
Status attach_triage(store::Store& store, const StateFolders& folders,
                     const config::Config& config, const std::string& work_item,
                     const store::ShadowRun& run, const jobs::WorkerReport& report,
                     const std::filesystem::path& artifacts, WallTime now);

}  // namespace orc::engine
