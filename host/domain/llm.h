// SPDX-License-Identifier: Apache-2.0
// What LLM runs use, what they may use, and what they cost. Money is counted in millionths of a US
// dollar. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"
#include "domain/records.h"

namespace orc {

struct LlmAmount {
  std::int64_t runs = 0;
  std::int64_t tokens = 0;  // input, output, cache read and cache write together
  std::int64_t cost_micro_usd = 0;
  std::int64_t wall_ms = 0;
};

// Unset: no limit.
struct LlmLimits {
  std::optional<std::int64_t> runs;
  std::optional<std::int64_t> tokens;
  std::optional<std::int64_t> cost_micro_usd;
  std::optional<Millis> wall;

  bool any() const { return runs || tokens || cost_micro_usd || wall; }
};

// The first limit that `next` on top of `spent` would break, in words: "runs: 30 of 30 used";
// nothing: there is room.
std::optional<std::string> first_exceeded(const LlmLimits& limits, const LlmAmount& spent,
                                          const LlmAmount& next);

// Millionths of a dollar for a million tokens.
struct LlmPrice {
  std::optional<std::int64_t> input;
  std::optional<std::int64_t> output;
  std::optional<std::int64_t> cache_read;
  std::optional<std::int64_t> cache_write;
};

// What the run's tokens cost at that price, in dollars; nothing where input or output is unknown. A
// cache price that is not given is that of input.
std::optional<double> cost_at(const LlmPrice& price, const AgentRun& run);

// How an agent run can end; a plugin may name another word, which is "other" where only known ones
// may stand.
std::span<const std::string_view> llm_results();
std::string_view known_llm_result(std::string_view result);

// "12.50": exact, at most six places.
std::string usd_text(std::int64_t micro_usd);
std::optional<std::int64_t> parse_usd(std::string_view text);

}  // namespace orc
