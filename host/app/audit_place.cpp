// SPDX-License-Identifier: Apache-2.0
#include "app/audit_place.h"

#include "app/commands.h"
#include "config/config.h"

namespace orc::app {

namespace {

constexpr const char* k_database = "orchestrator.db";

Result<AuditPlace> configured(const std::optional<std::filesystem::path>& file) {
  const config::Loaded loaded = config::load(
      {.file = config_file(file), .environment = config::orch_environment(), .set = {}});
  if (loaded.config) return AuditPlace{loaded.config->database, loaded.config->state_dir};
  std::string text;
  for (const config::Finding& finding : loaded.findings) text += to_text(finding) + "\n";
  return Error{ErrorKind::malformed, text + "name the database, or its folder with --state DIR"};
}

}  // namespace

Result<AuditPlace> find_place(const cli::DatabasePlace& place) {
  if (place.state)
    return AuditPlace{place.database.value_or(*place.state / k_database), *place.state};
  if (place.database)
    return AuditPlace{*place.database, std::filesystem::absolute(*place.database).parent_path()};
  return configured(place.config);
}

}  // namespace orc::app
