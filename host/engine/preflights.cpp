// SPDX-License-Identifier: Apache-2.0
// What a round of preflights changes: one alert while something is missing, and the end of the
// holds that it caused once it is there again. The open alert is the memory of it: it outlives the
// host.
#include <algorithm>

#include "base/log.h"
#include "engine/engine.h"

namespace orc::engine {

namespace {

constexpr TaskId k_no_task{};
constexpr std::string_view k_prefix = "preflight:";
constexpr int k_page = 200;

std::string condition_of(const config::PreflightRow& row) {
  return std::string(k_prefix) + row.plugin + (row.repo.empty() ? "" : ":" + row.repo);
}

std::string plugin_in(const std::string& condition) {
  const std::string subject = condition.substr(k_prefix.size());
  return subject.substr(0, subject.find(':'));
}

}  // namespace

Status Engine::on(config::PreflightRound& round) {
  ORC_TRY(const std::vector<Alert> alerts, store_->open_alerts());
  std::set<std::string> open;
  for (const Alert& alert : alerts) {
    if (alert.condition.starts_with(k_prefix)) open.insert(alert.condition);
  }
  std::map<std::string, KnownPreflight> known;
  if (!round.complete) known = preflights_;
  std::set<std::string> silent;  // plugins that gave no answer: nothing is known anew
  for (const config::PreflightRow& row : round.rows) {
    const std::string condition = condition_of(row);
    known.insert_or_assign(condition, KnownPreflight{row, round.ended});
    switch (row.state) {
      case config::PreflightState::failed:
        ORC_CHECK_OK(raise_preflight(row, condition));
        break;
      case config::PreflightState::passed:
        if (open.contains(condition)) {
          ORC_CHECK_OK(store_->clear_alert(k_no_task, condition, batch_.now));
          ORC_CHECK_OK(release_environment_holds(row, round.began));
        }
        break;
      case config::PreflightState::unknown:
        silent.insert(row.plugin);
        log(LogLevel::warning, "preflight.unknown", config::subject_of(row) + ": " + row.text);
        break;
    }
  }
  // What the configuration names no more is not missing any more, and proves nothing.
  for (const std::string& condition : open) {
    if (!round.complete || known.contains(condition) || silent.contains(plugin_in(condition)))
      continue;
    ORC_CHECK_OK(store_->clear_alert(k_no_task, condition, batch_.now));
  }
  batch_.effects.emplace_back(
      [this, known = std::move(known)]() mutable { preflights_ = std::move(known); });
  return Done{};
}

Status Engine::raise_preflight(const config::PreflightRow& row, const std::string& condition) {
  const std::string text = "preflight of " + config::subject_of(row) + ": " + row.text;
  ORC_TRY(const bool is_new, raise_for_host(condition, text));
  if (is_new) log(LogLevel::warning, "preflight.failed", text);
  return Done{};
}

// Only holds of the environment, only those that this plugin's last job ended in, and none that is
// younger than the look that found everything in order.
Status Engine::release_environment_holds(const config::PreflightRow& row, WallTime before) {
  log(LogLevel::info, "preflight.passed", config::subject_of(row) + " is in order again");
  ORC_CHECK_OK(tell_closed(breakers_.close(row.plugin, batch_.now), "its preflight passed"));
  store::TaskFilter filter{.state = TaskState::held, .repo = row.repo, .limit = k_page};
  while (true) {
    ORC_TRY(const std::vector<Task> page, store_->tasks(filter));
    for (const Task& task : page) {
      filter.after = task.id;
      const bool is_candidate =
          task.hold && task.hold->hold == HoldClass::environment && task.updated_at < before;
      if (!is_candidate) continue;
      ORC_TRY(const std::vector<Job> jobs, store_->jobs(task.id));
      if (jobs.empty() || jobs.back().producer != row.plugin) continue;
      Followup followup = try_again(task, batch_.now);
      followup.events.push_back(
          {"task.released", "the preflight of " + config::subject_of(row) + " passed"});
      ORC_TRY(const store::Write written, write(task, std::move(followup), "engine"));
      (void)written;  // lost: somebody else has moved it on
    }
    if (page.size() < static_cast<std::size_t>(k_page)) return Done{};
  }
}

}  // namespace orc::engine
