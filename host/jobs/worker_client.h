// SPDX-License-Identifier: Apache-2.0
// What a host knows about its workers: the environment they run in, and what to make of one that
// has ended. fork_server.h starts them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>

#include "domain/outcome.h"
#include "jobs/job_folder.h"
#include "process/process.h"

namespace orc::jobs {

// What a worker runs in: the base environment and ORCH_RUN_ID, nothing else of the caller's.
process::Environment worker_environment(const std::string& run_id);

// How the worker's process ended; nothing for an adopted worker, whose status went to somebody
// else, and where its report makes it unnecessary to know.
using WorkerEnd = std::optional<std::variant<process::Exited, process::Signalled>>;

// What a host makes of a worker that has ended. Its report, where it wrote one. Else progress.json
// says where it was: deciding about a link → FaultWhileDeciding (and a `declined` row for it),
// producing → FailedRun, anything else → WorkerFault; the text names how it ended and the last
// lines of the log. Decisions, agent runs and side effects that were known by then are kept. Never
// a verdict without a report.
WorkerReport conclude(const std::filesystem::path& folder, const WorkerEnd& end);

}  // namespace orc::jobs
