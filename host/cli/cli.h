// SPDX-License-Identifier: Apache-2.0
// The command line: one binary, noun and verb. stdout carries data, stderr carries messages.
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace orc::cli {

enum class OutputFormat : std::uint8_t { text, json, jsonl, yaml };  // yaml: a configuration only

struct ServeOptions {
  std::optional<std::filesystem::path> file;  // unset: the default place
  std::vector<std::string> set;               // "daemon.workers=4"
  bool dev = false;  // everything in a folder that goes with it, a board on any free port
};

struct DemoOptions {
  bool check = false;  // run to the end without a person, then judge the result
  bool keep = false;   // leave the folder behind
  std::optional<std::filesystem::path> dir;  // unset: a fresh temporary folder
};

struct ConfigCheckOptions {
  std::optional<std::filesystem::path> file;
  bool offline = false;  // the file and the plugins alone: no secrets, sockets or programs
  bool strict = false;   // a warning refuses as well
  OutputFormat output = OutputFormat::text;
};

struct ConfigShowOptions {
  std::optional<std::filesystem::path> file;
  std::vector<std::string> set;
  bool sources = false;
  OutputFormat output = OutputFormat::text;
};

struct ConfigEnvOptions {
  std::optional<std::filesystem::path> file;
  bool set_only = false;  // those that are set
  OutputFormat output = OutputFormat::text;
};

struct ConfigInitOptions {
  std::optional<std::filesystem::path> file;  // unset: the default place; "-": the standard output
  bool yes = false;                           // ask nothing
  bool force = false;                         // replace a file that is there
};

// A drop-in beside the configuration that switches one plugin.
struct PluginSwitchOptions {
  std::optional<std::filesystem::path> file;
  std::string plugin;
  bool enabled = true;
  std::optional<std::string> repos;
  std::string stage;   // also puts it into the chain of this stage
  std::string before;  // in front of this link; empty: of all
  OutputFormat output = OutputFormat::text;  // else what was written is a message
};

// A new plugin's project.
struct PluginNewOptions {
  std::string name;
  std::string stage;
  std::optional<std::filesystem::path> dir;  // the folder around it; unset: the current one
};

struct PluginCheckOptions {
  std::filesystem::path file;
  std::optional<std::filesystem::path> fixture;  // a job that it accepts; else none is tried
  OutputFormat output = OutputFormat::text;
};

struct PluginRunOptions {
  std::filesystem::path file;
  std::filesystem::path fixture;
  std::optional<std::filesystem::path> worktree;  // unset: the fixture's files alone
  std::string timeout;                            // "15m"; empty: the plugin's own
  bool log = false;                               // the job's log on the standard error
  OutputFormat output = OutputFormat::text;
};

struct ArtifactCheckOptions {
  std::filesystem::path file;
  std::string stage;      // empty: the one that owes a file of this name
  std::string work_item;  // empty: as the folder or the file itself says
  OutputFormat output = OutputFormat::text;
};

// Where a database is; nothing set: the configuration in the default place says.
struct DatabasePlace {
  std::optional<std::filesystem::path> database;
  std::optional<std::filesystem::path> state;
  std::optional<std::filesystem::path> config;
};

struct DbBackupOptions {
  DatabasePlace place;
  std::filesystem::path to;  // a file that is not there yet
};

struct ReplayOptions {
  DatabasePlace place;
  std::filesystem::path candidate;  // the configuration to try
  std::string task;                 // empty: the newest runs of all
  int limit = 500;
  OutputFormat output = OutputFormat::text;
};

struct EventsVerifyOptions {
  DatabasePlace place;
  std::optional<std::string> anchor;  // "ID:HASH"
  OutputFormat output = OutputFormat::text;
};

struct DoctorOptions {
  std::optional<std::filesystem::path> file;
  OutputFormat output = OutputFormat::text;
};

struct SelftestOptions {
  std::optional<std::filesystem::path> file;
  OutputFormat output = OutputFormat::text;
};

struct DbCheckOptions {
  DatabasePlace place;
  OutputFormat output = OutputFormat::text;
};

// Where a command reads and writes. Plain text in every case: no colour and no animation, so
// NO_COLOR and a pipe need no special care.
struct Terminal {
  std::ostream& out;
  std::ostream& err;
  std::istream& in;
};

// The commands that need the application and not a running host. Each returns an exit code of
// exit_code.h.
class Entry {
 public:
  virtual ~Entry() = default;
  virtual int serve(const ServeOptions& options) = 0;
  virtual int demo(const DemoOptions& options) = 0;
  virtual int config_check(const ConfigCheckOptions& options) = 0;
  virtual int config_show(const ConfigShowOptions& options) = 0;
  virtual int config_env(const ConfigEnvOptions& options) = 0;
  virtual int config_schema() = 0;
  virtual int config_init(const ConfigInitOptions& options, const Terminal& terminal) = 0;
  virtual int plugin_switch(const PluginSwitchOptions& options) = 0;
  virtual int plugin_new(const PluginNewOptions& options) = 0;
  virtual int plugin_check(const PluginCheckOptions& options) = 0;
  virtual int plugin_run(const PluginRunOptions& options) = 0;
  virtual int artifact_check(const ArtifactCheckOptions& options) = 0;
  virtual int replay(const ReplayOptions& options) = 0;
  virtual int db_backup(const DbBackupOptions& options) = 0;
  virtual int db_migrate(const DatabasePlace& place) = 0;
  virtual int events_verify(const EventsVerifyOptions& options) = 0;
  virtual int doctor(const DoctorOptions& options) = 0;
  virtual int db_check(const DbCheckOptions& options) = 0;
  virtual int gate_selftest(const SelftestOptions& options) = 0;
  virtual int version(OutputFormat output) = 0;
};

// Parses, runs one command, returns its exit code. Never throws.
int run_command_line(int argc, char** argv, Entry& entry);
// The same with chosen streams; `arguments` without the program's name.
int run_command(const std::vector<std::string>& arguments, Entry& entry, Terminal terminal);

}  // namespace orc::cli
