// SPDX-License-Identifier: Apache-2.0
#include "engine/monitors.h"

#include <algorithm>

#include "base/digest.h"
#include "base/failpoint.h"
#include "domain/ownership.h"
#include "engine/request.h"

namespace orc::engine {

namespace {

constexpr const char* k_began = "began";
constexpr int k_rollback_starts = 5;
constexpr int k_commands_of_a_look = 3;  // url, command, error rate
constexpr Millis k_baseline_slack{30'000};
constexpr Millis k_around_a_command{30'000};  // the worker's own steps
constexpr Millis k_look_again{5'000};         // at what could not be started, or not be written
constexpr Millis k_least_rest{5};

std::string worker_name(const Monitor& monitor) {
  const bool rolls_back = monitor.rollback == RollbackState::intended;
  return (rolls_back ? "rollback-" : "sample-") + std::to_string(monitor.id);
}

bool is_there(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::exists(std::filesystem::symlink_status(path, error));
}

struct Scope {
  gates::MonitorSettings settings;
  bool is_on = false;
};

Scope scope_of(const config::Generation& generation, const Task& task) {
  const RepoOf repo(generation.config, task);
  return {repo->gates.monitor,
          repo->gates.monitor.is_given() && generation.config.monitor.covers(*repo)};
}

const RolledBack* rolled_back(const jobs::WorkerReport& report) {
  return std::get_if<RolledBack>(&report.outcome);
}

}  // namespace

Monitors::Monitors(store::Store& store, SideWorkers& workers, StateFolders folders, Around around)
    : store_(store),
      workers_(workers),
      folders_(std::move(folders)),
      around_(std::move(around)) {}

// --- around the deploy ---------------------------------------------------------------------------

Status Monitors::confirmed(const Task& task, const config::Generation& generation, WallTime now) {
  const Scope scope = scope_of(generation, task);
  ORC_TRY(const std::optional<Deployment> begun, store_.open_deployment(task.id));
  // What a deploy has touched already is no baseline.
  if (!scope.is_on || begun) return Done{};
  next_turn_ = mono_now();
  const Millis takes = (scope.settings.interval + scope.settings.timeout) * scope.settings.baseline;
  return store_.open_monitor({.task = task.id,
                              .repo = task.repo,
                              .commit = task.head_commit,
                              .started_at = now,
                              .until = now + takes + k_baseline_slack});
}

Result<std::optional<KeptBack>> Monitors::keeps_back(const Task& task,
                                                     const config::Generation& generation,
                                                     WallTime now) {
  ORC_TRY(const std::optional<Deployment> begun, store_.open_deployment(task.id));
  if (begun) return std::optional<KeptBack>();
  const Scope scope = scope_of(generation, task);
  ORC_TRY(const std::vector<Monitor> open, store_.open_monitors());
  for (const Monitor& monitor : open) {
    if (monitor.repo == task.repo && monitor.rollback == RollbackState::intended) {
      return std::optional(KeptBack{.reason = std::string(k_waits_for_monitor),
                                    .text = "the deploy of " + monitor.work_item +
                                            " is being rolled back",
                                    .until = now + k_around_a_command});
    }
    const bool is_own = monitor.task == task.id && monitor.state == MonitorState::baseline;
    if (!is_own || !scope.is_on || now >= monitor.until) continue;
    ORC_TRY(const std::vector<Sample> samples, store_.samples(monitor.id));
    if (baseline_taken(samples) >= scope.settings.baseline) continue;
    return std::optional(KeptBack{.reason = std::string(k_waits_for_monitor),
                                  .text = "the service is sampled before the deploy",
                                  .until = monitor.until});
  }
  return std::optional<KeptBack>();
}

Status Monitors::deploy_began(const Task& task, WallTime now) {
  ORC_TRY(const std::vector<Monitor> open, store_.open_monitors());
  for (const Monitor& monitor : open) {
    if (monitor.repo != task.repo || monitor.task == task.id) continue;
    ORC_CHECK_OK(write(monitor, superseded_by(monitor, task.work_item, now), now));
  }
  return Done{};
}

Status Monitors::deploy_ended(const Task& task, const std::string& commit, bool deployed,
                              const config::Generation& generation, WallTime now) {
  ORC_TRY(const std::vector<Monitor> own, store_.monitors(task.id));
  if (own.empty()) return Done{};
  const Scope scope = scope_of(generation, task);
  next_turn_ = mono_now();
  return write(own.front(),
               after_deploy(own.front(), commit, deployed, scope.settings, scope.is_on, now), now);
}

// --- every turn ----------------------------------------------------------------------------------

void Monitors::wake_at(MonoTime when) {
  next_of_batch_ = std::min(next_of_batch_.value_or(when), when);
}

Status Monitors::turn(const config::GenerationPtr& generation, WallTime now) {
  planned_.clear();  // of a batch that was not written
  taken_in_.clear();
  const bool has_report = std::any_of(names_.begin(), names_.end(), [&](const std::string& name) {
    return workers_.report_of(name) != nullptr;
  });
  if (!has_report && (!next_turn_ || mono_now() < *next_turn_)) {
    next_of_batch_ = next_turn_;
    return Done{};
  }
  next_turn_ = mono_now() + k_look_again;  // unless this batch is written
  next_of_batch_.reset();
  ORC_TRY(const std::vector<Monitor> open, store_.open_monitors());
  std::set<std::string> wanted;
  for (const Monitor& monitor : open) {
    wanted.insert(worker_name(monitor));
    ORC_CHECK_OK(tend(monitor, *generation, now));
  }
  for (const std::string& name : names_) {
    if (!wanted.contains(name) && workers_.report_of(name) != nullptr) taken_in_.insert(name);
  }
  std::erase_if(next_start_, [&](const auto& known) { return !wanted.contains(known.first); });
  if (next_of_batch_) next_of_batch_ = std::max(*next_of_batch_, mono_now() + k_least_rest);
  return Done{};
}

Status Monitors::tend(const Monitor& monitor, const config::Generation& generation, WallTime now) {
  ORC_TRY(const std::optional<Task> task, store_.task(monitor.task));
  if (!task) return Done{};
  if (monitor.rollback == RollbackState::intended)
    return tend_rollback(monitor, *task, generation, now);
  return tend_look(monitor, *task, generation, now);
}

Status Monitors::tend_look(const Monitor& monitor, const Task& task,
                           const config::Generation& generation, WallTime now) {
  const Scope scope = scope_of(generation, task);
  const std::string name = worker_name(monitor);
  if (const jobs::WorkerReport* report = workers_.report_of(name)) {
    ORC_CHECK_OK(store_.record_sample(monitor.id, sample_of(report->outcome, monitor, now)));
    ORC_FAILPOINT(monitor_sampled);
    taken_in_.insert(name);
  } else if (workers_.is_known(name)) {
    return Done{};  // its end wakes us
  }
  ORC_TRY(const std::vector<Sample> samples, store_.samples(monitor.id));
  const MonitorStep step = judge_window(monitor, samples, scope.settings, scope.is_on, now);
  if (step.next.state != monitor.state) return write(monitor, step, now);
  if (monitor.state == MonitorState::baseline) {
    const bool is_enough = baseline_taken(samples) >= scope.settings.baseline;
    if (is_enough || !scope.is_on || now >= monitor.until) {
      ORC_TRY(const int called, store_.recall_jobs(k_waits_for_monitor, now));
      if (called > 0) around_.look_for_due();
      next_start_.erase(name);  // the window begins with a look
      return Done{};
    }
  }
  MonoTime& next = next_start_[name];
  if (mono_now() >= next) {
    next = mono_now() + scope.settings.interval;
    plan(monitor, task, generation, JobKind::monitor,
         folders_.jobs() / (name + "-" + random_hex(4)));
  }
  wake_at(next);
  wake_at(mono_now() + std::max(Millis{0}, monitor.until - now));
  return Done{};
}

Status Monitors::tend_rollback(const Monitor& monitor, const Task& task,
                               const config::Generation& generation, WallTime now) {
  const std::string name = worker_name(monitor);
  const jobs::WorkerReport* report = workers_.report_of(name);
  if (workers_.is_known(name) && report == nullptr) return Done{};  // its end wakes us
  if (report != nullptr) {
    taken_in_.insert(name);
    if (rolled_back(*report) != nullptr)
      return write(monitor, after_rollback(monitor, report->outcome, true), now);
  }
  // Nobody has told its end: what the workers left says how far it came.
  int starts = 0;
  for (; starts < k_rollback_starts; ++starts) {
    const auto folder = folders_.jobs() / (name + "-" + std::to_string(starts + 1));
    if (!is_there(folder)) break;
    if (workers_.adopt(name, folder, generation.config.kill_grace + k_around_a_command)) {
      names_.insert(name);
      taken_in_.erase(name);
      return Done{};
    }
    const auto earlier = jobs::read_report(folder);
    if (earlier.ok() && rolled_back(earlier.value()) != nullptr)
      return write(monitor, after_rollback(monitor, earlier.value().outcome, true), now);
  }
  const bool has_begun = is_there(folders_.monitor(monitor.id) / k_began);
  const Scope scope = scope_of(generation, task);
  if (!has_begun && !scope.is_on) {
    const RolledBack not_run{RollbackState::not_run, "the monitor was switched off"};
    return write(monitor, after_rollback(monitor, not_run, false), now);
  }
  if (has_begun || starts == k_rollback_starts)
    return write(monitor, after_rollback(monitor, std::nullopt, has_begun), now);
  MonoTime& next = next_start_[name];
  if (mono_now() >= next) {
    next = mono_now() + k_look_again;
    ORC_TRY(const std::string previous,
            store_.deployed_before(monitor.task, monitor.repo, monitor.commit));
    plan(monitor, task, generation, JobKind::rollback,
         folders_.jobs() / (name + "-" + std::to_string(starts + 1)), previous);
  }
  wake_at(next);
  return Done{};
}

void Monitors::plan(const Monitor& monitor, const Task& task, const config::Generation& generation,
                    JobKind kind, const std::filesystem::path& folder,
                    const std::string& previous) {
  const Job job{.task = task.id, .kind = kind, .stage = Stage::deploy};
  jobs::JobRequest request = build_request(task, job, generation, {}, folders_, random_hex(16));
  request.head_commit = monitor.commit;
  request.previous_commit = previous;
  request.plugin_state = folders_.monitor(monitor.id);
  const gates::MonitorSettings settings = scope_of(generation, task).settings;
  request.limit = k_around_a_command + (kind == JobKind::rollback
                                            ? settings.rollback_timeout
                                            : settings.timeout * k_commands_of_a_look);
  planned_.push_back({worker_name(monitor), folder, std::move(request),
                      generation.config.kill_grace + k_around_a_command});
}

void Monitors::launch() {
  for (const std::string& name : taken_in_) {
    // A look is in the database; what a rollback left is kept for people.
    const std::filesystem::path folder = workers_.folder_of(name);
    if (name.starts_with("sample-") && !folder.empty()) around_.remove_soon(folder);
    workers_.forget(name);
    names_.erase(name);
  }
  for (const Planned& planned : planned_) {
    if (planned.request.kind == JobKind::rollback) ORC_CRASHPOINT(rollback_intended);
    names_.insert(planned.name);
    workers_.launch(planned.name, planned.folder, planned.request, planned.grace);
  }
  taken_in_.clear();
  planned_.clear();
  next_turn_ = next_of_batch_;
}

// --- how it becomes durable ----------------------------------------------------------------------

Status Monitors::write(const Monitor& before, const MonitorStep& step, WallTime now) {
  if (step.next.state == before.state && step.next.rollback == before.rollback) return Done{};
  ORC_TRY(const store::Write written, store_.write_monitor(before, step.next));
  if (written == store::Write::lost) return Done{};
  wake_at(mono_now());
  for (const EventDraft& event : step.events) ORC_CHECK_OK(around_.note(before.task, event));
  if (step.alert) ORC_CHECK_OK(around_.raise(*step.alert));
  if (step.next.state != before.state && step.next.state == MonitorState::degraded)
    ORC_FAILPOINT(monitor_decided);
  if (step.next.rollback != before.rollback && before.rollback == RollbackState::intended) {
    ORC_FAILPOINT(rollback_noted);
    ORC_TRY(const int called, store_.recall_jobs(k_waits_for_monitor, now));
    if (called > 0) around_.look_for_due();
  }
  return step.ends_earlier_incidents ? end_earlier_incidents(before, now) : Status(Done{});
}

// A later deploy of the repository was found healthy: whatever was wrong is mended.
Status Monitors::end_earlier_incidents(const Monitor& monitor, WallTime now) {
  ORC_TRY(const std::vector<Alert> alerts, store_.open_alerts());
  for (const Alert& alert : alerts) {
    const std::size_t colon = alert.condition.find(':');
    const std::string what = alert.condition.substr(0, colon);
    const bool is_ours = what == "degraded" || what == "unobserved" || what == "rollback";
    if (!is_ours || colon == std::string::npos || alert.task.value != 0) continue;
    ORC_TRY(const std::optional<Task> task, store_.task(alert.condition.substr(colon + 1)));
    if (!task || task->repo != monitor.repo) continue;
    ORC_CHECK_OK(store_.clear_alert(TaskId{}, alert.condition, now));
  }
  return Done{};
}

}  // namespace orc::engine
