// SPDX-License-Identifier: Apache-2.0
// orch_bench [--tasks N] [--quick] [--only engine|pipeline|test-runner|restart]: prints one JSON
// object; every figure stands beside its ceiling of the same run.
#include "bench.h"

#include <cstdio>
#include <cstring>
#include <exception>
#include <nlohmann/json.hpp>
#include <string>

#include "base/log.h"
#include "support/paths.h"
#include "support/temp_dir.h"

namespace {

struct Options {
  int tasks = 1000;
  bool quick = false;
  std::string only;  // one part, for a profiler

  bool wants(const std::string& part) const { return only.empty() || only == part; }
};

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--quick") == 0) options.quick = true;
    if (std::strcmp(argv[i], "--tasks") == 0 && i + 1 < argc) options.tasks = std::stoi(argv[++i]);
    if (std::strcmp(argv[i], "--only") == 0 && i + 1 < argc) options.only = argv[++i];
  }
  if (options.quick) options.tasks = 20;
  return options;
}

nlohmann::json measure(const Options& options) {
  using namespace orc::bench;
  nlohmann::json all;
  const orc::test::TempDir folder;
  const std::filesystem::path plugin =
      std::filesystem::path(orc::test::bin_dir()) / "../bench-plugins/noop.so";
  // Each part is preceded by its own ceiling: the machine's speed drifts.
  if (options.wants("engine")) {
    all["engine_64_in_flight"] = engine_alone(options.quick ? 500 : 20000, 64);
    const double commits = bare_commits_per_second(folder.path());
    nlohmann::json alone = engine_alone(options.quick ? 50 : 1000, 1);
    alone["bare_commits_per_second"] = commits;
    alone["share_of_bare_commits"] = alone["transitions_per_second"].get<double>() / commits;
    all["engine_one_at_a_time"] = alone;
  }
  if (options.wants("pipeline")) {
    const int rounds = options.quick ? 2 : 10;
    all["one_task_alone"] = one_task_alone(rounds);
    all["pipeline"] = pipeline(plugin, options.tasks, rounds, 2);
    all["pipeline_4_workers"] = pipeline(plugin, options.tasks, rounds, 4);
  }
  if (options.wants("test-runner")) all["test_runner"] = test_runner(options.quick ? 3 : 15);
  if (options.wants("edge")) all["no_op_edge"] = no_op_edge(options.quick ? 2 : 15);
  if (options.wants("restart"))
    all["restart"] = restart(options.quick ? 1000 : 100000, options.quick ? 100 : 10000);
  if (options.wants("surface")) all["surface"] = surface(options.quick);
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  orc::set_log(orc::LogLevel::error, orc::LogFormat::text);
  try {
    std::puts(measure(parse(argc, argv)).dump(2).c_str());
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "orch_bench: %s\n", error.what());
    return 1;
  }
}
