// SPDX-License-Identifier: Apache-2.0
// The host's half of the producer chain: kill-switch, runtime kill and repository scope are applied
// here, so that no plugin can forget them. The worker asks the links that remain. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/generation.h"
#include "domain/outcome.h"
#include "jobs/job_folder.h"
#include "store/store.h"

namespace orc::engine {

struct ResolvedChain {
  std::vector<ChainDecision> skipped;    // links that are not asked, and why
  std::vector<jobs::RequestLink> links;  // to ask, in order
};

// `first_link` is the configured position to start at: links before it have faulted while they
// decided. `kills` are what an operator switched off at run time.
ResolvedChain resolve_chain(const config::Generation& generation, Stage stage,
                            const std::string& repo, bool self_hosting,
                            const std::vector<store::PluginKill>& kills, int first_link);

// The link of a shadow: the same switches, the same scope. Nothing: it does not run.
std::optional<jobs::RequestLink> resolve_shadow(const config::Generation& generation,
                                                const std::string& plugin, const std::string& repo,
                                                bool self_hosting,
                                                const std::vector<store::PluginKill>& kills);

// The job may go on with what an earlier attempt of its task began. A wait for a lease or a lock in
// between writes a reason of its own; the token stays.
bool goes_on(const Job& job);

// The complete record of one walk: what the host skipped, what the worker decided, and `not_asked`
// for every link behind the one that accepted. In chain order.
std::vector<ChainDecision> complete_decisions(std::vector<ChainDecision> skipped,
                                              const std::vector<jobs::RequestLink>& links,
                                              const std::vector<ChainDecision>& decided);

}  // namespace orc::engine
