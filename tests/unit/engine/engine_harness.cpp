// SPDX-License-Identifier: Apache-2.0
#include "engine_harness.h"

#include <gtest/gtest.h>

namespace orc::engine::test {

Launcher::Launched ScriptedLauncher::launch(const std::filesystem::path&,
                                            const jobs::JobRequest& request) {
  const std::lock_guard lock(mutex_);
  launched_.push_back(request);
  if (request.kind == JobKind::monitor || request.kind == JobKind::rollback) {
    jobs::WorkerReport report{.outcome = Sampled{{.health = Health::healthy, .text = "answers"}}};
    if (auto& script = side_outcomes_[request.kind]; !script.empty()) {
      report.outcome = std::move(script.front());
      script.pop_front();
    }
    return report;
  }
  Reply reply;
  if (auto& script = is_of_edge(request.kind) ? edge_replies_[request.kind]
                                              : replies_[request.stage];
      !script.empty()) {
    reply = std::move(script.front());
    script.pop_front();
  }
  const std::string before = "content-" + std::to_string(content_);
  const bool develops = request.stage == Stage::development && request.kind == JobKind::produce;
  if (develops && reply.changes_code) ++content_;
  if (request.kind == JobKind::ci && std::holds_alternative<Verdict>(reply.outcome)) {
    reply.outcome = CiResult{.green = true, .summary = "green"};
  }
  const bool at_edge = is_of_edge(request.kind);
  if (at_edge && std::holds_alternative<Verdict>(reply.outcome))
    reply.outcome = EdgeResult{.end = EdgeEnd::passed, .text = "passed"};
  jobs::WorkerReport report{
      .outcome = reply.outcome,
      .producer = "fake",
      .head_commit = "head-" + std::to_string(content_),
      .content_id = "content-" + std::to_string(content_),
      .made_on_content = develops ? before : "content-" + std::to_string(content_)};
  report.agent_runs = std::move(reply.agent_runs);
  report.side_effects = reply.side_effects;
  report.kills = reply.kills;
  if (at_edge) {
    report.producer.clear();
    report.gates = reply.gates;
    report.candidate = request.kind == JobKind::land ? request.edge.landing : reply.candidate;
  }
  if (!request.chain.empty())
    report.decisions.push_back({0, "fake", Decision::accepted, "in_scope", ""});
  return report;
}

Result<Intake> ScriptedEvidence::take_in(const Task& task, const Job& job,
                                         const jobs::WorkerReport& report, WallTime now) {
  Intake intake;
  const StageRule& rule = *find_rule(job.stage);
  const auto* verdict = std::get_if<Verdict>(&report.outcome);
  std::string token = verdict == nullptr ? "" : verdict->token;
  if (token.empty() && !rule.tokens.empty()) token = rule.tokens.front().token;
  for (const ArtifactRule& owed : rule.artifacts) {
    if (owed.presence != Presence::required) continue;
    std::string name(owed.file);
    if (const auto star = name.find('*'); star != std::string::npos) name.replace(star, 1, "001");
    intake.records.push_back(
        {.job = job.id,
         .task = task.id,
         .stage = job.stage,
         .attempt = job.attempt,
         .name = name,
         .sha256 = token + ":" + std::string(to_string(job.stage)) + ":" + task.work_item,
         .content_id = report.made_on_content,
         .producer = report.producer,
         .path = name,
         .at = now});
  }
  intake.evidence = read_again(intake.records);
  return intake;
}

std::vector<Evidence> ScriptedEvidence::read_again(const std::vector<ArtifactRecord>& records) {
  std::vector<Evidence> evidence;
  for (const ArtifactRecord& record : records) {
    const std::size_t first = record.sha256.find(':');
    const std::size_t second = record.sha256.find(':', first + 1);
    const StageRule& rule = *find_rule(record.stage);
    Evidence one{.name = record.name,
                 .recorded_sha256 = record.sha256,
                 .actual_sha256 = record.sha256,
                 .attempt = record.attempt,
                 .content_id = record.content_id};
    one.fields = {{"work_item", record.sha256.substr(second + 1), 2},
                  {"stage", std::string(to_string(record.stage)), 3},
                  {std::string(rule.verdict_key), record.sha256.substr(0, first), 4}};
    evidence.push_back(std::move(one));
  }
  return evidence;
}

config::GenerationPtr one_plugin_generation(
    const std::filesystem::path& state, const std::function<void(config::Generation&)>& change) {
  auto generation = std::make_shared<config::Generation>();
  generation->number = 1;
  generation->config.state_dir = state;
  generation->config.workers = 2;
  // The gates of the edge have tests of their own.
  generation->config.merge_gate.enabled = false;
  generation->config.repos["demo"] = {.name = "demo",
                                      .self_hosting = true,
                                      .clone = "/nowhere",
                                      .ci = {.command = {"true"}},
                                      .contract = "{}"};
  generation->config.plugins["fake"] = {.name = "fake",
                                        .type = "fake",
                                        .enabled = true,
                                        .repos = RepoScope::parse("*"),
                                        .infra_retry = {.attempts = 2, .backoff = Millis{1}},
                                        .settings = "{}"};
  generation->plugins["fake"] = {
      .name = "fake", .type = "fake", .library = "/nowhere/fake.so", .stages = {"*"}};
  for (const StageRule& rule : STAGE_TRANSITIONS)
    generation->config.stages[rule.stage].producers = {"fake"};
  if (change) change(*generation);
  return generation;
}

EngineHarness::EngineHarness(const std::function<void(config::Generation&)>& change, Trust trust)
    : change_(change), trust_(std::move(trust)) {
  start();
}

EngineHarness::~EngineHarness() {
  stop();
}

void EngineHarness::start() {
  auto opened = store::open_sqlite(database(), Millis{5000});
  if (!opened.ok()) throw std::runtime_error(opened.error().message);
  auto launcher = std::make_unique<ScriptedLauncher>();
  launcher_ = launcher.get();
  engine_ = std::make_unique<Engine>(
      Engine::Parts{.store = std::move(opened).value(),
                    .launcher = std::move(launcher),
                    .evidence = std::make_unique<ScriptedEvidence>(),
                    .outbox = std::make_unique<clients::Outbox>(
                        std::map<std::string, std::unique_ptr<clients::Receiver>>{}),
                    .reconciler = std::make_unique<Reconciler>(Reconciler::Parts{
                        .open_reader =
                            [file = database()] {
                              return store::open_sqlite_reader(file, Millis{5000});
                            },
                        .heads = [heads = heads_](const std::filesystem::path&)
                            -> Result<std::map<std::string, std::string>> { return heads; },
                        .folders = {dir_.path()},
                        .every = [] { return Millis{3'600'000}; }}),
                    .generation = one_plugin_generation(dir_.path(), change_),
                    .folders = {dir_.path()},
                    .identity = new_host_identity(),
                    .trust = trust_,
                    .on_published = [this](const StatusPtr&) {
                      const std::lock_guard lock(mutex_);
                      ++turns_;
                      published_.notify_all();
                    }});
  if (Status recovered = engine_->recover(); !recovered.ok())
    throw std::runtime_error(recovered.error().message);
  thread_ = std::thread([this] { engine_->run(); });
  auto reader = store::open_sqlite_reader(database(), Millis{5000});
  if (!reader.ok()) throw std::runtime_error(reader.error().message);
  reader_ = std::move(reader).value();
}

void EngineHarness::stop() {
  engine_->stop(StopMode::leave_workers);
  thread_.join();
  reader_.reset();
  engine_.reset();
}

void EngineHarness::restart(const std::function<void()>& between) {
  stop();
  if (between) between();
  start();
}

Answer EngineHarness::submit(const std::string& work_item, std::optional<Stage> from) {
  return ask(Submit{.work_item = work_item,
                    .title = "A title",
                    .repo = "demo",
                    .branch = "work/" + work_item,
                    .from = from});
}

Task EngineHarness::wait_for(const std::string& work_item,
                             const std::function<bool(const Task&)>& done) {
  const MonoTime deadline = mono_now() + std::chrono::seconds(10);
  std::unique_lock lock(mutex_);
  while (true) {
    const long long seen = turns_;
    lock.unlock();
    auto found = reader_->task(work_item);
    const Task task = found.ok() && found.value() ? *found.value() : Task{};
    if (done(task) || mono_now() >= deadline) return task;
    lock.lock();
    published_.wait_until(lock, deadline, [&] { return turns_ != seen; });
  }
}

Task EngineHarness::wait_for_state(const std::string& work_item, TaskState state) {
  return wait_for(work_item, [state](const Task& task) {
    return task.state == state && !task.work_item.empty();
  });
}

}  // namespace orc::engine::test
