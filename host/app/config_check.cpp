// SPDX-License-Identifier: Apache-2.0
#include "app/config_check.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/answer.h"
#include "app/commands.h"
#include "app/scratch_folder.h"
#include "app/serve.h"
#include "cli/exit_code.h"
#include "cli/text_views.h"
#include "config/inspect.h"

namespace orc::app {

namespace {

using cli::ExitCode;
using Findings = std::vector<config::Finding>;
using Severity = config::Finding::Severity;

bool has_errors(const Findings& findings) {
  return std::any_of(findings.begin(), findings.end(), [](const config::Finding& finding) {
    return finding.severity == Severity::error;
  });
}

// Level by level; a level is looked at where the one before has no error.
Findings look(const cli::ConfigCheckOptions& options, const config::Sources& sources) {
  config::Loaded loaded = config::load(sources);
  Findings findings = loaded.findings;
  const auto add = [&](Findings more) {
    std::move(more.begin(), more.end(), std::back_inserter(findings));
  };
  if (!loaded.config) return findings;
  const ScratchFolder scratch;
  add(config::look_at_plugins(loaded, worker_path(), scratch.path()));
  if (!options.offline && !has_errors(findings))
    add(look_at_machine(*loaded.config, loaded.positions));
  return findings;
}

Json answer_of(const Findings& findings, const std::filesystem::path& file) {
  Json list = Json::array();
  for (const config::Finding& f : findings) {
    list.push_back({{"severity", f.severity == Severity::error ? "error" : "warning"},
                    {"where", f.where},
                    {"key", f.key},
                    {"problem", f.problem},
                    {"fix", f.fix}});
  }
  return {{"schema", "orchestrator.config_check/1"},
          {"file", file.string()},
          {"accepted", !has_errors(findings)},
          {"findings", std::move(list)}};
}

void print_text(const Findings& findings, const std::filesystem::path& file) {
  for (const config::Finding& finding : findings)
    std::fprintf(stderr, "%s\n", to_text(finding).c_str());
  const bool refused = has_errors(findings);
  std::fprintf(refused ? stderr : stdout, "%s: %s\n", file.c_str(),
               refused ? "the configuration is refused" : "the configuration is accepted");
}

}  // namespace

int config_check(const cli::ConfigCheckOptions& options) {
  const config::Sources sources{
      .file = config_file(options.file), .environment = config::orch_environment(), .set = {}};
  Findings findings = look(options, sources);
  if (options.strict) {
    for (config::Finding& finding : findings) finding.severity = Severity::error;
  }
  if (options.output == cli::OutputFormat::text) {
    print_text(findings, sources.file);
  } else {
    print_answer(answer_of(findings, sources.file), "findings", options.output, nullptr);
  }
  return to_int(has_errors(findings) ? ExitCode::refused_config : ExitCode::done);
}

}  // namespace orc::app
