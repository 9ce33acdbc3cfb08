// SPDX-License-Identifier: Apache-2.0
#include "engine/request.h"

namespace orc::engine {

RepoOf::RepoOf(const config::Config& config, const Task& task) {
  const auto found = config.repos.find(task.repo);
  if (found != config.repos.end()) {
    listed_ = &found->second;
    return;
  }
  config::Repo& repo = unlisted_.emplace();
  repo.name = task.repo;
  repo.clone = task.repo_url;
  repo.ci.required = true;
  repo.contract = "{}";
}

bool covers(const config::Switch& mechanism, const config::Config& config,
            const std::string& repo) {
  const auto known = config.repos.find(repo);
  const bool self_hosting = known != config.repos.end() && known->second.self_hosting;
  return mechanism.enabled && mechanism.repos.covers(repo, self_hosting);
}

jobs::JobRequest build_request(const Task& task, const Job& job,
                               const config::Generation& generation,
                               const std::vector<jobs::RequestLink>& links,
                               const StateFolders& folders, const std::string& run_id) {
  const config::Config& config = generation.config;
  const RepoOf repo(config, task);
  const StageRule& rule = *find_rule(job.stage);
  const auto role = config.roles.find(rule.role);
  jobs::JobRequest request;
  request.job = job.id;
  request.attempt = job.attempt;
  request.kind = job.kind;
  request.run_id = run_id;
  request.generation = generation.number;
  request.work_item = task.work_item;
  request.title = task.title;
  request.request = task.request;
  request.feedback = task.feedback;
  request.stage = job.stage;
  if (role != config.roles.end()) {
    request.model = role->second.model;
    request.effort = role->second.effort;
    request.prompt_file = role->second.prompt;
  }
  request.repo = repo->name;
  request.clone_url = repo->clone;
  request.default_branch = repo->default_branch;
  request.branch = task.branch;
  request.head_commit = task.head_commit;
  request.contract = repo->contract;
  request.bare_repository = folders.bare(repo->name);
  request.worktree = folders.worktree(task.work_item);
  request.verification = folders.verification(job.id, job.attempt);
  request.plugin_state = folders.plugin_state(task.work_item);
  request.chain = links;
  request.isolation = {.level = config.isolation.level,
                       .read = config.isolation.read,
                       .write = config.isolation.write,
                       .hidden = generation.hidden,
                       .limits = config.isolation.limits};
  request.resume_token = job.resume_token;
  request.decide_timeout = config.decide_timeout;
  request.kill_grace = config.kill_grace;
  request.limit = config.max_running;
  return request;
}

}  // namespace orc::engine
