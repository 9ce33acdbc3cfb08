// SPDX-License-Identifier: Apache-2.0
// The board: pages for people, made by the server. They read as /queue and /status do, never over
// the engine.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "artifacts/frontmatter.h"
#include "base/digest.h"
#include "base/file.h"
#include "domain/gates.h"
#include "http/handlers/handlers.h"
#include "http/handlers/shared.h"
#include "http/html_page.h"
#include "http/sentence.h"
#include "http/views/board.h"

namespace orc::http {

namespace {

constexpr int k_most_standing = 200;
constexpr std::size_t k_most_done = 8;
constexpr std::int64_t k_events_looked_at = 500;
constexpr std::int64_t k_log_lines = 200;

Response page_of(std::string body, const std::string& content_type) {
  const std::string etag = "\"" + sha256_hex(body).substr(0, 32) + "\"";
  return Response{
      .content_type = content_type,
      .body = std::move(body),
      .headers = {{"ETag", etag},
                  {"Cache-Control", "no-cache"},
                  {"Referrer-Policy", "no-referrer"},
                  {"Content-Security-Policy",
                   "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"}},
      .revalidates = true};
}

Response html(std::string_view name, const views::Json& values) {
  return page_of(fill_in(board_file(name), values), "text/html; charset=utf-8");
}

bool ends_a_task(const Event& event) {
  return event.kind == "stage.transition" && event.data.find("\"to\":\"done\"") != std::string::npos;
}

// Of the newest events: the table of tasks has no index by their end.
Result<std::vector<Task>> done_lately(store::Reader& reader) {
  ORC_TRY(const EventId newest, reader.last_event());
  const EventId from{std::max<std::int64_t>(newest.value - k_events_looked_at, 0)};
  ORC_TRY(const auto events, reader.events(from, TaskId{}, static_cast<int>(k_events_looked_at)));
  std::vector<Task> done;
  for (auto event = events.rbegin(); event != events.rend() && done.size() < k_most_done; ++event) {
    if (!ends_a_task(*event)) continue;
    ORC_TRY(auto task, reader.task(event->task));
    if (task && task->state == TaskState::done) done.push_back(std::move(*task));
  }
  return done;
}

Status add_cost(store::Reader& reader, TaskId task, std::map<TaskId, double>& costs) {
  ORC_TRY(const auto runs, reader.agent_runs(task));
  for (const AgentRun& run : runs) {
    if (run.cost_usd) costs[task] += *run.cost_usd;
  }
  return Done{};
}

// Of the tasks that may get a card.
Result<std::map<TaskId, double>> costs_of(store::Reader& reader, const views::BoardFacts& facts) {
  constexpr std::size_t k_most = 100;
  std::map<TaskId, double> costs;
  for (const auto* tasks : {&facts.standing, &facts.done}) {
    for (const Task& task : std::span(*tasks).first(std::min(tasks->size(), k_most)))
      ORC_CHECK_OK(add_cost(reader, task.id, costs));
  }
  const auto& live = facts.picture.live;
  for (const store::LiveJob& job : std::span(live).first(std::min(live.size(), k_most)))
    ORC_CHECK_OK(add_cost(reader, job.task.id, costs));
  return costs;
}

views::ShownArtifact shown(const Services& services, const ArtifactRecord& record) {
  views::ShownArtifact artifact{.record = record};
  if (!has_frontmatter(record.name)) return artifact;
  const auto bytes =
      read_beneath(services.state_dir, record.path, artifacts::k_max_artifact_bytes);
  const auto block = bytes.ok() ? artifacts::Frontmatter::parse(bytes.value())
                                : Result<artifacts::Frontmatter>(bytes.error());
  if (!block.ok()) {
    artifact.unreadable = block.error().message;
    return artifact;
  }
  for (const artifacts::Field& field : block.value().fields())
    artifact.fields.push_back({field.key, field.value, field.line});
  return artifact;
}

// The newest of each name: the one that is in force.
std::vector<views::ShownArtifact> artifacts_of(const Services& services,
                                               const std::vector<ArtifactRecord>& records) {
  std::vector<views::ShownArtifact> rows;
  std::set<std::string> seen;
  for (const ArtifactRecord& record : records) {
    if (seen.insert(record.name).second) rows.push_back(shown(services, record));
  }
  std::ranges::sort(rows, {}, [](const views::ShownArtifact& row) { return row.record.name; });
  return rows;
}

// The newest that has begun.
const Job* run_to_show(const std::vector<Job>& jobs) {
  const Job* newest = nullptr;
  for (const Job& job : jobs) {
    if (job.started_at && (newest == nullptr || job.id > newest->id)) newest = &job;
  }
  return newest;
}

struct Asset {
  std::string_view path;
  const char* content_type;
};
constexpr std::array k_served{Asset{"/board.css", "text/css; charset=utf-8"},
                              Asset{"/board.js", "text/javascript; charset=utf-8"},
                              Asset{"/board.svg", "image/svg+xml"}};

}  // namespace

Result<Response> board_page(const Services& services, const Request&) {
  ORC_TRY(const engine::StatusPtr status, published_status(services));
  ORC_TRY(const auto reader, services.readers.borrow());
  views::BoardFacts facts{.status = *status, .reloads = services.reloads.reload_history()};
  ORC_TRY(facts.picture, take_picture(*reader, *status));
  ORC_TRY(facts.counts, reader->stage_counts());
  ORC_TRY(facts.alerts, reader->open_alerts());
  ORC_TRY(facts.drain, reader->drain());
  for (const TaskState state : {TaskState::waiting_human, TaskState::held}) {
    ORC_TRY(auto tasks, reader->tasks({.state = state, .limit = k_most_standing}));
    std::ranges::move(tasks, std::back_inserter(facts.standing));
  }
  ORC_TRY(facts.done, done_lately(*reader));
  ORC_TRY(facts.costs, costs_of(*reader, facts));
  ORC_TRY(facts.sentence, sentence_of(*reader, *status));
  return html("board.mustache", views::board(facts));
}

Result<Response> task_page(const Services& services, const Request& request) {
  ORC_TRY(Subject subject, subject_of(services, request));
  if (!subject.task) return refuse(request, no_such_task(request.captured[0]));
  ORC_TRY(views::Picture picture, picture_of(subject));
  ORC_TRY(views::TaskFacts facts, facts_of(*subject.reader, subject.task->id));
  views::TaskPageFacts page{.task = *subject.task,
                            .facts = std::move(facts),
                            .picture = std::move(picture)};
  page.artifacts = artifacts_of(services, page.facts.artifacts);
  page.run = run_to_show(page.facts.jobs);
  if (page.run != nullptr) {
    auto lines = last_lines(services.state_dir, log_path(page.run->id, page.run->attempt), k_log_lines);
    if (lines.ok()) page.log = std::move(lines).value();
  }
  return html("task.mustache", views::task_page(page));
}

Result<Response> board_asset(const Services&, const Request& request) {
  for (const Asset& asset : k_served) {
    if (asset.path == request.path)
      return page_of(std::string(board_file(asset.path.substr(1))), asset.content_type);
  }
  return Error{ErrorKind::not_found, "there is no such file"};
}

}  // namespace orc::http
