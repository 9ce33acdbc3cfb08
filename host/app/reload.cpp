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

}  // namespace

Reloader::Reloader(config::GenerationPtr current, Build build, Apply apply)
    : build_(std::move(build)), apply_(std::move(apply)), current_(std::move(current)) {
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
    ReloadAnswer answer = build_once(cause);
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
  ReloadAnswer answer{.generation = previous->number,
                      .sha256 = previous->sha256,
                      .changes = std::move(built.changes),
                      .findings = std::move(built.findings)};
  const std::lock_guard lock(mutex_);
  if (!built.generation) {
    answer.kind = ReloadAnswer::Kind::rejected;
    history_.last_successful = false;
    ++history_.rejected;
    history_.last_findings = answer.findings;
    log_refusal(answer.findings, previous->number);
    return answer;
  }
  history_.last_successful = true;
  history_.last_success_at = built.generation->built_at;
  history_.last_findings.clear();
  if (built.generation->values == previous->values && same_plugins(*built.generation, *previous)) {
    answer.kind = ReloadAnswer::Kind::unchanged;
    ++history_.unchanged;
    log(LogLevel::info, "config.unchanged", "reloaded by " + cause + ": nothing changed");
    return answer;
  }
  answer.kind = ReloadAnswer::Kind::applied;
  answer.generation = built.generation->number;
  answer.sha256 = built.generation->sha256;
  ++history_.applied;
  current_ = built.generation;
  apply_(built.generation);
  log(LogLevel::info, "config.applied",
      "generation " + std::to_string(answer.generation) + " in force, reloaded by " + cause);
  return answer;
}

}  // namespace orc::app
