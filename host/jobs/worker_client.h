// SPDX-License-Identifier: Apache-2.0
// The host's side of a worker: starting one on a job folder, and making sense of one that has
// ended.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>

#include "base/result.h"
#include "domain/outcome.h"
#include "jobs/job_folder.h"
#include "process/process.h"

namespace orc::jobs {

// What a worker runs in: the base environment and ORCH_RUN_ID, nothing else of the caller's.
process::Environment worker_environment(const std::string& run_id);

// Starts `orchestrator-worker <folder>` with stdout and stderr appended to <folder>/log.
// `secrets_json` is a JSON object from "credential:NAME" to the value; where it holds any, it
// reaches the worker over a sealed memory file and is never written anywhere. On failure nothing
// runs and the folder is as it was, but for an empty log. `unavailable`: no resources, may work
// later; `not_found`, `refused`: the program is missing or not executable.
Result<process::Child> spawn_worker(const std::filesystem::path& worker,
                                    const std::filesystem::path& folder,
                                    const std::string& secrets_json,
                                    const process::Environment& environment);

// How the worker's process ended; nothing for an adopted worker, whose status went to somebody
// else.
using WorkerEnd = std::optional<std::variant<process::Exited, process::Signalled>>;

// What a host makes of a worker that has ended. Its report, where it wrote one. Else progress.json
// says where it was: deciding about a link → FaultWhileDeciding (and a `declined` row for it),
// producing → FailedRun, anything else → WorkerFault; the text names how it ended and the last
// lines of the log. Decisions, agent runs and side effects that were known by then are kept. Never
// a verdict without a report.
WorkerReport conclude(const std::filesystem::path& folder, const WorkerEnd& end);

}  // namespace orc::jobs
