// SPDX-License-Identifier: Apache-2.0
// The commands that need the application itself rather than a running host.
#pragma once

#include "cli/cli.h"
#include "config/config.h"

namespace orc::app {

class Commands final : public cli::Entry {
 public:
  int serve(const cli::ServeOptions& options) override;
  int demo(const cli::DemoOptions& options) override;
  int config_check(const cli::ConfigCheckOptions& options) override;
  int config_show(const cli::ConfigShowOptions& options) override;
  int config_env(const cli::ConfigEnvOptions& options) override;
  int config_schema() override;
  int config_init(const cli::ConfigInitOptions& options, const cli::Terminal& terminal) override;
  int plugin_switch(const cli::PluginSwitchOptions& options) override;
  int plugin_new(const cli::PluginNewOptions& options) override;
  int plugin_check(const cli::PluginCheckOptions& options) override;
  int plugin_run(const cli::PluginRunOptions& options) override;
  int artifact_check(const cli::ArtifactCheckOptions& options) override;
  int replay(const cli::ReplayOptions& options) override;
  int db_backup(const cli::DbBackupOptions& options) override;
  int db_migrate(const cli::DatabasePlace& place) override;
  int events_verify(const cli::EventsVerifyOptions& options) override;
  int doctor(const cli::DoctorOptions& options) override;
  int gate_selftest(const cli::SelftestOptions& options) override;
  int db_check(const cli::DbCheckOptions& options) override;
  int version(cli::OutputFormat output) override;
};

// `file` where given, else $ORCH_CONFIG, else /etc/orchestrator/orchestrator.yaml.
std::filesystem::path config_file(const std::optional<std::filesystem::path>& file);

}  // namespace orc::app
