// SPDX-License-Identifier: Apache-2.0
// What the end of a staging run means. Pure; any thread.
//
// SUCCESS and FAILED need positive evidence that the suite ran to its end: over ssh the marks of
// the far side, here an exit of its own. What the suite printed is never looked at. What ssh says
// comes from its own log, which nothing else can write, and is read only while the suite has not
// started. An ending that no row knows is `unknown`, never guessed into another class.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "orchestrator/plugin/sdk.hpp"
#include "remote.h"
#include "settings.h"

namespace staging_runner {

enum class Cause : std::uint8_t {
  // The suite ran to its end.
  suite_green,
  suite_red,
  // The channel, for now.
  unreachable,
  refused,
  closed_early,
  connection_failed,
  connection_dropped,
  far_side_killed,
  client_killed,
  out_of_resources,
  earlier_run_alive,
  timed_out,
  cancelled,
  // The channel or the target, until somebody mends it.
  host_unknown,
  host_key_unknown,
  host_key_changed,
  authentication_failed,
  key_unusable,
  no_common_algorithm,
  ssh_options_refused,
  client_missing,
  shell_missing,
  command_missing,
  folder_missing,
  lock_unusable,
  // The proof.
  revision_differs,
  revision_unreadable,
  unknown,
};

enum class Verdict : std::uint8_t { success, failed };

// What a cause is called in reports, and what the host is told.
struct CauseRow {
  Cause cause;
  std::string_view name;
  std::optional<Verdict> verdict;
  orchestrator::plugin::Why why;  // without a verdict: its range says defer or hold
};
const CauseRow& row_of(Cause cause);

struct Finding {
  Cause cause = Cause::unknown;
  std::string text;              // one line for people
  std::optional<int> exit_code;  // of the suite, if it ended
};
// For a cause without a verdict: the defer or the hold.
orchestrator::plugin::Outcome outcome_of(const Finding& finding);

// A run on this machine.
Finding classify_local(const Settings& settings, const orchestrator::plugin::ProcessEnd& end);
// A run over ssh: how ssh ended, its own log, and the marks of the far side. `commit` is the one
// that the suite claims to have run against.
Finding classify_remote(const Settings& settings, const orchestrator::plugin::ProcessEnd& end,
                        const Marks& marks, std::string_view ssh_log, std::string_view commit);
// A look at the far side, without a run: nothing if the suite could start there.
std::optional<Finding> classify_check(const Settings& settings,
                                      const orchestrator::plugin::ProcessEnd& end,
                                      const Marks& marks, std::string_view ssh_log);

// Why the place where the suite runs does not prove to have `commit`; nothing if it does. `when` is
// "before" or "after" the suite, or "now".
std::optional<Finding> doubt(const std::optional<Revision>& revision, std::string_view commit,
                             std::string_view when);

}  // namespace staging_runner
