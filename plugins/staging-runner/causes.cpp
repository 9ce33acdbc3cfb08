// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "classify.h"

namespace staging_runner {

namespace {

using namespace orchestrator::plugin;

constexpr auto k_green = staging_runner::Verdict::success;
constexpr auto k_red = staging_runner::Verdict::failed;

constexpr std::array k_causes{
    CauseRow{Cause::suite_green, "suite green", k_green, Why{}},
    CauseRow{Cause::suite_red, "suite red", k_red, Why{}},
    CauseRow{Cause::unreachable, "unreachable", {}, Why::network},
    CauseRow{Cause::refused, "connection refused", {}, Why::network},
    CauseRow{Cause::closed_early, "connection closed before the login", {}, Why::network},
    CauseRow{Cause::connection_failed, "connection failed", {}, Why::network},
    CauseRow{Cause::connection_dropped, "connection dropped", {}, Why::network},
    CauseRow{Cause::far_side_killed, "killed on the far side", {}, Why::resource},
    CauseRow{Cause::client_killed, "killed here", {}, Why::resource},
    CauseRow{Cause::out_of_resources, "out of resources here", {}, Why::resource},
    CauseRow{Cause::earlier_run_alive, "an earlier run still lives", {}, Why::busy},
    CauseRow{Cause::timed_out, "time-out", {}, Why::timeout},
    CauseRow{Cause::cancelled, "cancelled", {}, Why::cancelled},
    CauseRow{Cause::host_unknown, "host name unknown", {}, Why::config},
    CauseRow{Cause::host_key_unknown, "host key unknown", {}, Why::credentials},
    CauseRow{Cause::host_key_changed, "host key changed", {}, Why::credentials},
    CauseRow{Cause::authentication_failed, "authentication failed", {}, Why::credentials},
    CauseRow{Cause::key_unusable, "private key unusable", {}, Why::credentials},
    CauseRow{Cause::no_common_algorithm, "no common algorithm", {}, Why::config},
    CauseRow{Cause::ssh_options_refused, "ssh refused its options", {}, Why::config},
    CauseRow{Cause::client_missing, "program missing here", {}, Why::tool_missing},
    CauseRow{Cause::shell_missing, "no shell on the target", {}, Why::tool_missing},
    CauseRow{Cause::command_missing, "command missing", {}, Why::tool_missing},
    CauseRow{Cause::folder_missing, "folder missing", {}, Why::config},
    CauseRow{Cause::lock_unusable, "lock unusable", {}, Why::config},
    CauseRow{Cause::revision_differs, "another revision", {}, Why::busy},
    CauseRow{Cause::revision_unreadable, "revision unreadable", {}, Why::config},
    CauseRow{Cause::unknown, "unknown ending", {}, Why::unknown},
};

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < k_causes.size(); ++i) {
    if (static_cast<std::size_t>(k_causes[i].cause) != i) return false;
  }
  return k_causes.size() == static_cast<std::size_t>(Cause::unknown) + 1;
}
static_assert(is_in_order());

}  // namespace

const CauseRow& row_of(Cause cause) {
  return k_causes[static_cast<std::size_t>(cause)];
}

Outcome outcome_of(const Finding& finding) {
  const CauseRow& row = row_of(finding.cause);
  const std::string text = std::string(row.name) + ": " + finding.text;
  if (static_cast<int>(row.why) < ORCH_WHY_TOOL_MISSING)
    return Defer{row.why, text, Milliseconds{0}, {}};
  return Hold{row.why, text};
}

}  // namespace staging_runner
