// SPDX-License-Identifier: Apache-2.0
#include "app/author/job.h"

#include <algorithm>

#include "app/trial/origin.h"
#include "base/file.h"
#include "base/text.h"
#include "config/shipped.h"

namespace orc::app {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t k_largest_library = std::size_t{256} << 20;
constexpr Millis k_own_steps{60'000};  // of the worker: cloning, taking in
constexpr Millis k_default_timeout{900'000};
constexpr unsigned k_mode = 0500;

}  // namespace

Result<Candidate> take_candidate(const fs::path& file, const fs::path& scratch) {
  Candidate candidate;
  candidate.type = file.stem().string();
  const Result<config::Library> trusted = config::take_private_copy(fs::absolute(file), scratch);
  if (trusted.ok()) {
    candidate.library = trusted.value();
    return candidate;
  }
  if (trusted.error().kind != ErrorKind::refused) return trusted.error();
  candidate.distrust = trusted.error().message;
  ORC_TRY(const std::string content, read_file(file, k_largest_library));
  const fs::path own = scratch / "candidate" / file.filename();
  ORC_CHECK_OK(make_folder(own.parent_path()));
  ORC_CHECK_OK(write_file_atomically(own, content, Durability::process, k_mode));
  ORC_TRY(candidate.library, config::take_private_copy(own, scratch));
  return candidate;
}

Result<Stage> stage_of(const Fixture& fixture, const std::vector<std::string>& claims) {
  const auto claimed = [&](std::string_view stage) {
    return std::find(claims.begin(), claims.end(), stage) != claims.end();
  };
  if (fixture.stage) {
    if (claimed("*") || claimed(to_string(*fixture.stage))) return *fixture.stage;
    return Error{ErrorKind::refused, "it does not claim the stage " +
                                         std::string(to_string(*fixture.stage)) + ", only " +
                                         join(claims, ", ")};
  }
  const auto only = claims.size() == 1 ? parse_stage(claims.front()) : std::nullopt;
  if (only) return *only;
  return Error{ErrorKind::refused,
               "it claims more than one stage; name one in the fixture, such as: stage: testing"};
}

Result<jobs::JobRequest> make_job(const Trials& trials, const Fixture& fixture,
                                  const config::LoadedPlugin& plugin, const TrialWish& wish) {
  const config::Config usual;
  const StageRule& rule = *find_rule(wish.stage);
  jobs::JobRequest request = trials.request(wish.id, wish.stage, fixture.work_item);
  ORC_TRY(
      const Origin origin,
      make_origin({.source = wish.worktree,
                   .files = fixture.files,
                   .base_branch = fixture.base_branch,
                   .branch = fixture.branch.empty() ? "task/" + fixture.work_item : fixture.branch},
                  trials.folders().root / ("origin-" + std::to_string(wish.id.value) + ".git")));
  request.title = fixture.title;
  request.request = fixture.request;
  request.feedback = fixture.feedback;
  request.model = fixture.model;
  request.effort = fixture.effort;
  request.prompt_file = config::shipped_prompts() / (std::string(to_string(rule.role)) + ".md");
  request.repo = fixture.repo;
  request.clone_url = origin.repository.string();
  request.default_branch = origin.base_branch;
  request.branch = origin.branch;
  request.contract = fixture.contract;
  request.resume_token = fixture.resume_token;
  request.approved_by = fixture.approved_by;
  request.decide_timeout = usual.decide_timeout;
  request.kill_grace = wish.kill_grace.value_or(usual.kill_grace);
  Millis timeout = wish.timeout.value_or(plugin.default_timeout);
  if (timeout <= Millis{0}) timeout = k_default_timeout;
  request.limit = timeout + request.kill_grace + k_own_steps;
  request.chain = {{.position = 0,
                    .plugin = plugin.name,
                    .library = plugin.library,
                    .settings = wish.settings,
                    .timeout = timeout,
                    .runs_agent = plugin.is_llm}};
  return request;
}

}  // namespace orc::app
