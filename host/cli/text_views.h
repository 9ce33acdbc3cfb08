// SPDX-License-Identifier: Apache-2.0
// The host's JSON as text for people. Pure: missing or unexpected fields show as empty, never
// throw.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace orc::cli {

using Json = nlohmann::ordered_json;

// A string field, or "" where it is missing, null or of another type.
std::string text_field(const Json& object, std::string_view key);
bool bool_field(const Json& object, std::string_view key, bool otherwise);
std::int64_t number_field(const Json& object, std::string_view key);
// An object or array field; an empty object where it is missing or null.
const Json& object_field(const Json& object, std::string_view key);
// "2026-11-21T02:03:11Z" as local "02:03:11".
std::string clock_time(const std::string& iso);

// Columns as wide as their widest cell, two blanks between them, nothing behind the last.
std::string table(const std::vector<std::vector<std::string>>& rows);

std::string status_text(const Json& status);
std::string task_list_text(const Json& tasks);
std::string task_text(const Json& task);
std::string why_text(const Json& why);
std::string submitted_text(const Json& answer);
std::string answer_text(const Json& answer);
std::string queue_text(const Json& queue);
// Of a post-deploy monitor: its state, why, and what came of the rollback.
std::string monitor_line(const Json& monitor);
// One line each; a healthy service is not worth one.
std::string monitor_lines(const Json& monitors);
std::string lease_list_text(const Json& leases);
std::string plugin_list_text(const Json& plugins);
std::string plugin_text(const Json& plugin);
std::string advisor_text(const Json& advisor);
std::string run_list_text(const Json& runs);
std::string run_text(const Json& run);
std::string log_text(const Json& log);
std::string usage_text(const Json& usage);
std::string reload_text(const Json& reload);
std::string preview_text(const Json& reload);
std::string config_text(const Json& config);
std::string config_sources_text(const Json& config);
// A file that reads back as the same; `with_sources`: each value's as a remark.
std::string config_yaml(const Json& config, bool with_sources);
std::string next_text(const Json& next);
std::string event_line(const Json& event);
std::string gate_list_text(const Json& stages);
std::string top_text(const Json& status, const Json& queue, const Json& next);
std::string findings_text(const Json& with_findings);
std::string plugin_check_text(const Json& answer);
std::string plugin_run_text(const Json& answer);
std::string artifact_check_text(const Json& answer);

// STAGE_TRANSITIONS as a Markdown table; needs no host.
std::string stages_markdown();

}  // namespace orc::cli
