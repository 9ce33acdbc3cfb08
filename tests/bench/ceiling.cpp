// SPDX-License-Identifier: Apache-2.0
// What the machine can do at best, measured in the same run.
#include <poll.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "bench.h"
#include "process/process.h"
#include "support/paths.h"
#include "support/temp_dir.h"

namespace orc::bench {

double bare_commits_per_second(const std::filesystem::path& folder) {
  sqlite3* db = nullptr;
  if (sqlite3_open((folder / "bare.db").c_str(), &db) != SQLITE_OK)
    throw std::runtime_error("sqlite3_open");
  const auto run = [&](const char* sql) {
    if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
      throw std::runtime_error(sqlite3_errmsg(db));
  };
  run("DROP TABLE IF EXISTS t; DROP TABLE IF EXISTS e; PRAGMA journal_mode=WAL; PRAGMA "
      "synchronous=FULL; PRAGMA wal_autocheckpoint=4000;"
      "CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO t VALUES(1,0);"
      "CREATE TABLE e(id INTEGER PRIMARY KEY, x TEXT)");
  constexpr int k_commits = 2000;
  const MonoTime start = mono_now();
  for (int i = 0; i < k_commits; ++i) {
    run("BEGIN IMMEDIATE; UPDATE t SET n=n+1 WHERE id=1; INSERT INTO e(x) VALUES('an event of some "
        "length'); COMMIT");
  }
  const double rate = k_commits / seconds_since(start);
  sqlite3_close(db);
  return rate;
}

double empty_workers_per_second(const std::filesystem::path& plugin, int count, int in_flight) {
  const process::SpawnSpec spec{.argv = {test::bin_dir() + "/empty_worker", plugin.string()},
                                .env = process::base_environment()};
  std::vector<process::Child> running;
  int started = 0;
  int ended = 0;
  const MonoTime start = mono_now();
  while (ended < count) {
    while (started < count && static_cast<int>(running.size()) < in_flight) {
      auto child = process::spawn(spec);
      if (!std::holds_alternative<process::Child>(child))
        throw std::runtime_error("empty_worker was not started");
      running.push_back(std::move(std::get<process::Child>(child)));
      ++started;
    }
    std::vector<pollfd> watched;
    for (const process::Child& child : running) watched.push_back({child.pidfd.get(), POLLIN, 0});
    ::poll(watched.data(), watched.size(), -1);
    for (std::size_t i = running.size(); i-- > 0;) {
      if (watched[i].revents == 0) continue;
      int status = 0;
      ::waitpid(running[i].pid, &status, 0);
      if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        throw std::runtime_error("empty_worker failed");
      running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
      ++ended;
    }
  }
  return count / seconds_since(start);
}

std::filesystem::path lasting_folder() {
  static std::vector<std::unique_ptr<test::TempDir>> folders;
  return folders.emplace_back(std::make_unique<test::TempDir>())->path();
}

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

}  // namespace orc::bench
