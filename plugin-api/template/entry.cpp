// SPDX-License-Identifier: Apache-2.0
#include <orchestrator/plugin/sdk.hpp>

#include "lines_check.h"
#include "settings_schema.h"

namespace {

constexpr orchestrator::plugin::Meta k_meta{
    .id = "lines-check",
    .name = "Lines check",
    .version = "0.1.0",
    .license = "Apache-2.0",
    .description = "Passes a branch whose files are short enough to read",
    .settings_schema = k_settings_schema,
    .stages = {{"testing", "result"}},
    .default_timeout = std::chrono::minutes(2)};

}  // namespace

ORCHESTRATOR_PLUGIN(lines_check::LinesCheck, "lines-check", "0.1.0", k_meta);
