// SPDX-License-Identifier: Apache-2.0
#include "http/llm_metrics.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "domain/llm.h"

namespace orc::http {

namespace {

constexpr double k_micro = 1e6;
constexpr std::size_t k_longest_name = 80;

struct TokenType {
  const char* word;
  std::int64_t store::LlmTotal::*sum;
};
constexpr std::array k_token_types{TokenType{"input", &store::LlmTotal::input_tokens},
                                   TokenType{"output", &store::LlmTotal::output_tokens},
                                   TokenType{"cache_read", &store::LlmTotal::cache_read_tokens},
                                   TokenType{"cache_write", &store::LlmTotal::cache_write_tokens}};

// A plugin has told these names: what is no name is none of a label's values.
std::string name_or_other(const std::string& text) {
  const bool is_name =
      text.size() <= k_longest_name && std::none_of(text.begin(), text.end(), [](unsigned char c) {
        return c <= ' ' || c >= 0x7f || c == '"' || c == '\\';
      });
  return is_name ? text : "other";
}

struct Use {
  std::string role, model, effort;
  auto operator<=>(const Use&) const = default;
};
using Runs = std::map<std::pair<Use, std::string_view>, std::int64_t>;  // by use and result
using RoleAndModel = std::pair<std::string, std::string>;

// Every result of every use, so that increase() sees the first: of those that were seen, and of the
// roles' models that nobody has used yet. An agent that is not told its effort was not run with it.
Runs known_runs(const config::Generation& generation, const std::set<Use>& seen) {
  std::set<Use> known = seen;
  for (const auto& [role, settings] : generation.config.roles) {
    const std::string name(to_string(role));
    const bool is_seen = std::any_of(seen.begin(), seen.end(), [&](const Use& use) {
      return use.role == name && use.model == settings.model;
    });
    if (!is_seen) known.insert({name, settings.model, settings.effort});
  }
  Runs runs;
  for (const Use& use : known) {
    for (const std::string_view result : llm_results()) runs[{use, result}];
  }
  return runs;
}

}  // namespace

void put_llm(MetricPage& page, const config::Generation& generation,
             const std::vector<store::LlmTotal>& totals) {
  const auto use_of = [](const store::LlmTotal& total) {
    return Use{total.role, name_or_other(total.model), name_or_other(total.effort)};
  };
  std::set<Use> seen;
  for (const store::LlmTotal& total : totals) seen.insert(use_of(total));
  Runs runs = known_runs(generation, seen);
  std::map<RoleAndModel, store::LlmTotal> sums;
  for (const auto& [key, none] : runs) sums[{key.first.role, key.first.model}];
  for (const store::LlmTotal& total : totals) {
    const Use use = use_of(total);
    runs[{use, known_llm_result(total.result)}] += total.runs;
    store::LlmTotal& sum = sums[{use.role, use.model}];
    for (const TokenType& type : k_token_types) sum.*type.sum += total.*type.sum;
    sum.cost_micro_usd += total.cost_micro_usd;
  }
  for (const auto& [key, count] : runs) {
    const auto& [use, result] = key;
    page.put("orchestrator_llm_runs_total",
             {{"role", use.role},
              {"model", use.model},
              {"effort", use.effort},
              {"result", std::string(result)}},
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
