// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/decisions.h"

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/json_text.h"
#include "base/text.h"

namespace orc::store {

namespace {

using Json = nlohmann::json;

std::optional<ChainDecision> read_line(std::string_view line) {
  const Json row = Json::parse(line, nullptr, false);
  if (!row.is_array() || row.size() != 5 || !row[0].is_number_integer()) return std::nullopt;
  for (std::size_t i = 1; i < row.size(); ++i) {
    if (!row[i].is_string()) return std::nullopt;
  }
  const auto decision = parse_decision(row[2].get_ref<const std::string&>());
  if (!decision) return std::nullopt;
  return ChainDecision{row[0].get<int>(), row[1].get<std::string>(), *decision,
                       row[3].get<std::string>(), row[4].get<std::string>()};
}

}  // namespace

std::string decision_lines(const std::vector<ChainDecision>& decisions) {
  std::string lines;
  for (const ChainDecision& decision : decisions) {
    lines += '[';
    lines += std::to_string(decision.position);
    for (const std::string_view text :
         {std::string_view(decision.producer), to_string(decision.decision),
          std::string_view(decision.reason), std::string_view(decision.text)}) {
      lines += ',';
      append_json_string(lines, text);
    }
    lines += "]\n";
  }
  return lines;
}

Result<std::vector<DecisionRow>> read_decision_lines(JobId job, std::string_view lines) {
  std::map<std::pair<int, Decision>, ChainDecision> walk;
  for (const std::string_view line : split(lines, '\n')) {
    if (line.empty()) continue;
    std::optional<ChainDecision> decision = read_line(line);
    if (!decision) {
      return Error{ErrorKind::malformed, "jobs row " + std::to_string(job.value) +
                                             ", decisions: cannot be read: \"" +
                                             printable(std::string(line)) + "\""};
    }
    const std::pair key{decision->position, decision->decision};
    walk.insert_or_assign(key, *std::move(decision));
  }
  std::vector<DecisionRow> rows;
  for (auto& [key, decision] : walk) rows.push_back({.job = job, .decision = std::move(decision)});
  return rows;
}

}  // namespace orc::store
