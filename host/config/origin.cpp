// SPDX-License-Identifier: Apache-2.0
#include "config/origin.h"

#include <algorithm>

#include "base/text.h"

namespace orc::config {

int Findings::add_source(SourceKind kind, std::string name) {
  sources_.emplace_back(kind, std::move(name));
  return static_cast<int>(sources_.size()) - 1;
}

void Findings::error(Origin origin, std::string_view key, std::string problem, std::string fix) {
  add(Finding::Severity::error, origin, key, std::move(problem), std::move(fix));
}

void Findings::warning(Origin origin, std::string_view key, std::string problem, std::string fix) {
  add(Finding::Severity::warning, origin, key, std::move(problem), std::move(fix));
}

void Findings::add(Finding::Severity severity, Origin origin, std::string_view key,
                   std::string problem, std::string fix) {
  found_.emplace_back(origin, Finding{.severity = severity,
                                      .where = where(origin),
                                      .key = std::string(key),
                                      .problem = std::move(problem),
                                      .fix = std::move(fix)});
}

bool Findings::has_errors() const {
  return std::any_of(found_.begin(), found_.end(), [](const auto& found) {
    return found.second.severity == Finding::Severity::error;
  });
}

std::string Findings::where(Origin origin) const {
  if (origin.source < 0) return "default";
  const auto& [kind, name] = sources_.at(static_cast<std::size_t>(origin.source));
  if (kind != SourceKind::file || origin.line == 0) return name;
  return name + ":" + std::to_string(origin.line) + ":" + std::to_string(origin.column);
}

std::string Findings::shown_source(Origin origin) const {
  if (origin.source < 0) return "default";
  const auto& [kind, name] = sources_.at(static_cast<std::size_t>(origin.source));
  if (kind == SourceKind::environment) return "env " + name;
  if (kind == SourceKind::command_line || origin.line == 0) return name;
  return name + ":" + std::to_string(origin.line);
}

std::vector<Finding> Findings::sorted() const {
  auto ordered = found_;
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Finding> findings;
  findings.reserve(ordered.size());
  for (auto& [origin, finding] : ordered) findings.push_back(std::move(finding));
  return findings;
}

std::string to_text(const Finding& finding) {
  std::string text = finding.where + ": ";
  if (!finding.key.empty()) text += finding.key + ": ";
  if (finding.severity == Finding::Severity::warning) text += "warning: ";
  text += finding.problem;
  if (!finding.fix.empty()) text += "\n  " + finding.fix;
  return printable(text);
}

}  // namespace orc::config
