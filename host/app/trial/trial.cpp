// SPDX-License-Identifier: Apache-2.0
#include "app/trial/trial.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>

#include "base/digest.h"
#include "base/file.h"
#include "engine/evidence.h"

namespace orc::app {

namespace {

namespace fs = std::filesystem;

constexpr Millis k_limit{60'000};
constexpr Millis k_more_than_the_limit{15'000};  // for the worker's own last words and sweep
constexpr int k_look_ms = 200;                   // for a cancellation
constexpr int k_look_soon_ms = 2;                // for the moment in which it begins to produce
constexpr std::size_t k_largest_log = 256 * 1024;

void send(const process::Child& worker, int signal) {
  ::syscall(SYS_pidfd_send_signal, worker.pidfd.get(), signal, nullptr, 0);
}

bool produces(const fs::path& folder) {
  const std::optional<jobs::Progress> progress = jobs::read_progress(folder);
  return progress && progress->phase == jobs::Progress::Phase::producing;
}

}  // namespace

Trials::Trials(fs::path worker, fs::path scratch, std::function<bool()> cancelled)
    : launcher_(engine::make_process_launcher(std::move(worker))),
      folders_{std::move(scratch)},
      cancelled_(std::move(cancelled)) {}

jobs::JobRequest Trials::request(JobId id, Stage stage, std::string work_item) const {
  const std::string own = std::to_string(id.value);
  jobs::JobRequest request;
  request.job = id;
  request.run_id = "trial-" + random_hex(8);
  request.work_item = std::move(work_item);
  request.stage = stage;
  request.bare_repository = folders_.root / ("bare-" + own + ".git");
  request.worktree = folders_.root / ("work-" + own);
  request.verification = folders_.verification(id, 1);
  request.plugin_state = folders_.plugin_state(own);
  request.limit = k_limit;
  return request;
}

Result<Tried> Trials::carry_out(const jobs::JobRequest& request, Ending ending) {
  ORC_CHECK_OK(make_folder(folders_.jobs()));
  const fs::path folder = folders_.job(request.job, request.attempt);
  auto launched = launcher_->launch(folder, request);
  if (auto* error = std::get_if<Error>(&launched)) return std::move(*error);
  if (auto* report = std::get_if<jobs::WorkerReport>(&launched))
    return judge(request, std::move(*report));
  const process::Child worker = std::get<process::Child>(std::move(launched));
  const std::optional<Millis> ended_after = wait_for(worker, folder, request.limit, ending);
  ORC_TRY(Tried tried, judge(request, jobs::conclude(folder, launcher_->end_of(worker))));
  tried.ended_after = ended_after;
  if (auto log = read_file(folder / "log", k_largest_log); log.ok()) tried.log = log.value();
  return tried;
}

std::optional<Millis> Trials::wait_for(const process::Child& worker, const fs::path& folder,
                                       Millis limit, Ending ending) const {
  const MonoTime deadline = mono_now() + limit + k_more_than_the_limit;
  std::optional<MonoTime> asked;
  pollfd polled{worker.pidfd.get(), POLLIN, 0};
  const auto waits_to_ask = [&] { return ending == Ending::once_it_produces && !asked; };
  while (::poll(&polled, 1, waits_to_ask() ? k_look_soon_ms : k_look_ms) != 1) {
    if (waits_to_ask() && produces(folder)) {
      asked = mono_now();
      send(worker, SIGTERM);
    }
    if (mono_now() >= deadline || (cancelled_ && cancelled_())) send(worker, SIGKILL);
  }
  if (!asked) return std::nullopt;
  return std::chrono::duration_cast<Millis>(mono_now() - *asked);
}

Result<Tried> Trials::judge(const jobs::JobRequest& request, jobs::WorkerReport report) const {
  Tried tried;
  if (std::holds_alternative<Verdict>(report.outcome)) {
    const Task task{.work_item = request.work_item, .stage = request.stage};
    const Job job{.id = request.job, .stage = request.stage, .attempt = request.attempt};
    ORC_TRY(engine::Intake intake,
            engine::make_evidence_folders(folders_)->take_in(task, job, report, wall_now()));
    tried.evidence = std::move(intake.evidence);
    tried.gate = evaluate_gate({.rule = *find_rule(request.stage),
                                .work_item = request.work_item,
                                .attempt = request.attempt,
                                .content_id = report.content_id,
                                .evidence = tried.evidence,
                                .brought_commits = report.content_id != report.made_on_content,
                                .ci = CiState::pending});
  }
  tried.report = std::move(report);
  return tried;
}

}  // namespace orc::app
