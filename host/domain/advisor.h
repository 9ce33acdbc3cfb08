// SPDX-License-Identifier: Apache-2.0
// Which role could be determinized next, and on what evidence: pure arithmetic over what shadows
// and the producers that decided said about the same commits. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/stage.h"

namespace orc {

// ShadowCount::outcome of a run that can be compared.
inline constexpr const char* k_gave_verdict = "verdict";

// Alike comparisons, counted: one shadow's answer beside one that counted.
struct ShadowCount {
  Stage stage = Stage::analysis;
  std::string shadow;
  std::string decider;
  std::string decided;  // the token that counted
  std::string outcome;  // `verdict`, or why there is none
  std::string verdict;  // the shadow's token
  std::int64_t count = 0;
  std::int64_t shadow_ms = 0;
  std::int64_t decider_ms = 0;
  double cost_usd = 0;  // of the deciding agent runs whose cost is known
  std::int64_t costs_known = 0;
};

struct Interval {
  double low = 0;
  double high = 1;
};
// Wilson's score interval for `hits` of `n`, 95 %; 0…1 without any.
// E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
Interval wilson(std::int64_t hits, std::int64_t n);

enum class Advice : std::uint8_t {
  determinize,    // enough evidence, no unsafe disagreement, agreement high
  look_at_these,  // it would have let through what was rejected
  disagrees,      // too often the stricter one: it would send good work back
  more_evidence,  // not enough compared runs yet
};
std::string_view to_string(Advice advice);

struct Candidate {
  Stage stage = Stage::analysis;
  Role role = Role::analyst;
  std::string shadow;
  std::string decider;
  std::int64_t runs = 0;
  std::int64_t compared = 0;  // runs with a verdict; the rest gave none
  std::int64_t agreed = 0;
  std::int64_t unsafe = 0;                              // the shadow passes what was rejected
  std::int64_t stricter = 0;                            // the shadow rejects what passed
  std::map<std::string, std::int64_t> without_verdict;  // outcome → how often
  Interval agreement;
  double unsafe_at_most = 1;  // upper bound of the rate, 95 %
  std::int64_t shadow_ms_each = 0;
  std::int64_t decider_ms_each = 0;
  std::optional<double> cost_usd_each;  // of a decision by the decider; empty: never told
  Advice advice = Advice::more_evidence;
};

inline constexpr std::int64_t k_least_compared = 30;
inline constexpr double k_least_agreement = 0.85;  // the interval's lower end

// One for each stage, shadow and decider; the best one first: what could be done next, then by what
// it would save.
std::vector<Candidate> advise(const std::vector<ShadowCount>& counts);

}  // namespace orc
