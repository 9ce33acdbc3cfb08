// SPDX-License-Identifier: Apache-2.0
#include "http/sentence.h"

#include <array>
#include <cstdio>
#include <map>

#include "http/views/views.h"

namespace orc::http {

namespace {

constexpr std::int64_t k_day_ms = 86'400'000;

struct Part {
  std::string_view state;  // of views::state_word
  std::string_view one, many;
  bool always = false;
};
constexpr std::array k_parts{
    Part{"running", "running", "running", true},
    Part{"queued", "queued", "queued", true},
    Part{"waiting_human", "waits for you", "wait for you"},
    Part{"infra_hold", "held by its environment", "held by their environment"},
    Part{"held", "held", "held"},
};

// Of the runs that have told their cost; nothing where none has.
Result<std::string> spent_today(store::Reader& reader, const config::Config& config) {
  const WallTime now = wall_now();
  ORC_TRY(const auto rows, reader.llm_usage(WallTime{now.ms - now.ms % k_day_ms}));
  std::int64_t spent = 0;
  bool is_known = false;
  for (const store::UsageRow& row : rows) {
    spent += row.cost_micro_usd.sum;
    is_known = is_known || row.cost_micro_usd.told > 0;
  }
  const auto& limit = config.llm.day_budget.cost_micro_usd;
  if (!is_known && !limit) return std::string();
  return "$" + money(spent) + " today" + (limit ? " (of $" + money(*limit) + ")" : "");
}

}  // namespace

std::string money(std::int64_t micro_usd) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f", static_cast<double>(micro_usd) / 1e6);
  return text.data();
}

Result<std::string> sentence_of(store::Reader& reader, const engine::Snapshot& status) {
  ORC_TRY(const auto rows, reader.stage_counts());
  std::map<std::string_view, std::int64_t> counts;
  for (const store::StageCount& row : rows)
    counts[views::state_word(row.state, row.running, row.hold)] += row.count;
  std::string sentence;
  for (const Part& part : k_parts) {
    const std::int64_t count = counts[part.state];
    if (count == 0 && !part.always) continue;
    sentence += (sentence.empty() ? "" : " · ") + std::to_string(count) + " " +
                std::string(count == 1 ? part.one : part.many);
  }
  ORC_TRY(const std::string spent, spent_today(reader, status.generation->config));
  return spent.empty() ? sentence : sentence + " · " + spent;
}

}  // namespace orc::http
