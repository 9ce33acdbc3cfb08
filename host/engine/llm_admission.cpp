// SPDX-License-Identifier: Apache-2.0
// Between the queue and the model: which jobs may ask it now, and what their ends say about it.
#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "engine/answers.h"
#include "engine/engine.h"
#include "engine/llm_budget.h"

namespace orc::engine {

namespace {

constexpr std::string_view k_over_budget = "llm_budget";
constexpr Millis k_look_again{3'600'000};

bool is_llm(const config::Generation& generation, const std::string& plugin) {
  const auto found = generation.plugins.find(plugin);
  return found != generation.plugins.end() && found->second.is_llm;
}

std::string model_of(const config::Config& config, Stage stage) {
  const auto role = config.roles.find(find_rule(stage)->role);
  return role == config.roles.end() ? std::string() : role->second.model;
}

// Takes links out of the chain and notes why they are not asked.
template <typename Why>
void leave_out(ResolvedChain& chain, std::string_view reason, Why&& why) {
  std::erase_if(chain.links, [&](const jobs::RequestLink& link) {
    const std::optional<std::string> text = why(link);
    if (text) {
      chain.skipped.push_back(
          {link.position, link.plugin, Decision::skipped, std::string(reason), *text});
    }
    return text.has_value();
  });
}

const ChainDecision* left_out(const std::vector<ChainDecision>& skipped, std::string_view reason) {
  const auto found = std::find_if(skipped.begin(), skipped.end(),
                                  [&](const ChainDecision& d) { return d.reason == reason; });
  return found == skipped.end() ? nullptr : &*found;
}

// The plugin that accepted, if it is one that starts a model.
std::string llm_producer(const config::Generation& generation, const jobs::WorkerReport& report) {
  for (const ChainDecision& decision : report.decisions) {
    if (decision.decision == Decision::accepted && is_llm(generation, decision.producer))
      return decision.producer;
  }
  return is_llm(generation, report.producer) ? report.producer : std::string();
}

}  // namespace

// What keeps a due job from being started; links that may not be asked are left out of its chain.
Result<Engine::ModelAdmission> Engine::admit_to_model(const Job& job, const Task& task,
                                                      ResolvedChain& chain) {
  ModelAdmission admission;
  const auto asks_model = [&](const jobs::RequestLink& link) {
    return is_llm(*generation_, link.plugin);
  };
  const auto none_asks = [&] {
    return std::none_of(chain.links.begin(), chain.links.end(), asks_model);
  };
  if (none_asks()) return admission;
  pass_provider_gate(job, task, chain, admission);
  const config::Config& config = generation_->config;
  if (none_asks() || !has_llm_budget(config, find_rule(job.stage)->role)) return admission;

  const LlmAmount reserved = llm_reservation(config, chain);
  ORC_TRY(const std::optional<std::string> exhausted,
          exhausted_budget(*store_, config, job, reserved, batch_.now));
  if (!exhausted) {
    admission.reserved = reserved;
    return admission;
  }
  leave_out(chain, k_over_budget, [&](const jobs::RequestLink& link) {
    return asks_model(link) ? exhausted : std::nullopt;
  });
  if (chain.links.empty()) admission.over_budget = exhausted;
  return admission;
}

void Engine::pass_provider_gate(const Job& job, const Task& task, ResolvedChain& chain,
                                ModelAdmission& admission) {
  const std::string model = model_of(generation_->config, job.stage);
  const auto is_alive = [this](TaskId id) {
    return batch_.trials.contains(id) ||
           std::any_of(workers_.begin(), workers_.end(),
                       [id](const auto& entry) { return entry.second.task.id == id; });
  };
  std::optional<ProviderGate::Admission> waits;
  leave_out(chain, k_provider_paused,
            [&](const jobs::RequestLink& link) -> std::optional<std::string> {
              if (!is_llm(*generation_, link.plugin)) return std::nullopt;
              auto answer = provider_gate_.ask(link.plugin, model, task.id, batch_.now, is_alive);
              if (answer.kind == ProviderGate::Admission::Kind::trial) batch_.trials.insert(task.id);
              if (answer.kind != ProviderGate::Admission::Kind::wait) return std::nullopt;
              if (!waits) waits = answer;
              return answer.text;
            });
  if (!waits || !chain.links.empty()) return;
  admission.kept_back = KeptBack{.reason = std::string(k_provider_paused),
                                 .text = waits->text,
                                 .until = waits->until.value_or(batch_.now + k_look_again),
                                 .first_link = job.first_link};
}

// A queued job that may not start: it waits longer, or its task is held.
Status Engine::turn_away(const store::LiveJob& due, const ModelAdmission& admission) {
  ++batch_.turned_away;
  if (admission.kept_back) {
    const KeptBack& kept = *admission.kept_back;
    ORC_TRY(const store::Write postponed,
            store_->postpone_job(due.job.id, kept.until, kept.reason, kept.text));
    (void)postponed;
    return Done{};
  }
  const std::string text = admission.over_budget.value_or("");
  ORC_TRY(const store::Write withdrawn,
          store_->withdraw_job(due.job.id, {.stage = due.job.stage,
                                            .outcome = "held",
                                            .reason = std::string(k_over_budget),
                                            .text = text,
                                            .producer = "",
                                            .resume_token = "",
                                            .at = batch_.now}));
  if (withdrawn == store::Write::lost) return Done{};
  ORC_TRY(const store::Write held,
          write(due.task, put_on_hold(due.task, HoldClass::llm_budget, text), "engine"));
  (void)held;
  return Done{};
}

// Whatever became of the job: money was spent.
Status Engine::record_agent_runs(const Worker& worker, const jobs::WorkerReport& report) {
  std::vector<AgentRun> runs = report.agent_runs;
  // It was started and nobody is left to tell: all that is known is that there was a run.
  if (runs.empty() && report.side_effects > 0 && !llm_producer(*worker.generation, report).empty()) {
    AgentRun lost;
    lost.model = model_of(worker.generation->config, worker.job.stage);
    lost.wall_ms = report.duration.count();
    lost.result = "lost";
    lost.started_at = WallTime{batch_.now.ms - report.duration.count()};
    runs.push_back(std::move(lost));
  }
  for (AgentRun& run : runs) {
    run.job = worker.job.id;
    run.task = worker.task.id;
    run.stage = worker.job.stage;
    run.role = find_rule(worker.job.stage)->role;
    estimate_cost(run, worker.generation->config.llm);
    ORC_CHECK_OK(store_->record_agent_run(run));
  }
  return Done{};
}

// What follows where the model, not the task, is the reason; nothing: the usual rules.
Result<std::optional<Followup>> Engine::settle_with_provider(const Worker& worker,
                                                             const jobs::WorkerReport& report) {
  using Nothing = std::optional<Followup>;
  if (std::holds_alternative<NobodyAccepted>(report.outcome)) return want_of_a_model(worker);
  const auto* deferred = std::get_if<Deferred>(&report.outcome);
  const auto* held = std::get_if<Held>(&report.outcome);
  ProviderRun run{.plugin = llm_producer(*worker.generation, report),
                  .model = model_of(worker.generation->config, worker.job.stage),
                  .job = worker.job.id,
                  .task = worker.task.id,
                  .result = report.agent_runs.empty() ? "" : report.agent_runs.back().result,
                  .text = text_of(report.outcome)};
  if (deferred != nullptr) run.retry_after = deferred->retry_after;
  const ProviderGate::Change change = provider_gate_.note(run, batch_.now);
  ORC_CHECK_OK(carry_out(change));
  if (!change.keep_until || (deferred == nullptr && held == nullptr)) return Nothing();
  return Nothing(after_keeping_back(worker.task, worker.job,
                                    {.reason = std::string(k_provider_paused),
                                     .text = run.text,
                                     .until = *change.keep_until,
                                     .first_link = worker.job.first_link}));
}

// Everybody else declined, and the model could not be asked.
Result<std::optional<Followup>> Engine::want_of_a_model(const Worker& worker) {
  using Nothing = std::optional<Followup>;
  if (const ChainDecision* broke = left_out(worker.skipped, k_over_budget)) {
    return Nothing(put_on_hold(worker.task, HoldClass::llm_budget, broke->text));
  }
  const ChainDecision* paused = left_out(worker.skipped, k_provider_paused);
  if (paused == nullptr) return Nothing();
  return Nothing(after_keeping_back(worker.task, worker.job,
                                    {.reason = std::string(k_provider_paused),
                                     .text = paused->text,
                                     .until = batch_.now + Millis{1000},
                                     .first_link = paused->position}));
}

Status Engine::carry_out(const ProviderGate::Change& change) {
  const auto event = [&](EventKind kind, const std::string& plugin,
                         const std::string& text) -> Status {
    ORC_TRY(const EventId id, store_->append_event({.kind = kind,
                                                    .actor = "engine",
                                                    .text = plugin + ": " + text,
                                                    .data = "{}",
                                                    .at = batch_.now}));
    batch_.last_event = id.value;
    return Done{};
  };
  for (const ProviderPause& pause : change.closed) {
    ORC_CHECK_OK(store_->put_provider_pause(pause));
    const std::string until =
        pause.trial_at ? "; next trial " + to_iso8601(*pause.trial_at)
                       : "; orchestrator plugin try " + pause.plugin + " once it is mended";
    ORC_CHECK_OK(event("provider.paused", pause.plugin, pause.cause + ": " + pause.text + until));
    log(LogLevel::warning, "provider.paused", pause.text,
        {{"plugin", pause.plugin}, {"model", pause.model}, {"cause", pause.cause}});
    if (!change.wants_alert) continue;
    Task nobody;
    nobody.rev = batch_.now.ms;  // two incidents of one provider are two
    ORC_CHECK_OK(raise(nobody, {"provider:" + pause.plugin, pause.text + until}));
  }
  for (const ProviderKey& key : change.opened) {
    ORC_CHECK_OK(store_->remove_provider_pause(key.plugin, key.model));
    ORC_CHECK_OK(store_->clear_alert(TaskId{}, "provider:" + key.plugin, batch_.now));
    ORC_CHECK_OK(event("provider.opened", key.plugin, "answers again"));
    log(LogLevel::info, "provider.opened", "the provider answers again",
        {{"plugin", key.plugin}, {"model", key.model}});
  }
  if (!change.recalls) return Done{};
  batch_.looks_for_due = true;
  ORC_TRY(const int recalled, store_->recall_jobs(k_provider_paused, batch_.now));
  (void)recalled;
  return Done{};
}

Result<Answer> Engine::carry_out(const TryPlugin& request, const Actor& actor) {
  const ProviderGate::Change change = provider_gate_.try_now(request.plugin, batch_.now);
  const std::vector<Breaker> tried =
      breakers_.try_now(request.plugin, generation_->config.breaker_limits, batch_.now);
  if (change.closed.empty() && tried.empty()) {
    return Answer{.kind = Answer::Kind::not_found,
                  .code = "not_paused",
                  .text = printable(request.plugin) + " is not kept from being asked"};
  }
  ORC_CHECK_OK(put_breakers(tried));
  for (const ProviderPause& pause : change.closed) ORC_CHECK_OK(store_->put_provider_pause(pause));
  batch_.looks_for_due = true;
  ORC_TRY(const int recalled, store_->recall_jobs(k_provider_paused, batch_.now));
  ORC_TRY(const EventId id, store_->append_event({.kind = EventKind("provider.tried"),
                                                  .actor = actor.name,
                                                  .text = with_reason(request.plugin, request.reason),
                                                  .data = "{}",
                                                  .at = batch_.now}));
  batch_.last_event = id.value;
  return Answer{.code = "done",
                .text = "the next job tries " + request.plugin + "; " + std::to_string(recalled) +
                        " jobs were waiting for it"};
}

// What memory and store may say differently after a batch that was rolled back.
void Engine::reload_pauses() {
  Result<std::vector<ProviderPause>> pauses = store_->provider_pauses();
  if (pauses.ok()) provider_gate_.load(pauses.value());
  Result<std::vector<Breaker>> breakers = store_->breakers();
  if (breakers.ok()) breakers_.load(breakers.value());
}

}  // namespace orc::engine
