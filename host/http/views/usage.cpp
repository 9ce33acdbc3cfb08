// SPDX-License-Identifier: Apache-2.0
// LLM runs, what they used, and which verdicts needed none.
#include "http/views/usage.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace orc::http::views {

namespace {

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

double usd(std::int64_t micro) {
  return static_cast<double>(micro) / 1e6;
}

double seconds(std::int64_t ms) {
  return static_cast<double>(ms) / 1000.0;
}

// A sum that no run has told anything of is unknown.
Json sum_of(const store::UsageSum& sum) {
  return sum.told == 0 ? Json(nullptr) : Json(sum.sum);
}

void add(store::UsageSum& sum, const store::UsageSum& more) {
  sum.sum += more.sum;
  sum.told += more.told;
}

void add(store::UsageRow& sum, const store::UsageRow& more) {
  sum.runs += more.runs;
  sum.ok += more.ok;
  add(sum.input_tokens, more.input_tokens);
  add(sum.output_tokens, more.output_tokens);
  add(sum.cache_read_tokens, more.cache_read_tokens);
  add(sum.cache_write_tokens, more.cache_write_tokens);
  add(sum.cost_micro_usd, more.cost_micro_usd);
  sum.cost_estimated += more.cost_estimated;
  sum.wall_ms += more.wall_ms;
}

Json usage_row(const store::UsageRow& row) {
  return {{"runs", row.runs},
          {"ok", row.ok},
          {"input_tokens", sum_of(row.input_tokens)},
          {"output_tokens", sum_of(row.output_tokens)},
          {"cache_read_tokens", sum_of(row.cache_read_tokens)},
          {"cache_write_tokens", sum_of(row.cache_write_tokens)},
          {"cost_usd", row.cost_micro_usd.told == 0 ? Json(nullptr) : Json(usd(row.cost_micro_usd.sum))},
          {"cost_known_of_runs", row.cost_micro_usd.told},
          {"cost_estimated_of_runs", row.cost_estimated},
          {"duration_seconds", seconds(row.wall_ms)}};
}

struct Dimension {
  std::string_view name;
  std::string (*value)(const store::UsageRow& row);
};
constexpr std::array<Dimension, 4> k_dimensions{{
    {"role", [](const store::UsageRow& row) { return std::string(to_string(row.role)); }},
    {"stage", [](const store::UsageRow& row) { return std::string(to_string(row.stage)); }},
    {"model", [](const store::UsageRow& row) { return row.model; }},
    {"effort", [](const store::UsageRow& row) { return row.effort; }},
}};

Json grouped(const std::vector<store::UsageRow>& rows, const std::vector<std::string>& by) {
  std::map<std::vector<std::string>, store::UsageRow> groups;
  for (const store::UsageRow& row : rows) {
    std::vector<std::string> key;
    for (const std::string& name : by) {
      for (const Dimension& dimension : k_dimensions) {
        if (dimension.name == name) key.push_back(dimension.value(row));
      }
    }
    add(groups[key], row);
  }
  Json all = Json::array();
  for (const auto& [key, sum] : groups) {
    Json row = Json::object();
    for (std::size_t i = 0; i < by.size(); ++i) row[by[i]] = key[i];
    row.update(usage_row(sum));
    all.push_back(std::move(row));
  }
  return all;
}

// What the stage's verdicts without a model would have cost with one: the mean of the runs that did
// decide there. Without such runs it is unknown, and stays so.
Json saved_at(const store::VerdictCount& count, const std::vector<store::UsageRow>& rows) {
  store::UsageRow sum;
  for (const store::UsageRow& row : rows) {
    if (row.stage == count.stage) add(sum, row);
  }
  Json cost = nullptr;
  Json time = nullptr;
  if (sum.cost_micro_usd.told > 0) {
    cost = usd(sum.cost_micro_usd.sum) / static_cast<double>(sum.cost_micro_usd.told) *
           static_cast<double>(count.without_model);
  }
  if (sum.runs > 0) {
    time = seconds(sum.wall_ms) / static_cast<double>(sum.runs) *
               static_cast<double>(count.without_model) -
           seconds(count.without_model_ms);
  }
  return {{"cost_usd", std::move(cost)}, {"seconds", std::move(time)}};
}

Json share(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? Json(nullptr) : Json(static_cast<double>(part) / static_cast<double>(whole));
}

Json verdicts(const std::vector<store::VerdictCount>& counts, const std::vector<store::UsageRow>& rows) {
  std::int64_t total = 0;
  std::int64_t without = 0;
  double cost = 0;
  bool knows_cost = false;
  Json stages = Json::array();
  for (const store::VerdictCount& count : counts) {
    const StageRule* rule = find_rule(count.stage);
    if (rule == nullptr || rule->verdict_key.empty()) continue;
    const std::int64_t all = count.by_model + count.without_model;
    total += all;
    without += count.without_model;
    Json saved = saved_at(count, rows);
    if (saved["cost_usd"].is_number()) {
      knows_cost = true;
      cost += saved["cost_usd"].get<double>();
    }
    stages.push_back({{"stage", to_string(count.stage)},
                      {"verdicts", all},
                      {"without_model", count.without_model},
                      {"share", share(count.without_model, all)},
                      {"saved", std::move(saved)}});
  }
  return {{"total", total},
          {"without_model", without},
          {"share", share(without, total)},
          {"saved_cost_usd", knows_cost ? Json(cost) : Json(nullptr)},
          {"stages", std::move(stages)}};
}

Json limits_of(const LlmLimits& limits, const LlmAmount& spent) {
  return {{"runs", {{"limit", or_null(limits.runs)}, {"used", spent.runs}}},
          {"tokens", {{"limit", or_null(limits.tokens)}, {"used", spent.tokens}}},
          {"cost_usd",
           {{"limit", limits.cost_micro_usd ? Json(usd(*limits.cost_micro_usd)) : Json(nullptr)},
            {"used", usd(spent.cost_micro_usd)}}},
          {"wall_seconds",
           {{"limit", limits.wall ? Json(seconds(limits.wall->count())) : Json(nullptr)},
            {"used", seconds(spent.wall_ms)}}}};
}

Json run_row(const store::RunRow& row) {
  const AgentRun& run = row.run;
  return {{"number", row.number},
          {"run", run.job.value},
          {"task", row.work_item},
          {"stage", to_string(run.stage)},
          {"role", to_string(run.role)},
          {"program", run.program},
          {"program_version", run.program_version},
          {"model", run.model},
          {"effort", run.effort},
          {"result", run.result},
          {"complete", run.complete},
          {"input_tokens", or_null(run.input_tokens)},
          {"output_tokens", or_null(run.output_tokens)},
          {"cache_read_tokens", or_null(run.cache_read_tokens)},
          {"cache_write_tokens", or_null(run.cache_write_tokens)},
          {"cost_usd", or_null(run.cost_usd)},
          {"cost_estimated", run.cost_estimated},
          {"turns", or_null(run.turns)},
          {"duration_seconds", seconds(run.wall_ms)},
          {"started_at", to_iso8601(run.started_at)}};
}

Json rows_of(const std::vector<store::RunRow>& runs) {
  Json rows = Json::array();
  for (const store::RunRow& run : runs) rows.push_back(run_row(run));
  return rows;
}

}  // namespace

bool is_usage_dimension(std::string_view name) {
  return std::any_of(k_dimensions.begin(), k_dimensions.end(),
                     [&](const Dimension& dimension) { return dimension.name == name; });
}

Json run_list(const std::vector<store::RunRow>& runs, bool has_more) {
  return {{"schema", "orchestrator.runs/1"},
          {"runs", rows_of(runs)},
          {"before", has_more ? Json(runs.back().number) : Json(nullptr)}};
}

Json run_detail(const Job& job, const std::string& work_item,
                const std::vector<store::RunRow>& runs) {
  return {{"schema", "orchestrator.run/1"},
          {"run", job.id.value},
          {"task", work_item},
          {"stage", to_string(job.stage)},
          {"attempt", job.attempt},
          {"state", to_string(job.state)},
          {"producer", job.producer},
          {"outcome", job.outcome},
          {"reason", job.reason},
          {"text", job.text},
          {"started_at", job.started_at ? Json(to_iso8601(*job.started_at)) : Json(nullptr)},
          {"finished_at", job.finished_at ? Json(to_iso8601(*job.finished_at)) : Json(nullptr)},
          {"agent_runs", rows_of(runs)}};
}

Json usage(const Usage& usage) {
  Json budgets = Json::array();
  for (const BudgetUse& use : usage.budgets) {
    Json row{{"budget", use.name}};
    row.update(limits_of(use.limits, use.spent));
    budgets.push_back(std::move(row));
  }
  store::UsageRow total;
  for (const store::UsageRow& row : usage.rows) add(total, row);
  return {{"schema", "orchestrator.usage/1"},
          {"since", to_iso8601(usage.since)},
          {"by", usage.by},
          {"rows", grouped(usage.rows, usage.by)},
          {"total", usage_row(total)},
          {"verdicts", verdicts(usage.verdicts, usage.rows)},
          {"budgets_today", std::move(budgets)}};
}

}  // namespace orc::http::views
