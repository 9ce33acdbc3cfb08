// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "config/inspect.h"

namespace orc::config {

namespace {

// A JSON string is a YAML one, whatever stands in it.
std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string first_configuration(const FirstAnswers& answers) {
  const std::string clone = answers.clone.empty() ? "    #clone: ssh://git@git.example.lan/team/" +
                                                        answers.repo + ".git\n"
                                                  : "    clone: " + quoted(answers.clone) + "\n";
  return "# yaml-language-server: $schema=/usr/share/orchestrator/orchestrator.schema.json\n"
         "# Check it:   orchestrator config check        All keys: man orchestrator.yaml\n"
         "# Change it:  edit, then orchestrator reload; a refused file changes nothing.\n"
         "version: 1\n"
         "\n"
         "daemon:\n"
         "  workers: " +
         answers.workers +
         "\n"
         "  state_dir: " +
         quoted(answers.state_dir) +
         "\n"
         "\n"
         "http:\n"
         "  board: { listen: " +
         quoted(answers.listen) +
         " }\n"
         "\n"
         "repos:\n"
         "  " +
         quoted(answers.repo) +
         ":\n"
         "    self_hosting: true     # what an empty `repos:` scope below means\n" +
         clone +
         "    ci: { required: false }   # without a forge: development passes without CI\n"
         "\n"
         "# What each plugin is; the stages ask them in their shipped order, llm-spawner last.\n"
         "plugins:\n"
         "  test-runner: {}\n"
         "  staging-runner: {}       # declines until its settings name a suite\n"
         "  deploy-finalizer: {}     # declines until its settings name the deploy command\n"
         "  llm-spawner: { repos: \"*\" }\n";
}

}  // namespace orc::config
