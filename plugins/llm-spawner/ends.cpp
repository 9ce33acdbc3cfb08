// SPDX-License-Identifier: Apache-2.0
#include "ends.h"

#include <array>
#include <cstddef>

namespace llm_spawner {
namespace {

using orchestrator::plugin::Why;
using std::chrono::seconds;
using enum AgentEnd;
using enum Fate;

// In the order of the enumerators. A fault of the surroundings is deferred or held; nothing here
// can say anything about the code.
constexpr std::array k_rules{
    EndRule{ok, "ok", verdict, Why{}, seconds{0}, "finished"},
    EndRule{timeout, "timeout", defer, Why::timeout, seconds{0}, "ran out of time"},
    EndRule{cancelled, "cancelled", defer, Why::cancelled, seconds{0}, "was cancelled"},
    EndRule{tool_missing, "tool_missing", hold, Why::tool_missing, seconds{0},
            "could not be started"},
    EndRule{no_resources, "no_resources", defer, Why::resource, seconds{0},
            "could not be started for lack of resources"},
    EndRule{bad_command, "bad_command", hold, Why::config, seconds{0},
            "has a command line that the system refuses"},
    EndRule{auth, "auth", hold, Why::credentials, seconds{0},
            "was not let in by the provider"},
    EndRule{billing, "billing", hold, Why::credentials, seconds{0},
            "has no credit or quota with the provider"},
    EndRule{model_unavailable, "model_unavailable", hold, Why::config, seconds{0},
            "was told that the model does not exist"},
    EndRule{usage_error, "usage_error", hold, Why::config, seconds{0},
            "did not accept its command line"},
    EndRule{rate_limit, "rate_limit", defer, Why::busy, seconds{60},
            "was rate limited"},
    EndRule{overload, "overload", defer, Why::busy, seconds{30},
            "found the provider overloaded"},
    EndRule{server_error, "server_error", defer, Why::network, seconds{30},
            "met an error of the provider"},
    EndRule{network, "network", defer, Why::network, seconds{15}, "lost the network"},
    EndRule{protocol, "protocol", defer, Why::network, seconds{15},
            "got an answer that it could not read"},
    EndRule{no_result, "no_result", defer, Why::network, seconds{15},
            "ended without its closing event"},
    EndRule{context, "context", hold, Why::unknown, seconds{0},
            "outgrew the model's context window"},
    EndRule{refusal, "refusal", hold, Why::unknown, seconds{0},
            "was refused by the model"},
    EndRule{output_limit, "output_limit", hold, Why::unknown, seconds{0},
            "reached the limit of output tokens"},
    EndRule{turn_limit, "turn_limit", hold, Why::unknown, seconds{0},
            "reached its limit of turns"},
    EndRule{budget_limit, "budget_limit", hold, Why::unknown, seconds{0},
            "reached its budget"},
    EndRule{killed, "killed", defer, Why::resource, seconds{0},
            "was killed from outside"},
    EndRule{crashed, "crashed", hold, Why::unknown, seconds{0}, "crashed"},
    // The host's gate finds the file missing and runs the producer again within a budget of its
    // own.
    EndRule{bad_artifact, "bad_artifact", verdict, Why{}, seconds{0},
            "finished without a usable artifact"},
    EndRule{unknown, "unknown", hold, Why::unknown, seconds{0},
            "failed in a way no rule knows"},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < k_rules.size(); ++i) {
    if (static_cast<std::size_t>(k_rules[i].end) != i) return false;
  }
  return k_rules.size() == static_cast<std::size_t>(unknown) + 1;
}
static_assert(in_order());

constexpr std::array k_reportable{auth,         billing,    model_unavailable, rate_limit, overload,
                                  server_error, network,    protocol,          context,    refusal,
                                  output_limit, turn_limit, budget_limit,      unknown};

}  // namespace

const EndRule& rule_of(AgentEnd end) {
  return k_rules[static_cast<std::size_t>(end)];
}

std::optional<AgentEnd> parse_reported_end(std::string_view name) {
  for (const AgentEnd end : k_reportable) {
    if (rule_of(end).name == name) return end;
  }
  return std::nullopt;
}

}  // namespace llm_spawner
