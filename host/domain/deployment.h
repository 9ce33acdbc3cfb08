// SPDX-License-Identifier: Apache-2.0
// The record of a deployment: written before its effect, completed after it. Pure; any thread.
//
//   intended ──▶ running ──▶ succeeded | failed
//      │            └──────▶ unknown ──▶ (what a later attempt finds out)
//      └──▶ not_run: it is certain that nothing was touched
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/time.h"
#include "domain/outcome.h"

namespace orc {

enum class DeploymentState : std::uint8_t {
  intended,   // a worker may act from here on
  running,    // its producer said that it has begun
  succeeded,  // the producer proved that it runs
  failed,
  unknown,  // somebody has to look what runs
  not_run,
};
inline constexpr std::array k_deployment_states{
    DeploymentState::intended, DeploymentState::running, DeploymentState::succeeded,
    DeploymentState::failed,   DeploymentState::unknown, DeploymentState::not_run};
std::string_view to_string(DeploymentState state);
std::optional<DeploymentState> parse_deployment_state(std::string_view text);

struct Deployment {
  std::int64_t id = 0;
  TaskId task;
  JobId job;  // the attempt that began it
  std::string repo;
  std::string commit;  // empty until a worker has looked, where the task began at this stage
  std::string confirmed_by;  // empty: nobody had to
  std::string producer;      // empty until it has said anything
  DeploymentState state = DeploymentState::intended;
  std::string text;
  WallTime begun_at;
  WallTime updated_at;
};

// What the end of an attempt says about the deployment that stood at `before`; nothing if it says
// nothing new. `may_have_acted`: the worker noted a side effect, or let an agent run. `judged`: what
// the gate made of a verdict; nothing where it could not be read.
std::optional<DeploymentState> deployment_after(DeploymentState before, const JobOutcome& outcome,
                                                bool may_have_acted,
                                                std::optional<DeploymentState> judged);

}  // namespace orc
