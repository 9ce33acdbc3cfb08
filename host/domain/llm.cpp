// SPDX-License-Identifier: Apache-2.0
#include "domain/llm.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace orc {

namespace {

constexpr std::int64_t k_micro = 1'000'000;
constexpr std::int64_t k_most_dollars = 1'000'000'000;

std::string used_text(const std::string& what, const std::string& spent, const std::string& limit,
                      const std::string& next) {
  return what + ": " + spent + " of " + limit + " used or reserved, the next run reserves " + next;
}

}  // namespace

std::span<const std::string_view> llm_results() {
  static constexpr std::array<std::string_view, 25> k_results{
      "ok",           "timeout",  "cancelled",    "tool_missing",      "no_resources",
      "bad_command",  "auth",     "billing",      "model_unavailable", "usage_error",
      "rate_limit",   "overload", "server_error", "network",           "protocol",
      "no_result",    "context",  "refusal",      "output_limit",      "turn_limit",
      "budget_limit", "killed",   "crashed",      "bad_artifact",      "unknown"};
  return k_results;
}

std::string_view known_llm_result(std::string_view result) {
  for (const std::string_view known : llm_results()) {
    if (known == result) return known;
  }
  return "other";
}

std::optional<std::string> first_exceeded(const LlmLimits& limits, const LlmAmount& spent,
                                          const LlmAmount& next) {
  const auto number = [](std::int64_t value) { return std::to_string(value); };
  const auto time = [](std::int64_t ms) { return format_duration_ms(ms); };
  if (limits.runs && spent.runs + next.runs > *limits.runs) {
    return "runs: " + number(spent.runs) + " of " + number(*limits.runs) + " used";
  }
  if (limits.tokens && spent.tokens + next.tokens > *limits.tokens) {
    return used_text("tokens", number(spent.tokens), number(*limits.tokens), number(next.tokens));
  }
  if (limits.cost_micro_usd && spent.cost_micro_usd + next.cost_micro_usd > *limits.cost_micro_usd) {
    return used_text("cost_usd", usd_text(spent.cost_micro_usd), usd_text(*limits.cost_micro_usd),
                     usd_text(next.cost_micro_usd));
  }
  if (limits.wall && spent.wall_ms + next.wall_ms > limits.wall->count()) {
    return used_text("wall_time", time(spent.wall_ms), time(limits.wall->count()),
                     time(next.wall_ms));
  }
  return std::nullopt;
}

std::optional<double> cost_at(const LlmPrice& price, const AgentRun& run) {
  if (!price.input || !price.output || !run.input_tokens || !run.output_tokens) return std::nullopt;
  const auto part = [](std::int64_t tokens, std::int64_t micro_per_million) {
    return static_cast<double>(tokens) * static_cast<double>(micro_per_million) / 1e12;
  };
  return part(*run.input_tokens, *price.input) + part(*run.output_tokens, *price.output) +
         part(run.cache_read_tokens.value_or(0), price.cache_read.value_or(*price.input)) +
         part(run.cache_write_tokens.value_or(0), price.cache_write.value_or(*price.input));
}

std::string usd_text(std::int64_t micro_usd) {
  std::string places = std::to_string(micro_usd % k_micro + k_micro).substr(1);
  while (places.size() > 2 && places.back() == '0') places.pop_back();
  return std::to_string(micro_usd / k_micro) + "." + places;
}

std::optional<std::int64_t> parse_usd(std::string_view text) {
  const std::size_t dot = text.find('.');
  const std::string whole(text.substr(0, dot));
  std::string places(dot == std::string_view::npos ? "" : text.substr(dot + 1));
  const auto is_digits = [](const std::string& digits) {
    return !digits.empty() && digits.find_first_not_of("0123456789") == std::string::npos;
  };
  if (!is_digits(whole) || whole.size() > 10 || places.size() > 6) return std::nullopt;
  if (dot != std::string_view::npos && !is_digits(places)) return std::nullopt;
  places.resize(6, '0');
  const std::int64_t dollars = std::stoll(whole);
  if (dollars > k_most_dollars) return std::nullopt;
  return dollars * k_micro + std::stoll(places);
}

}  // namespace orc
