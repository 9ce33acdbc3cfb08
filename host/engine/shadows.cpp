// SPDX-License-Identifier: Apache-2.0
#include "engine/shadows.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "engine/chain.h"
#include "engine/request.h"
#include "engine/triage.h"
#include "engine/worker_process.h"
#include "jobs/worker_client.h"

namespace orc::engine {

namespace {

// Behind every deciding producer, but not starved by them: at 19 a busy machine leaves it a
// thousandth of a processor, and its own time limit ends it without a verdict.
constexpr int k_low_priority = 10;
constexpr std::uint64_t k_token = ~std::uint64_t{0};
constexpr int k_looked_at = 16;  // waiting rows in one turn
constexpr Millis k_grace{5000};
constexpr const char* k_lost = "lost";

bool is_readable(const process::Child& child, int limit_ms) {
  pollfd polled{child.pidfd.get(), POLLIN, 0};
  return ::poll(&polled, 1, limit_ms) == 1;
}

bool is_self_hosting(const config::Generation& generation, const std::string& repo) {
  const auto found = generation.config.repos.find(repo);
  return found != generation.config.repos.end() && found->second.self_hosting;
}

store::ShadowEnd end_of(const jobs::WorkerReport& report, WallTime now) {
  store::ShadowEnd end{.outcome = std::string(name_of(report.outcome)),
                       .reason = "",
                       .verdict = "",
                       .text = text_of(report.outcome),
                       .artifact = "",
                       .at = now};
  if (const auto* verdict = std::get_if<Verdict>(&report.outcome)) end.verdict = verdict->token;
  if (const auto* deferred = std::get_if<Deferred>(&report.outcome))
    end.reason = to_string(deferred->reason);
  if (const auto* held = std::get_if<Held>(&report.outcome)) end.reason = to_string(held->reason);
  return end;
}

}  // namespace

Shadows::Shadows(store::Store& store, Launcher& launcher, StateFolders folders, int epoll)
    : store_(store), launcher_(launcher), folders_(std::move(folders)), epoll_(epoll) {}

Shadows::~Shadows() {
  for (const auto& [id, shadow] : running_)
    signal_worker(shadow.child, SIGTERM, KillReason::cancelled);
  for (auto& [id, shadow] : running_) {
    if (!is_readable(shadow.child, static_cast<int>(k_grace.count()))) {
      signal_worker(shadow.child, SIGKILL, KillReason::cancelled);
      is_readable(shadow.child, static_cast<int>(k_grace.count()));
    }
    end_survivors(shadow.run.run_id);
  }
}

std::filesystem::path Shadows::job_folder(std::int64_t id) const {
  return folders_.jobs() / ("shadow-" + std::to_string(id));
}

std::filesystem::path Shadows::work_folder(std::int64_t id) const {
  return folders_.root / "shadow" / std::to_string(id);
}

Status Shadows::recover(WallTime now) {
  ORC_TRY(const std::vector<store::ShadowRun> open, store_.open_shadows(1000));
  for (const store::ShadowRun& run : open) {
    if (run.run_id.empty()) continue;
    if (const auto worker = jobs::live_worker(job_folder(run.id))) {
      process::Child child;
      child.pid = worker->pid;
      child.pidfd = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, worker->pid, 0)));
      if (child.pidfd && is_alive(*worker)) signal_worker(child, SIGKILL, KillReason::leftover);
    }
    end_survivors(run.run_id);
    ORC_CHECK_OK(give_up(run.id, k_lost, "the host ended while it ran", now));
  }
  // Nothing runs now: what an interrupted one left in its folders goes with them.
  return remove_tree(folders_.root / "shadow");
}

Status Shadows::queue_after(const Decided& decided, const config::Generation& generation,
                            const std::vector<store::PluginKill>& kills, WallTime now) {
  const auto row = generation.config.stages.find(decided.job.stage);
  if (row == generation.config.stages.end() || decided.commit.empty()) return Done{};
  ORC_TRY(const std::optional<store::NewShadow> triage,
          triage_of(store_, decided, generation, kills, now));
  if (triage) {
    ORC_CHECK_OK(store_.queue_shadow(*triage, now));
    may_wait_ = true;
  }
  const bool self_hosting = is_self_hosting(generation, decided.task.repo);
  for (const std::string& name : row->second.shadows) {
    if (!resolve_shadow(generation, name, decided.task.repo, self_hosting, kills)) continue;
    ORC_CHECK_OK(store_.queue_shadow({.job = decided.job.id,
                                      .task = decided.task.id,
                                      .stage = decided.job.stage,
                                      .producer = name,
                                      .decider = decided.producer,
                                      .decided = decided.token,
                                      .commit = decided.commit},
                                     now));
    may_wait_ = true;
  }
  return Done{};
}

Status Shadows::turn(const config::GenerationPtr& generation,
                     const std::vector<store::PluginKill>& kills, bool may_start, WallTime now) {
  taken_.clear();  // of a batch that was not written
  for (auto it = running_.begin(); it != running_.end();) {
    if (mono_now() >= it->second.deadline)
      signal_worker(it->second.child, SIGKILL, KillReason::timeout);
    if (!is_readable(it->second.child, 0)) {
      ++it;
      continue;
    }
    ORC_CHECK_OK(store_end(it->second, generation->config, now));
    it = running_.erase(it);
    may_wait_ = true;
  }
  for (const auto& [id, text] : not_started_) ORC_CHECK_OK(give_up(id, k_lost, text, now));
  not_started_.clear();
  const int most = generation->config.shadow_workers;
  if (!may_start || !may_wait_ || running() >= most) return Done{};
  ORC_TRY(const std::vector<store::ShadowRun> open, store_.open_shadows(k_looked_at));
  may_wait_ = false;
  for (const store::ShadowRun& run : open) {
    if (running_.contains(run.id)) continue;
    may_wait_ = true;
    if (running() + static_cast<int>(taken_.size()) >= most) break;
    ORC_CHECK_OK(take(run, *generation, kills, now));
  }
  return Done{};
}

Status Shadows::store_end(const Running& ended, const config::Config& config, WallTime now) {
  const std::filesystem::path folder = job_folder(ended.run.id);
  const bool reported = jobs::has_reported(folder);
  const jobs::WorkerReport report =
      jobs::conclude(folder, reported ? jobs::WorkerEnd() : launcher_.end_of(ended.child));
  add_kills(report.kills);
  if (!reported) end_survivors(ended.run.run_id);
  store::ShadowEnd stored = end_of(report, now);
  if (ended.run.what.purpose == store::ShadowPurpose::triage) {
    ORC_CHECK_OK(attach_triage(store_, folders_, config, ended.work_item, ended.run, report,
                               folder / "artifacts", now));
  } else {
    stored.artifact = keep_artifact(ended, report.artifacts);
  }
  return store_.finish_shadow(ended.run.id, stored);
}

// Beside the deciding one's evidence, never among it.
std::string Shadows::keep_artifact(const Running& ended,
                                   const std::vector<std::string>& names) const {
  if (names.empty()) return "";
  const std::filesystem::path kept = std::filesystem::path("evidence") / ended.work_item /
                                     ("shadow-" + std::to_string(ended.run.id));
  std::error_code error;
  std::filesystem::create_directories((folders_.root / kept).parent_path(), error);
  std::filesystem::rename(job_folder(ended.run.id) / "artifacts", folders_.root / kept, error);
  if (!error) return (kept / names.front()).string();
  log(LogLevel::warning, "shadow.artifact_lost", error.message(),
      {{"task", ended.work_item}, {"shadow", ended.run.what.producer}});
  return "";
}

Status Shadows::give_up(std::int64_t id, const std::string& outcome, const std::string& text,
                        WallTime now) {
  return store_.finish_shadow(
      id,
      {.outcome = outcome, .reason = "", .verdict = "", .text = text, .artifact = "", .at = now});
}

Status Shadows::take(const store::ShadowRun& run, const config::Generation& generation,
                     const std::vector<store::PluginKill>& kills, WallTime now) {
  ORC_TRY(const std::optional<Task> task, store_.task(run.what.task));
  ORC_TRY(const std::optional<Job> job, store_.job(run.what.job));
  if (!task || !job) return give_up(run.id, k_lost, "its task or job cannot be read", now);
  const auto link = resolve_shadow(generation, run.what.producer, task->repo,
                                   is_self_hosting(generation, task->repo), kills);
  if (!link) return give_up(run.id, "skipped", "switched off before it started", now);

  const bool is_triage = run.what.purpose == store::ShadowPurpose::triage;
  if (is_triage) {
    ORC_TRY(const std::optional<std::string> exhausted,
            triage_over_budget(store_, generation.config, *job, *link, now));
    if (exhausted) return give_up(run.id, "skipped", *exhausted, now);
  }
  Running running{.run = run,
                  .work_item = task->work_item,
                  .child = {},
                  .deadline = mono_now() + generation.config.max_running + k_grace};
  running.run.run_id = random_hex(16);
  jobs::JobRequest request =
      build_request(*task, *job, generation, {*link}, folders_, running.run.run_id);
  request.kind = JobKind::shadow;
  request.head_commit = run.what.commit;
  request.feedback =
      is_triage ? triage_question(folders_, task->work_item, *job) : std::string();
  request.resume_token.clear();
  request.worktree = work_folder(run.id) / "worktree";
  request.verification = work_folder(run.id) / "verification";
  request.plugin_state = work_folder(run.id) / "state";
  ORC_CHECK_OK(store_.start_shadow(run.id, running.run.run_id, now));
  taken_.emplace_back(std::move(running), std::move(request));
  return Done{};
}

void Shadows::launch() {
  for (auto& [running, request] : std::exchange(taken_, {})) {
    const std::int64_t id = running.run.id;
    auto launched = launcher_.launch(job_folder(id), request);
    if (auto* child = std::get_if<process::Child>(&launched)) {
      ::setpriority(PRIO_PROCESS, static_cast<id_t>(child->pid), k_low_priority);
      epoll_event event{.events = EPOLLIN, .data = {.u64 = k_token}};
      ::epoll_ctl(epoll_, EPOLL_CTL_ADD, child->pidfd.get(), &event);
      running.child = std::move(*child);
      running_.insert_or_assign(id, std::move(running));
    } else if (const auto* error = std::get_if<Error>(&launched)) {
      not_started_.emplace_back(id, error->message);
    } else {
      not_started_.emplace_back(id, "a secret of its settings cannot be read");
    }
  }
}

std::optional<MonoTime> Shadows::next_deadline() const {
  std::optional<MonoTime> next;
  for (const auto& [id, shadow] : running_)
    next = std::min(next.value_or(shadow.deadline), shadow.deadline);
  return next;
}

}  // namespace orc::engine
