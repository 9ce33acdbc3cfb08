// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/text.h"
#include "http/handlers/handlers.h"
#include "http/handlers/shared.h"
#include "http/log_tail.h"

namespace orc::http {

namespace {

constexpr std::size_t k_max_artifact = 16 * 1024 * 1024;
constexpr std::size_t k_max_log = 64 * 1024 * 1024;

std::variant<store::TaskFilter, Problem> filter_of(const Request& request) {
  store::TaskFilter filter;
  const auto text = [&](const char* key) {
    const auto value = request.query.find(key);
    return value != request.query.end() ? value->second : std::string();
  };
  if (const std::string stage = text("stage"); !stage.empty()) {
    filter.stage = parse_stage(stage);
    if (!filter.stage) return Problem{400, "invalid_parameter", "unknown stage " + stage};
  }
  if (const std::string state = text("state"); !state.empty()) {
    filter.state = parse_task_state(state);
    if (!filter.state) {
      return Problem{400, "invalid_parameter", "unknown state " + state,
                     "active, waiting_human, held, done, cancelled"};
    }
  }
  filter.repo = text("repo");
  const auto after = query_number(request, {"after", 0, 0, INT64_MAX});
  if (const auto* problem = std::get_if<Problem>(&after)) return *problem;
  const auto limit = query_number(request, {"limit", k_default_page, 1, k_longest_page});
  if (const auto* problem = std::get_if<Problem>(&limit)) return *problem;
  filter.after = TaskId{std::get<std::int64_t>(after)};
  filter.limit = static_cast<int>(std::get<std::int64_t>(limit));
  return filter;
}

// Newest first in the store: the first fit is the one in force.
const ArtifactRecord* newest(const std::vector<ArtifactRecord>& records, const std::string& name) {
  const auto found =
      std::find_if(records.begin(), records.end(),
                   [&](const ArtifactRecord& record) { return record.name == name; });
  return found != records.end() ? &*found : nullptr;
}

std::string content_type_of(const std::string& name) {
  if (name.ends_with(".md")) return "text/markdown; charset=utf-8";
  if (name.ends_with(".json")) return "application/json";
  return "text/plain; charset=utf-8";
}

struct LogWindow {
  std::int64_t from;  // first line, counted from 1
  std::int64_t limit;
};

views::Json log_page(const Job& job, std::string_view log, LogWindow window) {
  views::Json lines = views::Json::array();
  std::int64_t number = 0;
  while (!log.empty()) {
    const std::size_t end = log.find('\n');
    ++number;
    if (number >= window.from && number < window.from + window.limit) {
      lines.push_back({{"n", number}, {"text", log.substr(0, end)}});
    }
    log = end == std::string_view::npos ? "" : log.substr(end + 1);
  }
  return {{"schema", "orchestrator.log/1"},
          {"run", job.id.value},
          {"state", to_string(job.state)},
          {"total", number},
          {"lines", std::move(lines)}};
}

}  // namespace

Result<Response> list_tasks(const Services& services, const Request& request) {
  const auto filter = filter_of(request);
  if (const auto* problem = std::get_if<Problem>(&filter)) return refuse(request, *problem);
  const auto& wanted = std::get<store::TaskFilter>(filter);
  ORC_TRY(const engine::StatusPtr status, published_status(services));
  ORC_TRY(const auto reader, services.readers.borrow());
  ORC_TRY(auto tasks, reader->tasks(wanted));
  ORC_TRY(const views::Picture picture, take_picture_with(*reader, *status, tasks));
  const bool full = static_cast<int>(tasks.size()) == wanted.limit;
  const auto next = full ? std::optional(tasks.back().id) : std::nullopt;
  return json_response(views::task_list({std::move(tasks), next}, picture));
}

Result<Response> show_task(const Services& services, const Request& request) {
  ORC_TRY(const Subject subject, subject_of(services, request));
  if (!subject.task) return refuse(request, no_such_task(request.captured[0]));
  ORC_TRY(const views::Picture picture, picture_of(subject));
  ORC_TRY(const views::TaskFacts facts, facts_of(*subject.reader, subject.task->id));
  return with_etag(json_response(views::task_detail(*subject.task, facts, picture)),
                   subject.task->rev);
}

Result<Response> task_timeline(const Services& services, const Request& request) {
  ORC_TRY(const Subject subject, subject_of(services, request));
  if (!subject.task) return refuse(request, no_such_task(request.captured[0]));
  ORC_TRY(const views::TaskFacts facts, facts_of(*subject.reader, subject.task->id));
  return json_response(views::timeline(*subject.task, facts));
}

Result<Response> task_why(const Services& services, const Request& request) {
  ORC_TRY(const Subject subject, subject_of(services, request));
  if (!subject.task) return refuse(request, no_such_task(request.captured[0]));
  ORC_TRY(const views::Picture picture, picture_of(subject));
  ORC_TRY(const views::TaskFacts facts, facts_of(*subject.reader, subject.task->id));
  return json_response(views::why(*subject.task, picture, views::timeline(*subject.task, facts)));
}

Result<Response> task_artifact(const Services& services, const Request& request) {
  ORC_TRY(const Subject subject, subject_of(services, request));
  if (!subject.task) return refuse(request, no_such_task(request.captured[0]));
  ORC_TRY(const auto records, subject.reader->artifacts(subject.task->id));
  const ArtifactRecord* record = newest(records, request.captured.at(1));
  if (record == nullptr) {
    return refuse(request, Problem{404, "artifact_not_found",
                                   subject.task->work_item + " has no artifact of that name"});
  }
  ORC_TRY(std::string content, read_beneath(services.state_dir, record->path, k_max_artifact));
  return Response{
      .content_type = content_type_of(record->name),
      .body = std::move(content),
      .headers = {{"X-Artifact-SHA256", record->sha256}, {"ETag", "\"" + record->sha256 + "\""}}};
}

Result<Response> run_log(const Services& services, const Request& request) {
  const auto id = parse_integer(request.captured.at(0));
  const auto from = query_number(request, {"from", 1, 1, INT64_MAX / 2});
  if (const auto* problem = std::get_if<Problem>(&from)) return refuse(request, *problem);
  const auto limit = query_number(request, {"limit", k_longest_page, 1, 10 * k_longest_page});
  if (const auto* problem = std::get_if<Problem>(&limit)) return refuse(request, *problem);
  ORC_TRY(const auto reader, services.readers.borrow());
  ORC_TRY(const auto job, reader->job(JobId{id.value_or(0)}));
  if (!job) return refuse(request, Problem{404, "run_not_found", "there is no run of that number"});
  auto log = read_beneath(services.state_dir, log_path(job->id, job->attempt), k_max_log);
  if (!log.ok() && log.error().kind != ErrorKind::not_found) return std::move(log).error();
  const std::string text = log.ok() ? std::move(log).value() : std::string();
  const auto raw = request.query.find("raw");
  if (raw != request.query.end() && raw->second == "1") {
    return Response{.content_type = "text/plain; charset=utf-8",
                    .body = text,
                    .headers = {{"Content-Disposition",
                                 "attachment; filename=\"run-" + std::to_string(job->id.value) +
                                     ".log\""}}};
  }
  return json_response(
      log_page(*job, text, {std::get<std::int64_t>(from), std::get<std::int64_t>(limit)}));
}

}  // namespace orc::http
