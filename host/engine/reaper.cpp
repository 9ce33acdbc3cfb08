// SPDX-License-Identifier: Apache-2.0
// Ends jobs by tier: the worker is dead and nothing said so (1), it has been silent past its limit
// (2), it runs past the ceiling (3, enforce_deadlines). The owner's silence alone is never proof:
// a worker that is asked to end has its own way of ending, and reports how far it came.
#include "engine/reaper.h"

#include <sys/stat.h>

#include <csignal>

#include "base/log.h"
#include "engine/engine.h"
#include "engine/worker_process.h"

namespace orc::engine {

namespace {

constexpr std::int64_t k_ns_per_s = 1'000'000'000;

std::int64_t ns_of(const timespec& time) {
  return time.tv_sec * k_ns_per_s + time.tv_nsec;
}

}  // namespace

SignOfLife look_for_sign(const std::filesystem::path& folder) {
  SignOfLife sign;
  struct stat info {};
  if (::lstat((folder / "progress.json").c_str(), &info) == 0)
    sign.progress_ns = ns_of(info.st_mtim);
  if (::lstat((folder / "log").c_str(), &info) == 0) {
    sign.log_ns = ns_of(info.st_mtim);
    sign.log_size = info.st_size;
  }
  return sign;
}

Millis silence_limit(const config::Config& config, const std::vector<jobs::RequestLink>& links,
                     const std::filesystem::path& folder) {
  const std::optional<jobs::Progress> progress = jobs::read_progress(folder);
  if (!progress || progress->link < 0 || static_cast<std::size_t>(progress->link) >= links.size())
    return config.silent_after;
  const auto plugin = config.plugins.find(links[static_cast<std::size_t>(progress->link)].plugin);
  return plugin == config.plugins.end() ? config.silent_after
                                        : plugin->second.silent_after.value_or(config.silent_after);
}

void Engine::reap() {
  const MonoTime now = mono_now();
  if (workers_.empty() || now < next_reap_) return;
  next_reap_ = now + generation_->config.reaper_every;
  reaper_.last_run = wall_now();
  for (auto& [id, worker] : workers_) {
    if (!worker.child.pidfd || worker.kill_at) continue;
    const std::filesystem::path folder = folders_.job(id, worker.job.attempt);
    const SignOfLife sign = look_for_sign(folder);
    if (sign != worker.sign) {
      worker.sign = sign;
      worker.sign_at = now;
      continue;
    }
    const Millis limit = silence_limit(worker.generation->config, worker.links, folder);
    if (limit == Millis{0} || now - worker.sign_at < limit) continue;
    ++reaper_.silent;
    log(LogLevel::warning, "worker.silent",
        "a worker has written nothing for " + to_words(limit) + " and is asked to end",
        {{"task", worker.task.work_item}, {"job", std::to_string(id.value)}});
    ask_to_end(worker, ReasonCode::timeout, "ended by the host: silent for " + to_words(limit));
  }
}

void Engine::enforce_deadlines() {
  const MonoTime now = mono_now();
  for (auto& [id, worker] : workers_) {
    if (!worker.child.pidfd) continue;
    if (worker.kill_at) {
      if (now < *worker.kill_at) continue;
      signal_worker(worker.child, SIGKILL,
                    kill_reason(worker.ended_because.value_or(ReasonCode::timeout)));
      worker.kill_at = now + Millis{1000};
    } else if (now >= worker.deadline) {
      log(LogLevel::warning, "worker.past_limit", "a worker ran past its limit and is asked to end",
          {{"task", worker.task.work_item}, {"job", std::to_string(id.value)}});
      ++reaper_.past_limit;
      ask_to_end(worker, ReasonCode::timeout, "ended by the host: past its limit");
    }
  }
}

}  // namespace orc::engine
