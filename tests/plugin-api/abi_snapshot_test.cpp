// SPDX-License-Identifier: Apache-2.0
// Released offsets never move. abi-1.0.txt is the table of the released header; structs may grow at
// the end, so a new minor gets a file of its own and this one stays.
#include <gtest/gtest.h>
#include <orchestrator/plugin/abi.h>

#include <cstddef>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "support/paths.h"

namespace {

struct Row {
  std::string name;  // "orch_ident" or "orch_ident.magic"
  std::size_t at;    // a struct's least size, or a field's offset
  std::size_t size;  // of a field
};

#define FIELD(type, member)                                         \
  Row {                                                             \
#type "." #member, offsetof(type, member), sizeof(type::member) \
  }
#define STRUCT(type)       \
  Row {                    \
#type, sizeof(type), 0 \
  }

const std::vector<Row>& rows() {
  static const std::vector<Row> all{
      STRUCT(orch_str),
      FIELD(orch_str, data),
      FIELD(orch_str, size),
      STRUCT(orch_ident),
      FIELD(orch_ident, magic),
      FIELD(orch_ident, struct_size),
      FIELD(orch_ident, abi_major),
      FIELD(orch_ident, abi_minor),
      FIELD(orch_ident, pointer_size),
      FIELD(orch_ident, id),
      FIELD(orch_ident, version),
      FIELD(orch_ident, sdk_version),
      FIELD(orch_ident, toolchain),
      FIELD(orch_ident, reserved),
      STRUCT(orch_outcome),
      FIELD(orch_outcome, struct_size),
      FIELD(orch_outcome, kind),
      FIELD(orch_outcome, why),
      FIELD(orch_outcome, reserved),
      FIELD(orch_outcome, text),
      FIELD(orch_outcome, token),
      FIELD(orch_outcome, body),
      FIELD(orch_outcome, retry_after_ms),
      FIELD(orch_outcome, resume_token),
      STRUCT(orch_env),
      FIELD(orch_env, name),
      FIELD(orch_env, value),
      STRUCT(orch_process),
      FIELD(orch_process, struct_size),
      FIELD(orch_process, argc),
      FIELD(orch_process, argv),
      FIELD(orch_process, cwd),
      FIELD(orch_process, env),
      FIELD(orch_process, env_count),
      FIELD(orch_process, stdin_bytes),
      FIELD(orch_process, timeout_ms),
      FIELD(orch_process, grace_ms),
      FIELD(orch_process, output_cap),
      FIELD(orch_process, soft_signal),
      FIELD(orch_process, mutating),
      FIELD(orch_process, detached),
      FIELD(orch_process, reserved),
      FIELD(orch_process, on_output),
      FIELD(orch_process, on_output_context),
      STRUCT(orch_process_result),
      FIELD(orch_process_result, struct_size),
      FIELD(orch_process_result, ended),
      FIELD(orch_process_result, code),
      FIELD(orch_process_result, truncated),
      FIELD(orch_process_result, out),
      FIELD(orch_process_result, err),
      FIELD(orch_process_result, duration_ms),
      STRUCT(orch_artifact),
      FIELD(orch_artifact, struct_size),
      FIELD(orch_artifact, required),
      FIELD(orch_artifact, file),
      STRUCT(orch_request),
      FIELD(orch_request, struct_size),
      FIELD(orch_request, attempt),
      FIELD(orch_request, job),
      FIELD(orch_request, run_id),
      FIELD(orch_request, work_item),
      FIELD(orch_request, title),
      FIELD(orch_request, request),
      FIELD(orch_request, feedback),
      FIELD(orch_request, stage),
      FIELD(orch_request, role),
      FIELD(orch_request, model),
      FIELD(orch_request, effort),
      FIELD(orch_request, repo),
      FIELD(orch_request, branch),
      FIELD(orch_request, base_branch),
      FIELD(orch_request, commit),
      FIELD(orch_request, base_commit),
      FIELD(orch_request, content_id),
      FIELD(orch_request, worktree),
      FIELD(orch_request, verification),
      FIELD(orch_request, artifact_dir),
      FIELD(orch_request, scratch),
      FIELD(orch_request, prompt_file),
      FIELD(orch_request, contract),
      FIELD(orch_request, resume_token),
      FIELD(orch_request, verdict_key),
      FIELD(orch_request, tokens),
      FIELD(orch_request, token_count),
      FIELD(orch_request, artifacts),
      FIELD(orch_request, artifact_count),
      FIELD(orch_request, artifact_stride),
      FIELD(orch_request, approved_by),
      STRUCT(orch_host),
      FIELD(orch_host, struct_size),
      FIELD(orch_host, abi_minor),
      FIELD(orch_host, context),
      FIELD(orch_host, log),
      FIELD(orch_host, cancelled),
      FIELD(orch_host, now_ms),
      FIELD(orch_host, remaining_ms),
      FIELD(orch_host, run_process),
      FIELD(orch_host, submit),
      FIELD(orch_host, get_extension),
      STRUCT(orch_ext_statedir),
      FIELD(orch_ext_statedir, struct_size),
      FIELD(orch_ext_statedir, path),
      STRUCT(orch_ext_artifact_aux),
      FIELD(orch_ext_artifact_aux, struct_size),
      FIELD(orch_ext_artifact_aux, write),
      STRUCT(orch_ext_progress),
      FIELD(orch_ext_progress, struct_size),
      FIELD(orch_ext_progress, report),
      STRUCT(orch_agent_run),
      FIELD(orch_agent_run, struct_size),
      FIELD(orch_agent_run, complete),
      FIELD(orch_agent_run, program),
      FIELD(orch_agent_run, program_version),
      FIELD(orch_agent_run, model),
      FIELD(orch_agent_run, effort),
      FIELD(orch_agent_run, result),
      FIELD(orch_agent_run, input_tokens),
      FIELD(orch_agent_run, output_tokens),
      FIELD(orch_agent_run, cache_read_tokens),
      FIELD(orch_agent_run, cache_write_tokens),
      FIELD(orch_agent_run, turns),
      FIELD(orch_agent_run, cost_usd),
      FIELD(orch_agent_run, wall_ms),
      STRUCT(orch_ext_agent_run),
      FIELD(orch_ext_agent_run, struct_size),
      FIELD(orch_ext_agent_run, record),
      STRUCT(orch_ext_base_checkout),
      FIELD(orch_ext_base_checkout, struct_size),
      FIELD(orch_ext_base_checkout, path),
      STRUCT(orch_ext_preflight),
      FIELD(orch_ext_preflight, struct_size),
      FIELD(orch_ext_preflight, count),
      FIELD(orch_ext_preflight, repository),
      FIELD(orch_ext_preflight, found),
      STRUCT(orch_stage_claim),
      FIELD(orch_stage_claim, struct_size),
      FIELD(orch_stage_claim, reserved),
      FIELD(orch_stage_claim, stage),
      FIELD(orch_stage_claim, verdict_key),
      STRUCT(orch_descriptor),
      FIELD(orch_descriptor, struct_size),
      FIELD(orch_descriptor, capabilities),
      FIELD(orch_descriptor, id),
      FIELD(orch_descriptor, name),
      FIELD(orch_descriptor, version),
      FIELD(orch_descriptor, license),
      FIELD(orch_descriptor, description),
      FIELD(orch_descriptor, settings_schema),
      FIELD(orch_descriptor, stages),
      FIELD(orch_descriptor, stage_count),
      FIELD(orch_descriptor, stage_stride),
      FIELD(orch_descriptor, default_timeout_ms),
      FIELD(orch_descriptor, create),
      FIELD(orch_descriptor, configure),
      FIELD(orch_descriptor, accepts),
      FIELD(orch_descriptor, produce),
      FIELD(orch_descriptor, preflight),
      FIELD(orch_descriptor, cancel),
      FIELD(orch_descriptor, destroy),
  };
  return all;
}

std::map<std::string, std::pair<std::size_t, std::size_t>> released() {
  std::map<std::string, std::pair<std::size_t, std::size_t>> table;
  std::ifstream file(orc::test::source_dir() + "/tests/plugin-api/abi-1.0.txt");
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream columns(line);
    std::string name;
    std::size_t at = 0;
    std::size_t size = 0;
    if (line.empty() || line[0] == '#' || !(columns >> name >> at >> size)) continue;
    table[name] = {at, size};
  }
  return table;
}

TEST(Abi, KeepsEveryReleasedOffset) {
  const auto table = released();
  ASSERT_GT(table.size(), 100u);
  std::map<std::string, Row> now;
  for (const Row& row : rows()) now.emplace(row.name, row);
  for (const auto& [name, place] : table) {
    ASSERT_TRUE(now.contains(name)) << name << " is gone";
    const Row& row = now.at(name);
    if (row.size == 0) {
      EXPECT_GE(row.at, place.first) << name << " shrank";
    } else {
      EXPECT_EQ(row.at, place.first) << name << " moved";
      EXPECT_EQ(row.size, place.second) << name << " changed its size";
    }
  }
}

TEST(Abi, HasEveryFieldInItsTable) {
  const auto table = released();
  for (const Row& row : rows()) {
    EXPECT_TRUE(table.contains(row.name)) << row.name << " " << row.at << " " << row.size;
  }
}

TEST(Abi, NumbersKeepTheirMeaning) {
  EXPECT_EQ(ORCH_ABI_MAJOR, 1u);
  EXPECT_EQ(sizeof(orch_ident), static_cast<std::size_t>(ORCH_IDENT_SIZE));
  EXPECT_EQ(ORCH_OUTCOME_HOLD, 4);
  EXPECT_EQ(ORCH_WHY_DISABLED, 12);
  EXPECT_EQ(ORCH_WHY_IN_PROGRESS, 25);
  EXPECT_EQ(ORCH_WHY_UNKNOWN, 34);
  EXPECT_EQ(ORCH_RUN_CANCELLED, 5);
  EXPECT_EQ(ORCH_E_MEMORY, 6);
  EXPECT_EQ(ORCH_CAP_LLM, 16);
}

}  // namespace
