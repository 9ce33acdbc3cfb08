// SPDX-License-Identifier: Apache-2.0
#include "app/selftest/command.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/answer.h"
#include "app/scratch_folder.h"
#include "app/selftest/selftest.h"
#include "app/serve.h"
#include "cli/exit_code.h"
#include "cli/text_views.h"

namespace orc::app {

namespace {

using Rows = std::vector<engine::SelftestRow>;

Json answer_of(const Rows& rows) {
  Json list = Json::array();
  for (const engine::SelftestRow& row : rows) {
    list.push_back({{"kind", row.sha256.empty() ? "gate" : "plugin"},
                    {"subject", row.subject},
                    {"passed", row.passed},
                    {"cases", row.cases},
                    {"text", row.text}});
  }
  return {{"schema", "orchestrator.selftest/1"}, {"rows", std::move(list)}};
}

std::string in_lines(const Json& answer) {
  std::string text;
  for (const Json& row : answer["rows"]) {
    const bool passed = cli::bool_field(row, "passed", false);
    text += std::string(passed ? "ok    " : "fail  ") + cli::text_field(row, "kind") + " " +
            cli::text_field(row, "subject") + ": " +
            (passed ? std::to_string(cli::number_field(row, "cases")) + " cases"
                    : cli::text_field(row, "text")) +
            "\n";
  }
  return text;
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
  print_answer(answer_of(rows), "rows", output, in_lines);
  const bool all = std::all_of(rows.begin(), rows.end(),
                               [](const engine::SelftestRow& row) { return row.passed; });
  return cli::to_int(all ? cli::ExitCode::done : cli::ExitCode::no);
}

}  // namespace orc::app
