// SPDX-License-Identifier: Apache-2.0
#include "app/selftest/command.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/scratch_folder.h"
#include "app/selftest/selftest.h"
#include "app/serve.h"
#include "base/text.h"
#include "cli/exit_code.h"

namespace orc::app {

namespace {

using Rows = std::vector<engine::SelftestRow>;

void print_text(const Rows& rows) {
  for (const engine::SelftestRow& row : rows) {
    const std::string kind = row.sha256.empty() ? "gate" : "plugin";
    const std::string what = row.passed ? std::to_string(row.cases) + " cases" : row.text;
    std::printf("%-4s  %s %s: %s\n", row.passed ? "ok" : "fail", kind.c_str(), row.subject.c_str(),
                printable(what).c_str());
  }
}

void print_json(const Rows& rows) {
  nlohmann::json list = nlohmann::json::array();
  for (const engine::SelftestRow& row : rows) {
    list.push_back({{"kind", row.sha256.empty() ? "gate" : "plugin"},
                    {"subject", row.subject},
                    {"passed", row.passed},
                    {"cases", row.cases},
                    {"text", row.text}});
  }
  const nlohmann::json answer{{"schema", "orchestrator.selftest/1"}, {"rows", std::move(list)}};
  std::puts(answer.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

}  // namespace

int gate_selftest(const std::filesystem::path& config_file, cli::OutputFormat output) {
  const ScratchFolder scratch;
  const config::Built built =
      config::build_generation({.file = config_file,
                                .environment = config::orch_environment(),
                                .set = {"daemon.state_dir=" + scratch.path().string()}},
                               worker_path(), nullptr);
  if (!built.generation) {
    for (const config::Finding& finding : built.findings)
      std::fprintf(stderr, "%s\n", config::to_text(finding).c_str());
    return cli::to_int(cli::ExitCode::refused_config);
  }
  Rows rows = try_gates();
  Rows plugins = try_plugins(*built.generation, {}, worker_path(), scratch.path(), {});
  std::move(plugins.begin(), plugins.end(), std::back_inserter(rows));
  if (output == cli::OutputFormat::text) {
    print_text(rows);
  } else {
    print_json(rows);
  }
  const bool all = std::all_of(rows.begin(), rows.end(),
                               [](const engine::SelftestRow& row) { return row.passed; });
  return cli::to_int(all ? cli::ExitCode::done : cli::ExitCode::no);
}

}  // namespace orc::app
