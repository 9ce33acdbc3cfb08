// SPDX-License-Identifier: Apache-2.0
#include "app/reload.h"

#include "base/log.h"

namespace orc::app {

namespace {

using engine::ReloadAnswer;

bool same_plugins(const config::Generation& a, const config::Generation& b) {
  if (a.plugins.size() != b.plugins.size()) return false;
  for (const auto& [name, plugin] : a.plugins) {
    const auto other = b.plugins.find(name);
    if (other == b.plugins.end() || other->second.sha256 != plugin.sha256) return false;
  }
  return true;
}

void log_refusal(const std::vector<config::Finding>& findings, std::int64_t in_force) {
  for (const config::Finding& finding : findings) {
    if (finding.severity != config::Finding::Severity::error) continue;
    log(LogLevel::error, "config.refused", to_text(finding));
  }
  log(LogLevel::error, "config.generation_kept",
      "configuration refused; generation " + std::to_string(in_force) + " stays in force");
}

bool same(const config::Generation& a, const config::Generation& b) {
  return a.values == b.values && same_plugins(a, b);
}

ReloadAnswer answer_of(const config::Generation& in_force, config::Built& built) {
  ReloadAnswer answer{.kind = ReloadAnswer::Kind::rejected,
                      .generation = in_force.number,
                      .sha256 = in_force.sha256,
                      .changes = std::move(built.changes),
                      .masked = {},
                      .findings = std::move(built.findings)};
  if (!built.generation) return answer;
  answer.masked = built.generation->masked;
  answer.kind = same(*built.generation, in_force) ? ReloadAnswer::Kind::unchanged
                                                  : ReloadAnswer::Kind::applied;
  return answer;
}

std::vector<config::Change> restarts_among(std::vector<config::Change> changes) {
  std::erase_if(changes, [](const config::Change& change) { return !change.needs_restart; });
  return changes;
}

}  // namespace

Reloader::Reloader(config::GenerationPtr current, Build build, Apply apply, Listeners listeners)
    : build_(std::move(build)),
      apply_(std::move(apply)),
      listeners_(std::move(listeners)),
      first_(current),
      current_(std::move(current)) {
  history_.last_success_at = current_->built_at;
  thread_ = std::thread([this] { run(); });
}

Reloader::~Reloader() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

long long Reloader::ask(const std::string& cause) {
  wanted_ = started_ + 1;
  cause_ = cause;
  changed_.notify_all();
  return wanted_;
}

void Reloader::request(const std::string& cause) {
  const std::lock_guard lock(mutex_);
  ask(cause);
}

ReloadAnswer Reloader::reload(const std::string& cause) {
  std::unique_lock lock(mutex_);
  const long long mine = ask(cause);
  changed_.wait(lock, [&] { return finished_ >= mine || stopping_; });
  return last_answer_;
}

ReloadAnswer Reloader::preview() {
  const std::lock_guard one(preview_mutex_);
  config::GenerationPtr in_force;
  {
    const std::lock_guard lock(mutex_);
    in_force = current_;
  }
  config::Built built = build_(in_force.get());
  return answer_of(*in_force, built);
}

engine::ReloadHistory Reloader::reload_history() const {
  const std::lock_guard lock(mutex_);
  return history_;
}

void Reloader::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || wanted_ > finished_; });
    if (stopping_) return;
    started_ = wanted_;
    const std::string cause = cause_;
    lock.unlock();
    if (listeners_.announce) listeners_.announce(true);
    ReloadAnswer answer = build_once(cause);
    if (listeners_.announce) listeners_.announce(false);
    lock.lock();
    last_answer_ = std::move(answer);
    finished_ = started_;
    changed_.notify_all();
  }
}

ReloadAnswer Reloader::build_once(const std::string& cause) {
  // Only this thread replaces current_, so the copy stays the generation in force.
  config::GenerationPtr previous;
  {
    const std::lock_guard lock(mutex_);
    previous = current_;
  }
  config::Built built = build_(previous.get());
  ReloadAnswer answer = answer_of(*previous, built);
  const std::lock_guard lock(mutex_);
  if (answer.kind == ReloadAnswer::Kind::rejected) {
    history_.last_successful = false;
    ++history_.rejected;
    history_.last_findings = answer.findings;
    log_refusal(answer.findings, previous->number);
    return answer;
  }
  history_.last_successful = true;
  history_.last_success_at = built.generation->built_at;
  history_.last_findings.clear();
  if (listeners_.accepted) listeners_.accepted(built.generation);
  if (answer.kind == ReloadAnswer::Kind::unchanged) {
    ++history_.unchanged;
    log(LogLevel::info, "config.unchanged", "reloaded by " + cause + ": nothing changed");
    return answer;
  }
  answer.generation = built.generation->number;
  answer.sha256 = built.generation->sha256;
  ++history_.applied;
  history_.last_changes = answer.changes;
  history_.last_cause = cause;
  history_.pending = restarts_among(config::compare(first_.get(), *built.generation));
  current_ = built.generation;
  apply_(built.generation);
  log(LogLevel::info, "config.applied",
      "generation " + std::to_string(answer.generation) + " in force, reloaded by " + cause);
  return answer;
}

}  // namespace orc::app
