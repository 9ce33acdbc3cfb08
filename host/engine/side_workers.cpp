// SPDX-License-Identifier: Apache-2.0
#include "engine/side_workers.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "engine/worker_process.h"

namespace orc::engine {

namespace {

constexpr std::uint64_t k_token = ~std::uint64_t{1};
constexpr Millis k_after_kill{5000};

bool has_ended(const process::Child& child) {
  pollfd polled{child.pidfd.get(), POLLIN, 0};
  return ::poll(&polled, 1, 0) == 1;
}

}  // namespace

void SideWorkers::launch(const std::string& name, const std::filesystem::path& folder,
                         const jobs::JobRequest& request, Millis grace) {
  auto launched = launcher_.launch(folder, request);
  Worker worker{.folder = folder,
                .run_id = request.run_id,
                .child = {},
                .deadline = mono_now() + request.limit + grace,
                .report = std::nullopt};
  if (auto* child = std::get_if<process::Child>(&launched)) {
    worker.child = std::move(*child);
    watch(name, std::move(worker));
    return;
  }
  if (auto* report = std::get_if<jobs::WorkerReport>(&launched)) {
    worker.report = std::move(*report);
  } else {
    worker.report = jobs::WorkerReport{
        .outcome = WorkerFault{"the worker was not started: " + std::get<Error>(launched).message}};
  }
  workers_.insert_or_assign(name, std::move(worker));
}

bool SideWorkers::adopt(const std::string& name, const std::filesystem::path& folder,
                        Millis grace) {
  const auto alive = jobs::live_worker(folder);
  const auto request = jobs::read_request(folder);
  if (!alive || !request.ok()) return false;
  Worker worker{.folder = folder,
                .run_id = request.value().run_id,
                .child = {},
                .is_child = false,
                .deadline = mono_now() + request.value().limit + grace,
                .report = std::nullopt};
  worker.child.pid = alive->pid;
  worker.child.pidfd = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, alive->pid, 0)));
  // Between the look and the open the pid may have become somebody else's.
  if (!worker.child.pidfd || !is_alive(*alive)) return false;
  watch(name, std::move(worker));
  return true;
}

void SideWorkers::watch(const std::string& name, Worker worker) {
  epoll_event event{.events = EPOLLIN, .data = {.u64 = k_token}};
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, worker.child.pidfd.get(), &event);
  workers_.insert_or_assign(name, std::move(worker));
}

void SideWorkers::reap() {
  for (auto& [name, worker] : workers_) {
    if (worker.report) continue;
    if (!has_ended(worker.child)) {
      if (mono_now() < worker.deadline) continue;
      signal_worker(worker.child, SIGKILL, KillReason::timeout);
      worker.deadline = mono_now() + k_after_kill;
      continue;
    }
    const bool reported = jobs::has_reported(worker.folder);
    const jobs::WorkerEnd end =
        reported || !worker.is_child ? jobs::WorkerEnd() : launcher_.end_of(worker.child);
    worker.report = jobs::conclude(worker.folder, end);
    add_kills(worker.report->kills);
    if (!reported) end_survivors(worker.run_id);
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, worker.child.pidfd.get(), nullptr);
    worker.child.pidfd.reset();
  }
}

const jobs::WorkerReport* SideWorkers::report_of(const std::string& name) const {
  const auto found = workers_.find(name);
  return found == workers_.end() || !found->second.report ? nullptr : &*found->second.report;
}

std::filesystem::path SideWorkers::folder_of(const std::string& name) const {
  const auto found = workers_.find(name);
  return found == workers_.end() ? std::filesystem::path() : found->second.folder;
}

std::optional<MonoTime> SideWorkers::next_deadline() const {
  std::optional<MonoTime> next;
  for (const auto& [name, worker] : workers_) {
    if (!worker.report) next = std::min(next.value_or(worker.deadline), worker.deadline);
  }
  return next;
}

}  // namespace orc::engine
