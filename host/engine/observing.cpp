// SPDX-License-Identifier: Apache-2.0
// What the engine shows: the published state, what is counted for the metrics, and the sign of life
// for a watchdog. Nothing here decides.
#include "engine/engine.h"

namespace orc::engine {

namespace {

Observation observation(const KillCount& kill) {
  return {.key = {Tally::kill, {std::string(kill.signal), std::string(kill.reason), "", ""}},
          .times = kill.count};
}

}  // namespace

void Engine::observe(Tally tally, std::array<std::string, 4> labels, Millis duration) {
  batch_.observed.push_back({{tally, std::move(labels)}, duration});
}

void Engine::observe_decisions(Stage stage, const std::vector<ChainDecision>& decisions) {
  for (const ChainDecision& decision : decisions) {
    // A worker has loaded the plugin and wrote this down: a label takes known words alone.
    observe(Tally::decision, {std::string(to_string(stage)), decision.producer,
                              std::string(to_string(decision.decision)),
                              std::string(known_reason(decision.decision, decision.reason))});
  }
}

void Engine::observe_transition(const Task& before, const Followup& followup,
                                const std::string& actor) {
  if (before.stage == followup.next.stage) return;
  const bool by_gate = actor == "engine";
  const StageRule* rule = find_rule(before.stage);
  const bool forward = rule != nullptr && followup.next.stage == rule->on_pass;
  const std::string_view reason = !by_gate ? "operator" : forward ? "gate_passed" : "gate_failed";
  observe(Tally::transition,
          {std::string(to_string(before.stage)), std::string(to_string(followup.next.stage)),
           std::string(reason), ""});
}

void Engine::observe_lost(Stage stage) {
  observe(Tally::conflict, {std::string(to_string(stage)), "", "", ""});
}

void Engine::observe_end(const Worker& worker, const jobs::WorkerReport& report) {
  if (worker.job.kind != JobKind::produce || !worker.job.started_at) return;
  if (report.producer.empty()) return;
  observe(Tally::producer_seconds,
          {std::string(to_string(worker.job.stage)), report.producer, "", ""},
          batch_.now - *worker.job.started_at);
}

// Of the outbox's items only those for people; the channel is "notifier.log".
void Engine::observe_notification(const clients::Delivered& delivered) {
  constexpr std::string_view k_notifier = "notifier.";
  if (!delivered.channel.starts_with(k_notifier)) return;
  observe(Tally::notification, {delivered.channel.substr(k_notifier.size()),
                                delivered.error.empty() ? "sent" : "failed", "", ""});
}

void Engine::observe_kills(const jobs::WorkerReport& report) {
  for (const KillCount& kill : report.kills) batch_.observed.push_back(observation(kill));
}

// The host's own signals have been sent, whether or not a batch becomes durable.
void Engine::count_kills() {
  for (const KillCount& kill : take_kill_counts()) tallies_->add({observation(kill)});
}

void Engine::publish() {
  count_kills();
  auto status = std::make_shared<Snapshot>();
  status->host = identity_;
  status->started_at = started_at_;
  status->ready = ready_to_serve_ && !draining_ && fault_.empty();
  status->draining = draining_;
  status->workers = generation_->config.workers;
  const MonoTime now = mono_now();
  const WallTime wall = wall_now();
  for (const auto& [id, worker] : workers_) {
    const auto left = std::chrono::duration_cast<Millis>(worker.deadline - now);
    status->running.push_back({id, worker.job.attempt, worker.child.pid, wall + left});
  }
  status->generation = generation_;
  status->transitions = transitions_;
  status->lost_writes = lost_writes_;
  status->lease_reclaims = lease_reclaims_;
  status->reaper = reaper_;
  status->reconciler = reconciler_counts_;
  status->tallies = tallies_;
  status->last_event = last_event_;
  status->last_batch = last_batch_;
  status->fault = fault_;
  for (const auto& [condition, known] : preflights_) status->preflights.push_back(known);
  status->provider_pauses = provider_gate_.pauses();
  status->breakers = breakers_.all();
  status->selftests = trust_.rows();
  {
    const std::lock_guard lock(mutex_);
    status_ = status;
  }
  if (on_published_) on_published_(status);
}

// Only after a read of the store: a host that cannot read is not alive, whatever its loop does.
void Engine::beat() {
  if (!heartbeat_ || mono_now() < next_beat_) return;
  next_beat_ = mono_now() + heartbeat_every_;
  const auto counts = store_->stage_counts();
  if (counts.ok()) heartbeat_(*status_, counts.value());
}

}  // namespace orc::engine
