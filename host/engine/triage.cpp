// SPDX-License-Identifier: Apache-2.0
#include "engine/triage.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "domain/event_kinds.h"
#include "engine/chain.h"
#include "engine/llm_budget.h"
#include "engine/shadows.h"

namespace orc::engine {

namespace {

constexpr Millis k_day{86'400'000};
constexpr std::size_t k_most_text = 1024 * 1024;
constexpr std::size_t k_most_report = 64 * 1024;
constexpr const char* k_report = "13-test-report.md";
constexpr const char* k_triage = "13-test-triage.md";
constexpr const char* k_question =
    "Triage only. The tests of this commit were run and are red. That stands, and what you write "
    "as a verdict is not read. Say for each failing test why it fails and what would mend it, in "
    "words for the developer; change nothing. The report:\n\n";

bool is_self_hosting(const config::Config& config, const std::string& repo) {
  const auto found = config.repos.find(repo);
  return found != config.repos.end() && found->second.self_hosting;
}

}  // namespace

Result<std::optional<store::NewShadow>> triage_of(store::Store& store, const Decided& decided,
                                                  const config::Generation& generation,
                                                  const std::vector<store::PluginKill>& kills,
                                                  WallTime now) {
  using Nothing = std::optional<store::NewShadow>;
  const auto stage = generation.config.stages.find(decided.job.stage);
  if (stage == generation.config.stages.end() || stage->second.triage.empty()) return Nothing();
  const config::StageChain& chain = stage->second;
  const VerdictToken* token = find_token(*find_rule(decided.job.stage), decided.token);
  const auto decider = generation.plugins.find(decided.producer);
  const bool is_measured = decider != generation.plugins.end() && !decider->second.is_llm;
  if (token == nullptr || token->meaning != VerdictMeaning::fail || !is_measured) return Nothing();
  if (!resolve_shadow(generation, chain.triage, decided.task.repo,
                      is_self_hosting(generation.config, decided.task.repo), kills))
    return Nothing();
  ORC_TRY(const int today, store.count_triages(now + -k_day));
  if (today >= chain.triages_a_day) {
    log(LogLevel::info, "triage.not_today", "nobody is asked why it is red",
        {{"task", decided.task.work_item}, {"limit", std::to_string(chain.triages_a_day)}});
    return Nothing();
  }
  return Nothing(store::NewShadow{.job = decided.job.id,
                                  .task = decided.task.id,
                                  .stage = decided.job.stage,
                                  .producer = chain.triage,
                                  .decider = decided.producer,
                                  .decided = decided.token,
                                  .commit = decided.commit,
                                  .purpose = store::ShadowPurpose::triage});
}

Result<std::optional<std::string>> triage_over_budget(store::Store& store,
                                                      const config::Config& config, const Job& job,
                                                      const jobs::RequestLink& link, WallTime now) {
  if (!has_llm_budget(config, find_rule(job.stage)->role)) return std::optional<std::string>();
  return exhausted_budget(store, config, job, llm_reservation(config, {.links = {link}}), now);
}

std::string triage_question(const StateFolders& folders, const std::string& work_item,
                            const Job& decided) {
  const Result<std::string> report =
      read_beneath(folders.root / StateFolders::evidence(work_item, decided.id, decided.attempt),
                   k_report, k_most_report);
  return k_question + (report.ok() ? report.value() : decided.text);
}

Status attach_triage(store::Store& store, const StateFolders& folders,
                     const config::Config& config, const std::string& work_item,
                     const store::ShadowRun& run, const jobs::WorkerReport& report,
                     const std::filesystem::path& artifacts, WallTime now) {
  for (AgentRun agent : report.agent_runs) {
    agent.job = run.what.job;
    agent.task = run.what.task;
    agent.stage = run.what.stage;
    agent.role = find_rule(agent.stage)->role;
    estimate_cost(agent, config.llm);
    ORC_CHECK_OK(store.record_agent_run(agent));
  }
  if (report.artifacts.empty()) return Done{};
  ORC_TRY(const std::optional<Job> job, store.job(run.what.job));
  const Result<std::string> text = read_beneath(artifacts, report.artifacts.front(), k_most_text);
  if (!job || !text.ok()) {
    log(LogLevel::warning, "triage.not_attached",
        text.ok() ? "its job cannot be read" : text.error().message, {{"task", work_item}});
    return Done{};
  }
  const std::filesystem::path path =
      StateFolders::evidence(work_item, job->id, job->attempt) / k_triage;
  ORC_CHECK_OK(make_folder((folders.root / path).parent_path()));
  ORC_CHECK_OK(write_file_atomically(folders.root / path, text.value(), Durability::process));
  ORC_CHECK_OK(store.record_artifact({.job = job->id,
                                      .task = job->task,
                                      .stage = job->stage,
                                      .attempt = job->attempt,
                                      .name = k_triage,
                                      .sha256 = sha256_hex(text.value()),
                                      .size = static_cast<std::int64_t>(text.value().size()),
                                      .commit = run.what.commit,
                                      .content_id = report.made_on_content,
                                      .producer = run.what.producer,
                                      .path = path.string(),
                                      .at = now}));
  ORC_TRY(const EventId told,
          store.append_event({.task = job->task,
                              .kind = EventKind("triage.attached"),
                              .actor = "engine",
                              .text = run.what.producer + " says why; the verdict stays as it is",
                              .data = "{}",
                              .at = now}));
  (void)told;
  return Done{};
}

}  // namespace orc::engine
