// SPDX-License-Identifier: Apache-2.0
// The option table and one configuration, for people and for editors. Reads files; looking at
// plugins alone starts processes. Any thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"

namespace orc::config {

// A row of `config env`.
struct VariableRow {
  std::string name;  // "ORCH_TEST_RUNNER_ENABLED"
  std::string key;
  std::string type;
  std::string fallback;  // the default, or what holds where there is none, for people
  std::string value;     // in force, whatever its source
  bool is_set = false;   // by this variable
  bool needs_restart = false;
};
// Every variable that this configuration knows; those of a plugin exist once the files name it.
std::vector<VariableRow> describe_variables(const Sources& sources);

// What speaks against the plugins of a configuration that loaded: each is taken, described and
// configured in a child process, as for a generation. Their copies lie below `scratch`.
std::vector<Finding> look_at_plugins(Loaded loaded, const std::filesystem::path& worker,
                                     const std::filesystem::path& scratch);

// The file's JSON Schema (draft-07), for editors and for checks without this program.
std::string options_schema();

// A first configuration: one repository, the shipped plugins.
struct FirstAnswers {
  std::string repo = "main";  // its short name
  std::string clone;          // URL or path; empty: named in a remark only
  std::string state_dir = "/var/lib/orchestrator";
  std::string workers = "2";
  std::string listen = "127.0.0.1:8480";
};
std::string first_configuration(const FirstAnswers& answers);

}  // namespace orc::config
