// SPDX-License-Identifier: Apache-2.0
#include "domain/deployment.h"

#include "base/enum_names.h"
#include "base/result.h"

namespace orc {

namespace {

constexpr EnumNames<DeploymentState, 6> k_states{{{DeploymentState::intended, "intended"},
                                                  {DeploymentState::running, "running"},
                                                  {DeploymentState::succeeded, "succeeded"},
                                                  {DeploymentState::failed, "failed"},
                                                  {DeploymentState::unknown, "unknown"},
                                                  {DeploymentState::not_run, "not_run"}}};

}  // namespace

std::string_view to_string(DeploymentState state) {
  return name_in(k_states, state);
}
std::optional<DeploymentState> parse_deployment_state(std::string_view text) {
  return value_in(k_states, text);
}

std::optional<DeploymentState> deployment_after(DeploymentState before, const JobOutcome& outcome,
                                                bool may_have_acted,
                                                std::optional<DeploymentState> judged) {
  using State = std::optional<DeploymentState>;
  const bool touched = may_have_acted || before != DeploymentState::intended;
  const State stopped = touched ? DeploymentState::unknown : DeploymentState::not_run;
  const State lost = touched ? State(DeploymentState::unknown) : std::nullopt;
  return std::visit(
      overloaded{
          [&](const Verdict&) -> State { return judged.value_or(DeploymentState::unknown); },
          [&](const Deferred& d) -> State {
            if (!d.resume_token.empty()) return DeploymentState::running;
            return may_have_acted ? State(DeploymentState::unknown) : std::nullopt;
          },
          [&](const Held&) { return stopped; },
          [&](const NobodyAccepted&) { return stopped; },
          [&](const FaultWhileDeciding&) -> State { return std::nullopt; },
          // It was at work, and did not say how it stands.
          [&](const FailedRun&) -> State { return DeploymentState::unknown; },
          [&](const WorkerFault&) { return lost; },
          [&](const CiResult&) -> State { return std::nullopt; },
          [&](const EdgeResult&) -> State { return std::nullopt; },
          [&](const Sampled&) -> State { return std::nullopt; },
          [&](const RolledBack&) -> State { return std::nullopt; },
      },
      outcome);
}

}  // namespace orc
