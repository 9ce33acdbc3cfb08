// SPDX-License-Identifier: Apache-2.0
// What the database says, compared with files, branches and processes.
#include <map>
#include <set>
#include <string>

#include "app/check/check.h"
#include "base/digest.h"
#include "base/file.h"
#include "engine/state_folders.h"
#include "git/command.h"
#include "jobs/job_folder.h"
#include "process/table.h"

namespace orc::app {

namespace {

namespace fs = std::filesystem;

// A worker whose job was ended by a command has this long to end; so has the folder of a task that
// ended.
constexpr Millis k_time_to_end{60'000};
constexpr std::size_t k_largest_artifact = std::size_t{64} << 20;

// "12-3" → job 12, attempt 3.
std::optional<store::JobFacts> parse_attempt(const std::string& name) {
  const std::size_t dash = name.find('-');
  if (dash == std::string::npos || name.find_first_not_of("0123456789-") != std::string::npos)
    return std::nullopt;
  if (dash == 0 || dash + 1 == name.size() || name.size() > 18) return std::nullopt;
  return store::JobFacts{.job = JobId{std::stoll(name.substr(0, dash))},
                         .attempt = std::stoi(name.substr(dash + 1)),
                         .state = "",
                         .finished_at = {}};
}

std::vector<fs::path> entries(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) found.push_back(entry.path());
  return found;
}

// Whether anything of this attempt may still be alive: it runs, or it ended a moment ago beside a
// living host.
Result<bool> may_live(Looking& looking, const store::JobFacts& attempt) {
  ORC_TRY(const std::optional<store::JobFacts> now, looking.audit.job(attempt.job));
  if (!now || now->attempt != attempt.attempt) return false;
  if (now->state == "running") return true;
  return looking.host_lives && now->finished_at && wall_now() - *now->finished_at < k_time_to_end;
}

Status look_at_artifacts(Looking& looking, const store::RowCheck& row) {
  ORC_TRY(const std::vector<store::ArtifactFacts> artifacts, looking.audit.artifacts());
  for (const store::ArtifactFacts& artifact : artifacts) {
    const Result<std::string> bytes =
        read_beneath(looking.state, artifact.path, k_largest_artifact);
    if (bytes.ok() && sha256_hex(bytes.value()) == artifact.sha256) continue;
    looking.found.push_back(
        {row.invariant, row.name, "artifacts " + std::to_string(artifact.id) + ", " + artifact.path,
         bytes.ok() ? "holds other bytes than were recorded" : bytes.error().message,
         "let the stage run again: orchestrator task hold, then release"});
  }
  return Done{};
}

Status look_at_branches(Looking& looking, const store::RowCheck& row) {
  ORC_TRY(const std::vector<store::BranchFacts> branches, looking.audit.branches());
  for (const store::BranchFacts& branch : branches) {
    const git::Place place{engine::StateFolders{looking.state}.bare(branch.repo),
                           process::base_environment()};
    // Also true of a head that has moved on since: what was accepted is still on the branch.
    const auto answer = git::Command(place, "merge-base")
                            .option("--is-ancestor")
                            .object(branch.head_commit)
                            .ref("refs/heads/", branch.branch)
                            .also_fine(1)
                            .run();
    if (answer.ok() && answer.value().exit_code == 0) continue;
    looking.found.push_back(
        {row.invariant, row.name,
         "refs/heads/" + branch.branch + " of " + branch.repo + " (" + branch.work_item + ")",
         answer.ok() ? "does not hold the commit " + branch.head_commit + " that was judged"
                     : answer.error().message,
         "hold the task and set the branch of the host's repository back to that commit"});
  }
  return Done{};
}

Status look_at_workers(Looking& looking, const store::RowCheck& row) {
  if (!looking.host_lives) return Done{};  // a start ends them
  for (const fs::path& folder : entries(engine::StateFolders{looking.state}.jobs())) {
    const auto attempt = parse_attempt(folder.filename());
    if (!attempt) continue;
    const auto worker = jobs::live_worker(folder);
    if (!worker) continue;
    ORC_TRY(const bool fine, may_live(looking, *attempt));
    if (fine || !jobs::live_worker(folder)) continue;
    looking.found.push_back(
        {row.invariant, row.name, "jobs/" + folder.filename().string(),
         "its worker lives, process " + std::to_string(worker->pid) + ", but the job does not run",
         "kill " + std::to_string(worker->pid)});
  }
  return Done{};
}

// Processes that carry the run marker of an attempt of this folder, their worker's or not.
Status look_at_children(Looking& looking, const store::RowCheck& row) {
  if (!looking.host_lives) return Done{};  // a start ends them
  std::map<std::string, pid_t> marked;
  const process::ProcessTable table = process::ProcessTable::read();
  for (const process::ProcessEntry& entry : table.entries()) {
    if (entry.ended) continue;
    if (std::string marker = process::run_marker(entry.pid); !marker.empty())
      marked[marker] = entry.pid;
  }
  if (marked.empty()) return Done{};
  for (const fs::path& folder : entries(engine::StateFolders{looking.state}.jobs())) {
    const auto attempt = parse_attempt(folder.filename());
    const Result<jobs::JobRequest> request = jobs::read_request(folder);
    if (!attempt || !request.ok()) continue;
    const auto survivor = marked.find(request.value().run_id);
    if (survivor == marked.end()) continue;
    ORC_TRY(const bool fine, may_live(looking, *attempt));
    if (fine || process::run_marker(survivor->second) != survivor->first) continue;
    looking.found.push_back(
        {row.invariant, row.name, "jobs/" + folder.filename().string(),
         "process " + std::to_string(survivor->second) + " of it lives, but the job does not run",
         "kill " + std::to_string(survivor->second)});
  }
  return Done{};
}

Status look_at_checkouts(Looking& looking, const store::RowCheck& row) {
  if (!looking.host_lives) return Done{};  // a start removes them
  for (const fs::path& folder : entries(looking.state / "verify")) {
    const auto attempt = parse_attempt(folder.filename());
    if (!attempt) continue;
    ORC_TRY(const bool fine, may_live(looking, *attempt));
    std::error_code error;
    if (fine || !fs::exists(folder, error)) continue;
    looking.found.push_back({row.invariant, row.name, "verify/" + folder.filename().string(),
                             "the checkout is there, but the job does not run",
                             "rm -r " + folder.string()});
  }
  return Done{};
}

}  // namespace

const std::vector<OutsideCheck>& outside_checks() {
  static const std::vector<OutsideCheck> all{
      {{"I8", "evidence_is_what_was_recorded"}, look_at_artifacts},
      {{"I4", "a_branch_holds_what_was_judged"}, look_at_branches},
      {{"I6", "a_live_worker_has_a_running_job"}, look_at_workers},
      {{"I6", "no_process_outlives_its_job"}, look_at_children},
      {{"I6", "no_checkout_outlives_its_job"}, look_at_checkouts},
  };
  return all;
}

}  // namespace orc::app
