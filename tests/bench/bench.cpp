// SPDX-License-Identifier: Apache-2.0
// orch_bench [--tasks N] [--quick]: prints one JSON object; every figure stands beside its ceiling
// of the same run.
#include "bench.h"

#include <cstdio>
#include <cstring>
#include <exception>
#include <nlohmann/json.hpp>
#include <string>

#include "base/log.h"
#include "support/temp_dir.h"

int main(int argc, char** argv) {
  using namespace orc::bench;
  int tasks = 1000;
  bool quick = false;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--quick") == 0) quick = true;
    if (std::strcmp(argv[i], "--tasks") == 0 && i + 1 < argc) tasks = std::stoi(argv[++i]);
  }
  if (quick) tasks = 20;
  orc::set_log(orc::LogLevel::error, orc::LogFormat::text);
  try {
    nlohmann::json all;
    orc::test::TempDir folder;
    const std::filesystem::path plugin = std::filesystem::path(ORCH_BENCH_PLUGINS) / "noop.so";
    const double commits = bare_commits_per_second(folder.path());
    const double workers = empty_workers_per_second(plugin, quick ? 100 : 2000, 2);
    all["ceiling"] = {{"bare_commits_per_second", commits},
                      {"empty_workers_per_second_2_in_flight", workers}};
    all["engine_64_in_flight"] = engine_alone(quick ? 500 : 20000, 64);
    all["engine_one_at_a_time"] = engine_alone(quick ? 50 : 1000, 1);
    all["engine_one_at_a_time"]["share_of_bare_commits"] =
        all["engine_one_at_a_time"]["transitions_per_second"].get<double>() / commits;
    all["one_task_alone"] = pipeline(1);
    all["pipeline"] = pipeline(tasks);
    all["pipeline"]["share_of_ceiling"] =
        all["pipeline"]["stages_per_second"].get<double>() / workers;
    all["restart"] = restart(quick ? 1000 : 100000, quick ? 100 : 10000);
    std::puts(all.dump(2).c_str());
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "orch_bench: %s\n", error.what());
    return 1;
  }
}
