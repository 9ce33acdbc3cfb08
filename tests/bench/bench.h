// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "base/time.h"

namespace orc::bench {

// Transactions a second of bare SQLite with the same durability: one small update and one insert
// each.
double bare_commits_per_second(const std::filesystem::path& folder);
// Starts of a process that loads the plugin and ends, `in_flight` at a time.
double empty_workers_per_second(const std::filesystem::path& plugin, int count, int in_flight);

// The engine without processes: jobs complete at once.
nlohmann::json engine_alone(int tasks, int in_flight);
// Every stage a real worker process with the no-op plugin; no repository. Each round stands between
// two measurements of empty_workers_per_second(), two in flight.
nlohmann::json pipeline(const std::filesystem::path& plugin, int tasks, int rounds, int workers);
nlohmann::json one_task_alone(int rounds);
// A testing job of the real test-runner in a real worker, beside its suite's bare command.
nlohmann::json test_runner(int rounds);
// A task on its way from testing to the door of the deploy, with the gates of the edge and without.
nlohmann::json no_op_edge(int rounds);
// From opening the database to the first started job.
nlohmann::json restart(int finished, int queued);

// What an operator meets: readers beside a running pipeline, event streams, reloads, commands.
nlohmann::json surface(bool quick);

// A fresh folder that stays until the program ends. ext4 without a journal passes over every inode
// that was deleted in the last minutes when it makes a new one: what is removed between two
// measurements is paid for by the second.
std::filesystem::path lasting_folder();

double percentile(std::vector<double> values, double share);
inline double seconds_since(MonoTime start) {
  return std::chrono::duration<double>(mono_now() - start).count();
}

}  // namespace orc::bench
