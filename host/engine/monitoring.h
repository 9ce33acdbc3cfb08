// SPDX-License-Identifier: Apache-2.0
// What follows from a sample of a deployed service and from a rollback, as data; every rule about
// the post-deploy monitor stands here and in domain/monitor.h. The task itself is never changed:
// `done` stays done. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "domain/monitor.h"
#include "domain/outcome.h"
#include "domain/records.h"
#include "engine/followup.h"

namespace orc::engine {

struct MonitorStep {
  Monitor next;
  std::vector<EventDraft> events;
  std::optional<AlertDraft> alert;
  bool ends_earlier_incidents = false;  // of the same repository
};

// What the end of a look says about the service.
Sample sample_of(const JobOutcome& outcome, const Monitor& monitor, WallTime now);

int baseline_taken(const std::vector<Sample>& samples);

// The deploy has ended: the window opens, or there is nothing to watch. `is_on`: the monitor acts
// for this repository.
MonitorStep after_deploy(const Monitor& monitor, const std::string& commit, bool deployed,
                         const gates::MonitorSettings& settings, bool is_on, WallTime now);
// The window as seen by `now`, with all samples of the monitor. The same monitor: nothing has
// changed.
MonitorStep judge_window(const Monitor& monitor, const std::vector<Sample>& samples,
                         const gates::MonitorSettings& settings, bool is_on, WallTime now);
// Another deploy of the repository begins: nobody could say whose fault a bad sample is.
MonitorStep superseded_by(const Monitor& monitor, const std::string& work_item, WallTime now);
// `outcome`: the report of its worker, if there is one. `may_have_begun`: nobody can rule out that
// the command ran.
MonitorStep after_rollback(const Monitor& monitor, const std::optional<JobOutcome>& outcome,
                           bool may_have_begun);

}  // namespace orc::engine
