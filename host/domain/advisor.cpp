// SPDX-License-Identifier: Apache-2.0
#include "domain/advisor.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

#include "base/enum_names.h"

namespace orc {

namespace {

constexpr double k_z = 1.959963984540054;  // of 95 %, both sides

constexpr EnumNames<Advice, 4> k_advices{{{Advice::determinize, "determinize"},
                                          {Advice::look_at_these, "look_at_these"},
                                          {Advice::disagrees, "disagrees"},
                                          {Advice::more_evidence, "more_evidence"}}};

std::optional<VerdictMeaning> meaning(Stage stage, const std::string& token) {
  const StageRule* rule = find_rule(stage);
  if (rule == nullptr) return std::nullopt;
  for (const VerdictToken& known : rule->tokens) {
    if (known.token == token) return known.meaning;
  }
  return std::nullopt;
}

struct Sums {
  std::int64_t shadow_ms = 0;
  std::int64_t decider_ms = 0;
  double cost_usd = 0;
  std::int64_t costs_known = 0;
};

void count_in(Candidate& candidate, Sums& sums, const ShadowCount& row) {
  candidate.runs += row.count;
  if (row.outcome != k_gave_verdict) {
    candidate.without_verdict[row.outcome] += row.count;
    return;
  }
  candidate.compared += row.count;
  sums.shadow_ms += row.shadow_ms;
  sums.decider_ms += row.decider_ms;
  sums.cost_usd += row.cost_usd;
  sums.costs_known += row.costs_known;
  const auto said = meaning(row.stage, row.verdict);
  if (said && said == meaning(row.stage, row.decided)) {
    candidate.agreed += row.count;
  } else if (said == VerdictMeaning::pass) {
    candidate.unsafe += row.count;
  } else {
    candidate.stricter += row.count;
  }
}

Advice advice_for(const Candidate& candidate) {
  // One is enough: what a shadow lets through wrongly is not made up by how often it is right.
  if (candidate.unsafe > 0) return Advice::look_at_these;
  if (candidate.compared < k_least_compared) return Advice::more_evidence;
  return candidate.agreement.low >= k_least_agreement ? Advice::determinize : Advice::disagrees;
}

void conclude(Candidate& candidate, const Sums& sums) {
  candidate.agreement = wilson(candidate.agreed, candidate.compared);
  candidate.unsafe_at_most = wilson(candidate.unsafe, candidate.compared).high;
  candidate.advice = advice_for(candidate);
  if (candidate.compared == 0) return;
  candidate.shadow_ms_each = sums.shadow_ms / candidate.compared;
  candidate.decider_ms_each = sums.decider_ms / candidate.compared;
  if (sums.costs_known > 0)
    candidate.cost_usd_each = sums.cost_usd / static_cast<double>(sums.costs_known);
}

}  // namespace

std::string_view to_string(Advice advice) {
  return name_in(k_advices, advice);
}

Interval wilson(std::int64_t hits, std::int64_t n) {
  if (n <= 0) return {};
  const double count = static_cast<double>(n);
  const double p = static_cast<double>(hits) / count;
  const double z2 = k_z * k_z;
  const double middle = p + z2 / (2 * count);
  const double half = k_z * std::sqrt(p * (1 - p) / count + z2 / (4 * count * count));
  const double scale = 1 + z2 / count;
  return {std::max(0.0, (middle - half) / scale), std::min(1.0, (middle + half) / scale)};
}

std::vector<Candidate> advise(const std::vector<ShadowCount>& counts) {
  using Key = std::tuple<Stage, std::string, std::string>;
  std::map<Key, std::pair<Candidate, Sums>> found;
  for (const ShadowCount& row : counts) {
    auto& [candidate, sums] = found[{row.stage, row.shadow, row.decider}];
    candidate.stage = row.stage;
    if (const StageRule* rule = find_rule(row.stage)) candidate.role = rule->role;
    candidate.shadow = row.shadow;
    candidate.decider = row.decider;
    count_in(candidate, sums, row);
  }
  std::vector<Candidate> all;
  for (auto& [key, entry] : found) {
    conclude(entry.first, entry.second);
    all.push_back(std::move(entry.first));
  }
  std::stable_sort(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) {
    const auto worth = [](const Candidate& c) {
      return std::tuple(c.advice != Advice::determinize, -c.cost_usd_each.value_or(0),
                        c.shadow_ms_each - c.decider_ms_each);
    };
    return worth(a) < worth(b);
  });
  return all;
}

}  // namespace orc
