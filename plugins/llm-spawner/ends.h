// SPDX-License-Identifier: Apache-2.0
// How an agent run can end, and what the host is told about it: one table. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <orchestrator/plugin/sdk.hpp>
#include <string_view>

namespace llm_spawner {

enum class AgentEnd : std::uint8_t {
  ok,
  timeout,
  cancelled,
  tool_missing,  // the program is not there or not executable
  no_resources,  // the machine could not start it
  bad_command,   // the system refused the command line itself
  auth,
  billing,
  model_unavailable,
  usage_error,  // the program did not understand its arguments
  rate_limit,
  overload,
  server_error,
  network,
  protocol,
  no_result,  // a clean exit without the program's own last event
  context,    // the prompt or the session grew beyond the model's window
  refusal,
  output_limit,
  turn_limit,
  budget_limit,
  killed,        // SIGKILL or SIGTERM that the host did not send
  crashed,       // any other signal
  bad_artifact,  // a clean end without the file that the stage owes, or with one no gate can read
  unknown,
};

// What becomes of the job.
enum class Fate : std::uint8_t { verdict, defer, hold };

struct EndRule {
  AgentEnd end;
  // Of the agent-run record, and how a custom agent reports it: {"error":{"kind":NAME}}. The host
  // keeps what a provider cannot do for anybody apart by this name.
  std::string_view name;
  Fate fate;
  orchestrator::plugin::Why why;                   // for defer and hold
  orchestrator::plugin::Milliseconds retry_after;  // for defer; 0: the host's own backoff
  std::string_view text;
};

const EndRule& rule_of(AgentEnd end);
// By name; only the ends that a program can report about itself.
std::optional<AgentEnd> parse_reported_end(std::string_view name);

}  // namespace llm_spawner
