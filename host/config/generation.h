// SPDX-License-Identifier: Apache-2.0
// A generation: one validated configuration with a private copy of every plugin library it names.
// Immutable; a job keeps the generation it was claimed under to its end.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"

namespace orc::config {

struct LoadedPlugin {
  std::string name;  // configured name
  std::string type;
  std::filesystem::path library;  // private copy <state>/plugins/<sha256>.so; empty if not loaded
  std::string sha256;
  std::string version;
  std::string abi;  // "1.0"
  std::string description;
  std::vector<std::string> stages;  // "testing", or "*"
  Millis default_timeout{0};
  bool is_llm = false;
  bool has_preflight = false;
  std::string refused;  // why it is not loaded; empty: it is
};

struct Generation {
  std::int64_t number = 0;
  std::string sha256;
  Config config;
  std::map<std::string, LoadedPlugin> plugins;  // a row for each of config.plugins
  std::map<std::string, std::string> values;
  std::map<std::string, std::string> sources;  // as in Loaded
  std::vector<Masked> masked;
  std::vector<Finding> warnings;
  WallTime built_at;
  // What no program of a job may read: state folder, database, files that hold secrets.
  std::vector<std::filesystem::path> hidden;

  bool can_produce(const std::string& plugin, Stage stage) const;
};
using GenerationPtr = std::shared_ptr<const Generation>;

// The plugin ABI that this host speaks: "1.0".
std::string plugin_abi();

struct Change {
  std::string key;
  std::string before;
  std::string after;
  bool needs_restart = false;
};

// Every value that differs, and the library of every plugin. Pure.
std::vector<Change> compare(const Generation* before, const Generation& after);

struct Built {
  GenerationPtr generation;  // null: refused
  std::vector<Finding> findings;
  std::vector<Change> changes;  // against `previous`
};

// Loads the configuration, takes private copies of the plugins, describes and configures each in a
// child process. Any error refuses the whole: nothing in force changes. Not on the engine thread;
// seconds at worst. `worker` is the path of orchestrator-worker. A missing, wrong or crashing
// library of an enabled plugin is an error; of a disabled one a warning, and the plugin stays
// listed with the reason.
Built build_generation(const Sources& sources, const std::filesystem::path& worker,
                       const Generation* previous);

// Resolves the secret references {"credential"|"env"|"file": NAME} of a settings object. Returns a
// JSON object from "credential:NAME" and so on to the value; the settings keep the references. Used
// at spawn: the values travel to the worker over a sealed memory file and nowhere else.
Result<std::string> resolve_secrets(const std::string& settings_json);

// The values behind the references of http.*; none of a listener that is off.
struct ListenerSecrets {
  std::string operator_token;                   // empty: the board only reads
  std::map<std::string, std::string> webhooks;  // by forge
};
// `refused`: a token that is short enough to be guessed.
Result<ListenerSecrets> read_listener_secrets(const Config& config);

}  // namespace orc::config
