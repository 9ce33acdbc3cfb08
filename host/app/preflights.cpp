// SPDX-License-Identifier: Apache-2.0
#include "app/preflights.h"

#include <algorithm>

#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "git/outline.h"
#include "jobs/worker_client.h"

namespace orc::app {

namespace {

// The files of each repository that the host has fetched before. One that it has not is looked at
// once a task has been there.
std::vector<config::RepositoryView> make_views(const config::Config& config,
                                               const std::filesystem::path& repositories,
                                               const std::filesystem::path& folder) {
  std::vector<config::RepositoryView> views;
  for (const auto& [name, repo] : config.repos) {
    const std::filesystem::path files = folder / "files" / name;
    Status made = make_folder(files);
    if (made.ok()) {
      made = git::write_outline(repositories / (name + ".git"), repo.default_branch,
                                jobs::worker_environment("preflight"), files);
    }
    if (made.ok()) views.push_back({name, files});
    if (!made.ok() && made.error().kind != ErrorKind::not_found) {
      log(LogLevel::warning, "preflight.no_files", name + ": " + made.error().message);
    }
  }
  return views;
}

}  // namespace

config::PreflightRound run_preflights(const config::Generation& generation,
                                      const std::set<std::string>& plugins,
                                      const std::filesystem::path& worker,
                                      const std::filesystem::path& repositories,
                                      const std::filesystem::path& scratch_root,
                                      const std::function<bool()>& cancelled) {
  config::PreflightRound round{.complete = plugins.empty(), .began = wall_now()};
  const std::filesystem::path folder = scratch_root / ("preflight-" + random_hex(8));
  const std::filesystem::path scratch = folder / "scratch";
  if (const Status made = make_folder(scratch); !made.ok()) {
    log(LogLevel::warning, "preflight.no_files", made.error().message);
    round.complete = false;
    return round;
  }
  const config::PreflightTerms terms{.worker = worker,
                                     .scratch = scratch,
                                     .views = make_views(generation.config, repositories, folder),
                                     .cancelled = cancelled};
  for (const std::string& plugin : config::plugins_with_preflight(generation)) {
    if (!plugins.empty() && !plugins.contains(plugin)) continue;
    std::vector<config::PreflightRow> rows = config::ask_preflight(generation, plugin, terms);
    round.rows.insert(round.rows.end(), rows.begin(), rows.end());
  }
  if (const Status removed = remove_tree(folder); !removed.ok()) {
    log(LogLevel::warning, "housekeeping.left", removed.error().message);
  }
  round.ended = wall_now();
  return round;
}

Preflights::Preflights(Ask ask, Millis look_again)
    : ask_(std::move(ask)), look_again_(look_again) {}

Preflights::~Preflights() {
  stop();
}

void Preflights::start(Tell tell) {
  tell_ = std::move(tell);
  thread_ = std::thread([this] { run(); });
}

void Preflights::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Preflights::use(config::GenerationPtr generation) {
  {
    const std::lock_guard lock(mutex_);
    generation_ = std::move(generation);
    wants_all_ = true;
  }
  changed_.notify_all();
}

void Preflights::ask_again(const std::string& plugin) {
  {
    const std::lock_guard lock(mutex_);
    wanted_.insert(plugin);
  }
  changed_.notify_all();
}

void Preflights::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    const auto is_wanted = [this] { return stopping_ || wants_all_ || !wanted_.empty(); };
    if (missing_.empty()) {
      changed_.wait(lock, is_wanted);
    } else if (!changed_.wait_for(lock, look_again_, is_wanted)) {
      wanted_ = missing_;
    }
    if (stopping_) return;
    const std::set<std::string> plugins = wants_all_ ? std::set<std::string>{} : wanted_;
    if (wants_all_) missing_.clear();
    wants_all_ = false;
    wanted_.clear();
    const config::GenerationPtr generation = generation_;
    lock.unlock();
    config::PreflightRound round = ask_(*generation, plugins, [this] {
      const std::lock_guard inner(mutex_);
      return stopping_;
    });
    lock.lock();
    if (stopping_) return;
    for (const std::string& plugin : plugins) missing_.erase(plugin);
    for (const config::PreflightRow& row : round.rows) {
      if (row.state != config::PreflightState::passed) missing_.insert(row.plugin);
    }
    tell_(std::move(round));
  }
}

}  // namespace orc::app
