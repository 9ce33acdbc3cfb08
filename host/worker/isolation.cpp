// SPDX-License-Identifier: Apache-2.0
#include "worker/isolation.h"

#include <system_error>

#include "base/file.h"

namespace orc::worker {

namespace {

namespace fs = std::filesystem;

fs::path launcher() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path() / "orchestrator-sandbox";
}

process::ConfinementPlan plan_of(const Session& session, const Code& code,
                                 const jobs::RequestLink* link) {
  const jobs::JobRequest& request = session.request;
  process::ConfinementPlan plan{.level = link == nullptr ? request.isolation.level
                                                         : link->isolation,
                                .network = link == nullptr || link->network,
                                .read = request.isolation.read,
                                .write = request.isolation.write,
                                .hidden = request.isolation.hidden,
                                .limits = request.isolation.limits,
                                .launcher = launcher()};
  // A suite is the agent's code: it gets a checkout that nobody takes anything from.
  const bool works_in_clone = code.verification.empty() || (link != nullptr && link->runs_agent);
  plan.write.push_back(works_in_clone ? request.worktree : code.verification);
  if (!works_in_clone) plan.write.push_back(session.base_checkout());
  if (!works_in_clone && link != nullptr) plan.read.push_back(request.worktree);
  plan.write.push_back(session.scratch());
  return plan;
}

}  // namespace

Result<Surroundings> make_surroundings(const Session& session, const Code& code,
                                       const jobs::RequestLink* link) {
  const process::ConfinementPlan plan = plan_of(session, code, link);
  Surroundings surroundings;
  if (plan.level == IsolationLevel::off) return surroundings;
  for (const auto& [variable, name] : {std::pair("HOME", "home"), std::pair("TMPDIR", "tmp")}) {
    ORC_CHECK_OK(make_folder(session.scratch() / name));
    surroundings.environment.emplace_back(variable, session.scratch() / name);
  }
  ORC_TRY(surroundings.confinement, process::Confinement::make(plan));
  return surroundings;
}

JobOutcome not_isolated(const std::string& text) {
  return Held{ReasonCode::config, text};
}

}  // namespace orc::worker
