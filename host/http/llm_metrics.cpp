// SPDX-License-Identifier: Apache-2.0
#include "http/llm_metrics.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "domain/llm.h"
#include "http/known_series.h"

namespace orc::http {

namespace {

constexpr double k_micro = 1e6;
constexpr std::size_t k_longest_name = 80;

struct TokenType {
  const char* word;
  std::int64_t store::LlmTotal::*sum;
};
constexpr std::array k_token_types{
    TokenType{"input", &store::LlmTotal::input_tokens},
    TokenType{"output", &store::LlmTotal::output_tokens},
    TokenType{"cache_read", &store::LlmTotal::cache_read_tokens},
    TokenType{"cache_write", &store::LlmTotal::cache_write_tokens}};

// A plugin has told these names: what is no name is none of a label's values.
std::string name_or_other(const std::string& text) {
  const bool is_name = text.size() <= k_longest_name &&
                       std::none_of(text.begin(), text.end(), [](unsigned char c) {
                         return c <= ' ' || c >= 0x7f || c == '"' || c == '\\';
                       });
  return is_name ? text : "other";
}

using RoleAndModel = std::pair<std::string, std::string>;

}  // namespace

void put_llm(MetricPage& page, const config::Generation& generation,
             const std::vector<store::LlmTotal>& totals) {
  std::map<LlmLabels, std::int64_t> runs = known_llm_runs(generation);
  std::map<RoleAndModel, store::LlmTotal> sums;
  for (const auto& [labels, none] : runs) sums[{std::get<0>(labels), std::get<1>(labels)}];
  for (const store::LlmTotal& total : totals) {
    const std::string model = name_or_other(total.model);
    runs[{total.role, model, name_or_other(total.effort),
          std::string(known_llm_result(total.result))}] += total.runs;
    store::LlmTotal& sum = sums[{total.role, model}];
    for (const TokenType& type : k_token_types) sum.*type.sum += total.*type.sum;
    sum.cost_micro_usd += total.cost_micro_usd;
  }
  for (const auto& [labels, count] : runs) {
    const auto& [role, model, effort, result] = labels;
    page.put("orchestrator_llm_runs_total",
             {{"role", role}, {"model", model}, {"effort", effort}, {"result", result}},
             static_cast<double>(count));
  }
  for (const auto& [key, sum] : sums) {
    const auto& [role, model] = key;
    for (const TokenType& type : k_token_types) {
      page.put("orchestrator_llm_tokens_total",
               {{"role", role}, {"model", model}, {"type", type.word}},
               static_cast<double>(sum.*type.sum));
    }
    page.put("orchestrator_llm_cost_usd_total", {{"role", role}, {"model", model}},
             static_cast<double>(sum.cost_micro_usd) / k_micro);
  }
}

}  // namespace orc::http
