// SPDX-License-Identifier: Apache-2.0
#include "app/replay.h"

#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "app/answer.h"
#include "app/audit_place.h"
#include "app/commands.h"
#include "app/failure.h"
#include "base/text.h"
#include "cli/text_views.h"
#include "engine/replay.h"
#include "store/store.h"

namespace orc::app {

namespace {

using cli::ExitCode;
using engine::PastRun;

std::optional<config::Loaded> load_or_tell(const std::filesystem::path& file) {
  config::Loaded loaded =
      config::load({.file = file, .environment = config::orch_environment(), .set = {}});
  if (loaded.config) return loaded;
  for (const config::Finding& finding : loaded.findings)
    std::fprintf(stderr, "%s\n", to_text(finding).c_str());
  return std::nullopt;
}

Result<std::vector<Job>> wanted_jobs(store::Reader& reader, const cli::ReplayOptions& options) {
  if (options.task.empty()) return reader.finished_jobs(options.limit);
  ORC_TRY(const auto task, reader.task(options.task));
  if (!task) return Error{ErrorKind::not_found, "there is no task " + options.task};
  ORC_TRY(auto jobs, reader.jobs(task->id));
  std::erase_if(jobs, [](const Job& job) {
    return job.kind != JobKind::produce || job.state != JobState::finished;
  });
  return jobs;
}

// The runs with what was decided then; a task is read once.
Result<std::vector<PastRun>> past_runs(store::Reader& reader, const cli::ReplayOptions& options) {
  ORC_TRY(const auto jobs, wanted_jobs(reader, options));
  std::map<TaskId, Task> tasks;
  std::map<JobId, std::vector<ChainDecision>> decisions;
  std::vector<PastRun> runs;
  for (const Job& job : jobs) {
    if (!tasks.contains(job.task)) {
      ORC_TRY(const auto task, reader.task(job.task));
      if (!task) continue;
      tasks.emplace(job.task, *task);
      ORC_TRY(const auto rows, reader.decisions(job.task));
      for (const store::DecisionRow& row : rows) decisions[row.job].push_back(row.decision);
    }
    runs.push_back({tasks.at(job.task), job, decisions[job.id]});
  }
  return runs;
}

Json compare(const std::vector<PastRun>& runs, const config::Loaded& before,
             const config::Loaded& candidate) {
  Json rows = Json::array();
  for (const PastRun& run : runs) {
    for (const engine::Difference& difference : engine::differences(run, before, candidate)) {
      rows.push_back({{"task", run.task.work_item},
                      {"run", run.job.id.value},
                      {"stage", to_string(run.job.stage)},
                      {"what", difference.what},
                      {"was", difference.was},
                      {"would_be", difference.would_be},
                      {"because", difference.because}});
    }
  }
  return {{"schema", "orchestrator.replay/1"}, {"runs", runs.size()}, {"differences", rows}};
}

std::string replay_text(const Json& answer) {
  const Json& rows = answer["differences"];
  std::string text = std::to_string(answer["runs"].get<std::size_t>()) + " runs, " +
                     std::to_string(rows.size()) + " would differ\n";
  std::vector<std::vector<std::string>> lines;
  for (const Json& row : rows) {
    lines.push_back({cli::text_field(row, "task"), std::to_string(cli::number_field(row, "run")),
                     cli::text_field(row, "stage"), cli::text_field(row, "what"),
                     cli::text_field(row, "was") + " -> " + cli::text_field(row, "would_be"),
                     "(" + cli::text_field(row, "because") + ")"});
  }
  return text + cli::table(lines);
}

}  // namespace

int replay(const cli::ReplayOptions& options) {
  const auto before = load_or_tell(config_file(options.place.config));
  const auto candidate = load_or_tell(options.candidate);
  if (!before || !candidate) return to_int(ExitCode::refused_config);
  const auto place =
      options.place.state
          ? find_place(options.place)
          : Result<AuditPlace>(AuditPlace{before->config->database, before->config->state_dir});
  if (!place.ok()) return fail(ExitCode::unusable, place.error().message);
  const auto reader = store::open_sqlite_reader(place.value().database, k_busy_timeout);
  if (!reader.ok()) return fail(ExitCode::unusable, reader.error().message);
  const auto runs = past_runs(*reader.value(), options);
  if (!runs.ok()) {
    const bool missing = runs.error().kind == ErrorKind::not_found;
    return fail(missing ? ExitCode::no : ExitCode::unusable, runs.error().message);
  }
  print_answer(compare(runs.value(), *before, *candidate), "differences", options.output,
               replay_text);
  return to_int(ExitCode::done);
}

}  // namespace orc::app
