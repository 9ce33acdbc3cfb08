// SPDX-License-Identifier: Apache-2.0
#include "app/commands.h"

#include <cstdio>
#include <cstdlib>

#include "app/audit.h"
#include "app/author/author.h"
#include "app/config_check.h"
#include "app/config_commands.h"
#include "app/demo.h"
#include "app/dev.h"
#include "app/doctor.h"
#include "app/plugin_switch.h"
#include "app/replay.h"
#include "app/selftest/command.h"
#include "app/serve.h"
#include "base/revision.h"
#include "cli/exit_code.h"
#include "config/inspect.h"
#include "store/store.h"

namespace orc::app {

namespace {

constexpr const char* k_default_file = "/etc/orchestrator/orchestrator.yaml";

}  // namespace

std::filesystem::path config_file(const std::optional<std::filesystem::path>& file) {
  if (file) return *file;
  const char* named =
      std::getenv("ORCH_CONFIG");  // NOLINT(concurrency-mt-unsafe): before any thread
  return named != nullptr && *named != '\0' ? named : k_default_file;
}

int Commands::serve(const cli::ServeOptions& options) {
  if (options.dev) return serve_dev(options);
  return app::serve({.file = config_file(options.file),
                     .environment = config::orch_environment(),
                     .set = options.set});
}

int Commands::demo(const cli::DemoOptions& options) {
  return app::demo(options);
}

int Commands::config_check(const cli::ConfigCheckOptions& options) {
  return app::config_check(options);
}

int Commands::config_show(const cli::ConfigShowOptions& options) {
  return app::config_show(options);
}

int Commands::config_env(const cli::ConfigEnvOptions& options) {
  return app::config_env(options);
}

int Commands::config_schema() {
  std::fputs(config::options_schema().c_str(), stdout);
  return cli::to_int(cli::ExitCode::done);
}

int Commands::config_init(const cli::ConfigInitOptions& options, const cli::Terminal& terminal) {
  return app::config_init(options, terminal);
}

int Commands::plugin_switch(const cli::PluginSwitchOptions& options) {
  return app::plugin_switch(options);
}

int Commands::plugin_new(const cli::PluginNewOptions& options) {
  return app::plugin_new(options);
}

int Commands::plugin_check(const cli::PluginCheckOptions& options) {
  return app::plugin_check(options);
}

int Commands::plugin_run(const cli::PluginRunOptions& options) {
  return app::plugin_run(options);
}

int Commands::artifact_check(const cli::ArtifactCheckOptions& options) {
  return app::artifact_check(options);
}

int Commands::replay(const cli::ReplayOptions& options) {
  return app::replay(options);
}

int Commands::db_backup(const cli::DbBackupOptions& options) {
  return app::db_backup(options);
}

int Commands::db_migrate(const cli::DatabasePlace& place) {
  return app::db_migrate(place);
}

int Commands::events_verify(const cli::EventsVerifyOptions& options) {
  return app::events_verify(options);
}

int Commands::gate_selftest(const cli::SelftestOptions& options) {
  return app::gate_selftest(config_file(options.file), options.output);
}

int Commands::doctor(const cli::DoctorOptions& options) {
  const std::vector<Finding> findings = examine(config_file(options.file));
  print(findings, options.output);
  return cli::to_int(has_faults(findings) ? cli::ExitCode::no : cli::ExitCode::done);
}

int Commands::db_check(const cli::DbCheckOptions& options) {
  return app::db_check(options);
}

int Commands::version(cli::OutputFormat output) {
  if (output == cli::OutputFormat::text) {
    const std::string from = revision().empty() ? "" : " (" + std::string(revision()) + ")";
    std::puts(("orchestrator " ORCH_VERSION + from + "\nSQLite " +
               std::string(store::sqlite_version()))
                  .c_str());
  } else {
    std::puts((R"({"schema":"orchestrator.version/1","version":")" ORCH_VERSION
               R"(","revision":")" +
               std::string(revision()) + R"(","sqlite":")" + std::string(store::sqlite_version()) +
               R"("})")
                  .c_str());
  }
  return cli::to_int(cli::ExitCode::done);
}

}  // namespace orc::app
