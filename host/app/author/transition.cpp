// SPDX-License-Identifier: Apache-2.0
#include "app/author/transition.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/result.h"

namespace orc::app {

namespace {

// Where the task would go, or why it would stay.
struct Next {
  std::optional<Stage> to;
  std::string text;
};

Next after(const GateDecision& gate, const StageRule& rule) {
  const auto stays = [](std::string why) { return Next{std::nullopt, std::move(why)}; };
  return std::visit(
      overloaded{[&](const GatePassed&) {
                   if (rule.human == HumanGate::after_gate)
                     return Next{rule.on_pass, "once a human approves"};
                   if (rule.has_edge) return Next{rule.on_pass, "once the gates between pass"};
                   return Next{rule.on_pass, ""};
                 },
                 [&](const GateFailed&) {
                   return Next{rule.on_fail, ""};
                 },
                 [&](const GateWaits&) { return stays("it waits: a trial runs no CI"); },
                 [&](const GateHolds&) { return stays("it is held for a human"); },
                 [&](const ContractBroken&) {
                   return stays("the plugin runs again within a small budget, then it is held");
                 }},
      gate);
}

// For a job that came to no verdict.
std::string what_the_host_does(const JobOutcome& outcome) {
  return std::visit(
      overloaded{
          [](const Verdict&) { return std::string(); },
          [](const Deferred&) { return std::string("it is tried again later"); },
          [](const Held&) { return std::string("it is held for its environment"); },
          [](const NobodyAccepted&) {
            return std::string("the next producer of the chain is asked");
          },
          [](const FaultWhileDeciding&) {
            return std::string("counts as declined: the next producer is asked");
          },
          [](const FailedRun&) {
            return std::string("one more try in a fresh worker, then it is held");
          },
          [](const WorkerFault&) { return std::string("the worker's own fault: tried again"); },
          [](const CiResult&) { return std::string(); },
          [](const EdgeResult&) { return std::string(); },
          [](const Sampled&) { return std::string(); },
          [](const RolledBack&) { return std::string(); }},
      outcome);
}

Json in_words(const Next& next, const StageRule& rule) {
  return {{"from", to_string(rule.stage)},
          {"to", next.to ? Json(to_string(*next.to)) : Json(nullptr)},
          {"text", next.text}};
}

}  // namespace

Json transition_after(const GateDecision& gate, const StageRule& rule) {
  return in_words(after(gate, rule), rule);
}

Json transition_after(const JobOutcome& outcome, const StageRule& rule) {
  return in_words({std::nullopt, what_the_host_does(outcome)}, rule);
}

}  // namespace orc::app
