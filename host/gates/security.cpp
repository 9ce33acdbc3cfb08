// SPDX-License-Identifier: Apache-2.0
#include "gates/security.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>

#include "base/enum_names.h"
#include "base/text.h"

namespace orc::gates {

using nlohmann::json;

namespace {

constexpr std::size_t k_named_findings = 10;

// SARIF 2.1.0, 3.27.10: level. "none" and "note" are the lowest.
constexpr EnumNames<Severity, 4> k_levels{{{Severity::high, "error"},
                                           {Severity::medium, "warning"},
                                           {Severity::low, "note"},
                                           {Severity::low, "none"}}};

// CVSS v3.1, section 5: the qualitative scale; scanners give it as "security-severity".
Severity from_score(double score) {
  if (score >= 9.0) return Severity::critical;
  if (score >= 7.0) return Severity::high;
  return score >= 4.0 ? Severity::medium : Severity::low;
}

std::optional<double> score_of(const json& object) {
  const json properties = object.value("properties", json::object());
  const auto found = properties.find("security-severity");
  if (found == properties.end()) return std::nullopt;
  if (found->is_number()) return found->get<double>();
  const std::string text = found->is_string() ? found->get<std::string>() : "";
  double score = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), score);
  if (parsed.ec != std::errc{}) return std::nullopt;
  return score;
}

std::map<std::string, json> rules_of(const json& run) {
  std::map<std::string, json> rules;
  const json driver = run.at("tool").at("driver");
  for (const json& rule : driver.value("rules", json::array())) rules[rule.at("id")] = rule;
  return rules;
}

Severity severity_of(const json& result, const json& rule) {
  if (const auto score = score_of(result)) return from_score(*score);
  if (const auto score = score_of(rule)) return from_score(*score);
  const std::string by_rule =
      rule.value("defaultConfiguration", json::object()).value("level", "warning");
  // An unknown word is no reason to look away.
  return value_in(k_levels, result.value("level", by_rule)).value_or(Severity::high);
}

// 3.27.9: kinds other than these say that nothing is wrong; 3.27.24: `absent` is of an older scan.
bool counts(const json& result) {
  constexpr std::array<std::string_view, 3> k_kinds{"fail", "open", "review"};
  const std::string kind = result.value("kind", "fail");
  return std::find(k_kinds.begin(), k_kinds.end(), kind) != k_kinds.end() &&
         result.value("baselineState", "") != "absent";
}

SecurityFinding finding_of(const json& result, const std::map<std::string, json>& rules) {
  SecurityFinding finding;
  finding.rule =
      result.value("ruleId", result.value("rule", json::object()).value("id", "(no rule)"));
  const auto rule = rules.find(finding.rule);
  finding.severity = severity_of(result, rule == rules.end() ? json::object() : rule->second);
  finding.message = result.value("message", json::object()).value("text", "");
  const json locations = result.value("locations", json::array());
  if (locations.empty()) return finding;
  const json place = locations.front().value("physicalLocation", json::object());
  finding.path = place.value("artifactLocation", json::object()).value("uri", "");
  finding.line = place.value("region", json::object()).value("startLine", 0);
  return finding;
}

std::string shown(const SecurityFinding& finding) {
  std::string text = std::string(to_string(finding.severity)) + " " + finding.rule;
  if (!finding.path.empty()) text += " " + finding.path;
  if (finding.line > 0) text += ":" + std::to_string(finding.line);
  return printable(to_utf8(text));
}

Judgement not_run(const Scanner& scanner, const std::string& text, ReasonCode why) {
  return {GateResult::not_run, scanner.name + ": " + text, why};
}

bool is_one_of(const std::vector<int>& codes, int code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

// What is to be said of a finding; nothing: it may stay.
std::optional<std::string> objection(const SecurityFinding& finding, const ScanInput& input) {
  if (finding.severity < input.threshold) return std::nullopt;
  std::string expired;
  for (const Exception& allowed : input.allowed) {
    const bool fits = allowed.rule == finding.rule &&
                      (allowed.path.empty() || allowed.path == finding.path);
    if (!fits) continue;
    if (std::string_view(allowed.until) >= input.today) return std::nullopt;
    expired = " (its exception expired on " + allowed.until + ")";
  }
  return shown(finding) + expired;
}

Judgement judge_findings(const ScanInput& input, const std::vector<SecurityFinding>& findings) {
  std::vector<std::string> objections;
  for (const SecurityFinding& finding : findings) {
    if (auto text = objection(finding, input)) objections.push_back(std::move(*text));
  }
  const std::string& name = input.scanner.name;
  if (objections.empty()) {
    return {GateResult::passed, name + ": " + std::to_string(findings.size()) +
                                    " findings, none of severity " +
                                    std::string(to_string(input.threshold)) +
                                    " or above without an exception"};
  }
  const std::size_t count = objections.size();
  if (count > k_named_findings) objections.resize(k_named_findings);
  return {GateResult::failed, name + ": " + std::to_string(count) + " findings: " +
                                  join(objections, "; ") +
                                  (count > k_named_findings ? "; …" : "")};
}

}  // namespace

Result<std::vector<SecurityFinding>> read_sarif(std::string_view report) {
  try {
    const json log = json::parse(report);
    std::vector<SecurityFinding> findings;
    if (log.at("runs").empty()) return Error{ErrorKind::malformed, "the log holds no run"};
    for (const json& run : log.at("runs")) {
      for (const json& invocation : run.value("invocations", json::array())) {
        // 3.20.14
        if (!invocation.value("executionSuccessful", true))
          return Error{ErrorKind::malformed, "the tool says that it did not run to its end"};
      }
      const auto rules = rules_of(run);
      // 3.14.23: absent or null says that the tool looked for nothing.
      if (!run.contains("results") || run.at("results").is_null())
        return Error{ErrorKind::malformed, "a run has no results"};
      for (const json& result : run.at("results")) {
        if (counts(result)) findings.push_back(finding_of(result, rules));
      }
    }
    return findings;
  } catch (const std::exception& e) {
    return Error{ErrorKind::malformed, e.what()};
  }
}

Judgement judge_scan(const ScanInput& input) {
  const Scanner& scanner = input.scanner;
  const bool clean = is_one_of(scanner.clean, input.exit_code);
  const bool found = is_one_of(scanner.findings, input.exit_code);
  const std::string code = "exit code " + std::to_string(input.exit_code);
  const std::string said = input.last_lines.empty() ? "" : ": " + std::string(input.last_lines);
  if (!clean && !found) return not_run(scanner, code + said, ReasonCode::resource);
  if (scanner.sarif.empty()) {
    return {clean ? GateResult::passed : GateResult::failed, scanner.name + ": " + code + said};
  }
  if (!input.sarif) return not_run(scanner, scanner.sarif + ": missing", ReasonCode::resource);
  const Result<std::vector<SecurityFinding>> findings = read_sarif(*input.sarif);
  if (!findings.ok()) {
    return not_run(scanner, scanner.sarif + ": " + findings.error().message, ReasonCode::resource);
  }
  if (!clean && findings.value().empty()) {
    return not_run(scanner, code + " says findings, but " + scanner.sarif + " names none",
                   ReasonCode::resource);
  }
  return judge_findings(input, findings.value());
}

}  // namespace orc::gates
