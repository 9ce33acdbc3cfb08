// SPDX-License-Identifier: Apache-2.0
// What is asked of the store about runs of models, and what it answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/ids.h"
#include "base/time.h"
#include "domain/llm.h"
#include "domain/records.h"

namespace orc::store {

// Whose LLM runs are added up: of one task, or of a span of time, there also of one role alone.
struct LlmScope {
  std::optional<TaskId> task;
  std::optional<Role> role;
  WallTime from;
  WallTime to;
};

struct RunFilter {
  std::optional<TaskId> task;
  std::optional<JobId> job;
  std::int64_t before = 0;  // numbers below this one; 0: from the newest
  int limit = 100;
};
struct RunRow {
  std::int64_t number = 0;
  AgentRun run;
  std::string work_item;
};

// What the runs of one role, stage, model and effort used. A sum holds what was told; `told` says of how many runs.
struct UsageSum {
  std::int64_t sum = 0;
  std::int64_t told = 0;
};
struct UsageRow {
  Role role = Role::analyst;
  Stage stage = Stage::analysis;
  std::string model;
  std::string effort;
  std::int64_t runs = 0;
  std::int64_t ok = 0;  // ended with the result ok
  UsageSum input_tokens, output_tokens, cache_read_tokens, cache_write_tokens;
  UsageSum cost_micro_usd;
  std::int64_t cost_estimated = 0;  // runs whose cost is from the price table
  std::int64_t wall_ms = 0;
};

// What the runs of one role, model and effort with the same result used over the life of the database; what a run
// did not tell counts as nothing.
struct LlmTotal {
  std::string role, model, effort, result;
  std::int64_t runs = 0;
  std::int64_t input_tokens = 0, output_tokens = 0, cache_read_tokens = 0, cache_write_tokens = 0;
  std::int64_t cost_micro_usd = 0;
};

// How a stage's verdicts came about: jobs that ended in one, with a model and without.
struct VerdictCount {
  Stage stage = Stage::analysis;
  std::int64_t by_model = 0;
  std::int64_t without_model = 0;
  std::int64_t without_model_ms = 0;  // how long these jobs ran
};

}  // namespace orc::store
