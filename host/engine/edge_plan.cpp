// SPDX-License-Identifier: Apache-2.0
#include "engine/edge_plan.h"

#include "base/digest.h"
#include "engine/request.h"

namespace orc::engine {

namespace {

struct GateRow {
  EdgeGate gate;
  config::Switch config::Config::*guard;
  bool (*applies)(const config::Repo& repo);
};
constexpr std::array k_gates{
    GateRow{EdgeGate::merge, &config::Config::merge_gate,
            [](const config::Repo&) { return true; }},
    GateRow{EdgeGate::security, &config::Config::security_gate,
            [](const config::Repo& repo) { return !repo.gates.security.scanners.empty(); }},
    GateRow{EdgeGate::coverage, &config::Config::coverage_gate,
            [](const config::Repo& repo) { return !repo.gates.coverage.report.empty(); }},
    GateRow{EdgeGate::image, &config::Config::image_gate,
            [](const config::Repo& repo) { return !repo.gates.image.revision.empty(); }},
};

// A length before each part: no two lists of parts make one text.
void add_part(std::string& text, const std::string& part) {
  text += std::to_string(part.size()) + ":" + part + ",";
}

}  // namespace

EdgePlan edge_plan(const config::Config& config, const Task& task) {
  EdgePlan plan;
  const RepoOf repo(config, task);
  if (repo->clone.empty()) return plan;
  for (const GateRow& row : k_gates) {
    if ((config.*row.guard).covers(*repo) && row.applies(*repo)) plan.push_back(row.gate);
  }
  return plan;
}

const config::Switch& switch_of(const config::Config& config, EdgeGate gate) {
  for (const GateRow& row : k_gates) {
    if (row.gate == gate) return config.*row.guard;
  }
  std::abort();
}

std::string suite_of(const std::string& contract, const std::vector<jobs::RequestLink>& links) {
  std::string text;
  add_part(text, contract);
  for (const jobs::RequestLink& link : links) {
    add_part(text, link.plugin);
    add_part(text, link.library.string());
    add_part(text, link.settings);
    add_part(text, std::to_string(link.timeout.count()));
  }
  return sha256_hex(text);
}

}  // namespace orc::engine
