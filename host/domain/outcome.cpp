// SPDX-License-Identifier: Apache-2.0
#include "domain/outcome.h"

#include <array>
#include <cstdlib>

#include "base/enum_names.h"
#include "base/result.h"

namespace orc {

namespace {

constexpr EnumNames<ReasonCode, 15> k_reason_names{{
    {ReasonCode::none, "none"},
    {ReasonCode::out_of_scope, "out_of_scope"},
    {ReasonCode::no_contract, "no_contract"},
    {ReasonCode::disabled, "disabled"},
    {ReasonCode::timeout, "timeout"},
    {ReasonCode::network, "network"},
    {ReasonCode::resource, "resource"},
    {ReasonCode::busy, "busy"},
    {ReasonCode::cancelled, "cancelled"},
    {ReasonCode::in_progress, "in_progress"},
    {ReasonCode::tool_missing, "tool_missing"},
    {ReasonCode::credentials, "credentials"},
    {ReasonCode::config, "config"},
    {ReasonCode::contract_broken, "contract_broken"},
    {ReasonCode::unknown, "unknown"},
}};

struct HoldRow {
  HoldClass hold;
  std::string_view name;
  bool infrastructure;
  std::string_view released_by;
};

constexpr std::array k_holds{
    HoldRow{HoldClass::environment, "environment", true,
            "a passed preflight of its producer that had failed before, or an operator, once the "
            "environment is repaired: orchestrator task release"},
    HoldRow{HoldClass::infra_budget, "infra_budget", true,
            "an operator, once the service answers again: orchestrator task release"},
    HoldRow{HoldClass::unknown, "unknown", true, "an operator, after reading the job's log"},
    HoldRow{HoldClass::failed_run, "failed_run", true,
            "an operator, after the producer is repaired or switched off"},
    HoldRow{HoldClass::broken_artifact, "broken_artifact", false,
            "an operator, after reading the artifact"},
    HoldRow{HoldClass::no_producer, "no_producer", false,
            "a configuration that gives the stage a producer, then an operator"},
    HoldRow{HoldClass::retry_budget, "retry_budget", false, "an operator: orchestrator task retry"},
    HoldRow{HoldClass::repeats, "repeats", false,
            "an operator who read what fails again and again: orchestrator task release"},
    HoldRow{HoldClass::blocked, "blocked", false,
            "an operator who read the report and approves this content: orchestrator task release"},
    HoldRow{HoldClass::llm_budget, "llm_budget", false,
            "a larger budget, or the next day where it is a day's; then an operator"},
    HoldRow{HoldClass::operator_hold, "operator", false, "an operator: orchestrator task release"},
};

const HoldRow& row_of(HoldClass hold) {
  for (const HoldRow& row : k_holds) {
    if (row.hold == hold) return row;
  }
  std::abort();
}

constexpr EnumNames<Decision, 4> k_decision_names{{
    {Decision::accepted, "accepted"},
    {Decision::declined, "declined"},
    {Decision::skipped, "skipped"},
    {Decision::not_asked, "not_asked"},
}};

}  // namespace

std::string_view to_string(ReasonCode code) {
  return name_in(k_reason_names, code);
}
std::optional<ReasonCode> parse_reason_code(std::string_view text) {
  return value_in(k_reason_names, text);
}
std::optional<ReasonCode> reason_code_from_abi(std::int32_t number) {
  const auto code = static_cast<ReasonCode>(number);
  return to_string(code).empty() ? std::nullopt : std::optional(code);
}

std::string_view to_string(HoldClass hold) {
  return row_of(hold).name;
}
std::optional<HoldClass> parse_hold_class(std::string_view text) {
  for (const HoldRow& row : k_holds) {
    if (row.name == text) return row.hold;
  }
  return std::nullopt;
}
std::string_view released_by(HoldClass hold) {
  return row_of(hold).released_by;
}
bool is_infrastructure(HoldClass hold) {
  return row_of(hold).infrastructure;
}

std::string_view name_of(const JobOutcome& outcome) {
  return std::visit(
      overloaded{
          [](const Verdict&) { return std::string_view("verdict"); },
          [](const Deferred&) { return std::string_view("deferred"); },
          [](const Held&) { return std::string_view("held"); },
          [](const NobodyAccepted&) { return std::string_view("nobody_accepted"); },
          [](const FaultWhileDeciding&) { return std::string_view("fault_while_deciding"); },
          [](const FailedRun&) { return std::string_view("failed_run"); },
          [](const WorkerFault&) { return std::string_view("worker_fault"); },
          [](const CiResult&) { return std::string_view("ci_result"); },
          [](const EdgeResult&) { return std::string_view("edge_result"); },
          [](const Sampled&) { return std::string_view("sampled"); },
          [](const RolledBack&) { return std::string_view("rolled_back"); },
      },
      outcome);
}

ReasonCode reason_of(const JobOutcome& outcome) {
  if (const auto* deferred = std::get_if<Deferred>(&outcome)) return deferred->reason;
  if (const auto* held = std::get_if<Held>(&outcome)) return held->reason;
  return ReasonCode::none;
}

std::string text_of(const JobOutcome& outcome) {
  return std::visit(overloaded{
                        [](const Verdict& v) { return v.summary; },
                        [](const Deferred& d) { return d.text; },
                        [](const Held& h) { return h.text; },
                        [](const NobodyAccepted&) { return std::string("no producer accepted"); },
                        [](const FaultWhileDeciding& f) { return f.text; },
                        [](const FailedRun& f) { return f.text; },
                        [](const WorkerFault& f) { return f.text; },
                        [](const CiResult& c) { return c.summary; },
                        [](const EdgeResult& e) { return e.text; },
                        [](const Sampled& s) { return s.sample.text; },
                        [](const RolledBack& r) { return r.text; },
                    },
                    outcome);
}

std::span<const std::string_view> reasons_of(Decision decision) {
  using namespace std::string_view_literals;
  static constexpr std::array k_accepted{"in_scope"sv};
  static constexpr std::array k_declined{"out_of_scope"sv, "no_contract"sv,    "disabled"sv,
                                         "unnamed"sv,      "load_failed"sv,    "configure_failed"sv,
                                         "exception"sv,    "decide_timeout"sv, "crashed"sv};
  static constexpr std::array k_skipped{"kill-switch"sv, "killed"sv,         "scope"sv,
                                        "not_loaded"sv,  "selftest"sv,       "begun"sv,
                                        "llm_budget"sv,  "provider_paused"sv};
  static constexpr std::array k_not_asked{"earlier_producer_accepted"sv};
  switch (decision) {
    case Decision::accepted:
      return k_accepted;
    case Decision::declined:
      return k_declined;
    case Decision::skipped:
      return k_skipped;
    case Decision::not_asked:
      return k_not_asked;
  }
  return {};
}

std::string_view known_reason(Decision decision, std::string_view reason) {
  for (const std::string_view known : reasons_of(decision)) {
    if (known == reason) return known;
  }
  return "other";
}

std::string_view to_string(Decision decision) {
  return name_in(k_decision_names, decision);
}
std::optional<Decision> parse_decision(std::string_view text) {
  return value_in(k_decision_names, text);
}

}  // namespace orc
