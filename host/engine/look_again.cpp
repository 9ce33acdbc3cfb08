// SPDX-License-Identifier: Apache-2.0
// What a forge's webhook comes to. Nothing that it says is believed: jobs that poll something
// outside are due now, and the claim takes them through ownership like any other; the reconciler
// looks for what fits no task any more.
#include "base/text.h"
#include "engine/engine.h"

namespace orc::engine {

namespace {

// "ssh://git@git.example.lan/team/shop.git" and "git@git.example.lan:team/shop" are team/shop.
bool is_clone_of(std::string_view url, std::string_view repository) {
  if (url.ends_with(".git")) url.remove_suffix(4);
  if (!url.ends_with(repository) || url.size() == repository.size()) return false;
  const char before = url[url.size() - repository.size() - 1];
  return before == '/' || before == ':';
}

bool is_named(const config::Repo& repo, const LookAgain& hint) {
  const gates::ForgeSettings& forge = repo.gates.forge;
  if (!forge.repository.empty()) {
    return forge.kind == hint.forge && forge.repository == hint.repository;
  }
  return is_clone_of(repo.clone, hint.repository);
}

// It only looks whether something outside is finished: looking sooner costs nothing. What waits
// after a fault does not: hints in a row would use up its attempts.
bool polls(const Job& job, WallTime now) {
  return job.state == JobState::queued && job.run_after > now &&
         job.reason == to_string(ReasonCode::in_progress);
}

}  // namespace

Result<Answer> Engine::carry_out(const LookAgain& request, const Actor&) {
  int known = 0;
  int sooner = 0;
  for (const auto& [name, repo] : generation_->config.repos) {
    if (!is_named(repo, request)) continue;
    ++known;
    const bool any = request.branch.empty() || request.branch == repo.default_branch;
    store::TaskFilter filter{.state = TaskState::active, .repo = name, .limit = 1000};
    ORC_TRY(const std::vector<Task> tasks, store_->tasks(filter));
    for (const Task& task : tasks) {
      if (!any && task.branch != request.branch) continue;
      ORC_TRY(const std::optional<Job> job, store_->live_job(task.id));
      if (!job || !polls(*job, batch_.now)) continue;
      // Its reason stays: whoever has begun goes on with it.
      ORC_TRY(const store::Write told,
              store_->postpone_job(job->id, batch_.now, job->reason, job->text));
      if (told == store::Write::written) ++sooner;
    }
  }
  if (known == 0) {
    return Answer{.code = "ignored",
                  .text = "no configured repository is " + printable(request.repository)};
  }
  if (sooner > 0) batch_.looks_for_due = true;
  batch_.effects.emplace_back([this] {
    if (reconciler_) reconciler_->look_soon();
  });
  return Answer{.code = "done", .text = std::to_string(sooner) + " jobs look again now"};
}

}  // namespace orc::engine
