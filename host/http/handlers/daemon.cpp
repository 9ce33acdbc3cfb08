// SPDX-License-Identifier: Apache-2.0
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "http/handlers/handlers.h"
#include "http/handlers/shared.h"

namespace orc::http {

namespace {

template <typename Command>
Result<Response> with_reason(const Services& services, const Request& request) {
  const auto body = object_body(request, {"reason"});
  if (const auto* problem = std::get_if<Problem>(&body)) return refuse(request, *problem);
  const auto reason = text_field(std::get<views::Json>(body), "reason");
  if (const auto* problem = std::get_if<Problem>(&reason)) return refuse(request, *problem);
  return execute(services, request, Command{std::get<std::string>(reason)});
}

Response refused_reload(const Services& services, const Request& request,
                        const engine::ReloadAnswer& answer) {
  Response response =
      refuse(request, Problem{422, "config_refused",
                              "configuration refused; generation " +
                                  std::to_string(answer.generation) + " stays in force",
                              "orchestrator config check -c " + services.config_file.string()});
  views::Json body = views::Json::parse(response.body);
  body.update(views::reload(answer));
  response.body = views::dump(body);
  return response;
}

Result<std::map<TaskId, std::string>> names_of(store::Reader& reader,
                                               const std::vector<Event>& events) {
  std::map<TaskId, std::string> names;
  for (const Event& event : events) {
    if (event.task.value == 0 || names.contains(event.task)) continue;
    ORC_TRY(const auto task, reader.task(event.task));
    if (task) names.emplace(event.task, task->work_item);
  }
  return names;
}

}  // namespace

Result<Response> reload(const Services& services, const Request& request) {
  const auto body = object_body(request, {"dry_run"});
  if (const auto* problem = std::get_if<Problem>(&body)) return refuse(request, *problem);
  const bool dry_run = std::get<views::Json>(body).value("dry_run", views::Json(false)) == true;
  const engine::ReloadAnswer answer =
      dry_run ? services.reloads.preview()
              : services.reloads.reload(request.actor.name + " by " + request.actor.channel);
  if (answer.kind == engine::ReloadAnswer::Kind::rejected)
    return refused_reload(services, request, answer);
  return json_response(views::reload(answer));
}

Result<Response> drain(const Services& services, const Request& request) {
  return with_reason<engine::Drain>(services, request);
}

Result<Response> resume(const Services& services, const Request& request) {
  return with_reason<engine::Resume>(services, request);
}

Result<Response> status(const Services& services, const Request&) {
  ORC_TRY(const engine::StatusPtr status, published_status(services));
  ORC_TRY(const auto reader, services.readers.borrow());
  ORC_TRY(const views::Picture picture, picture_without_jobs(*reader, *status));
  ORC_TRY(const auto counts, reader->stage_counts());
  ORC_TRY(const auto alerts, reader->open_alerts());
  ORC_TRY(const auto monitors, reader->latest_monitors());
  return json_response(views::status(*status, services.reloads.reload_history(), picture, counts,
                                     alerts, monitors));
}

Result<Response> queue(const Services& services, const Request&) {
  ORC_TRY(const engine::StatusPtr status, published_status(services));
  ORC_TRY(const auto reader, services.readers.borrow());
  ORC_TRY(const views::Picture picture, take_picture(*reader, *status));
  ORC_TRY(const auto outcomes, reader->outcome_counts());
  views::GateFacts gates;
  ORC_TRY(gates.counts, reader->gate_counts());
  ORC_TRY(gates.slots, reader->merge_slots());
  ORC_TRY(gates.baselines, reader->coverage_baselines());
  views::DeliveryFacts deliveries;
  ORC_TRY(deliveries.monitors, reader->latest_monitors());
  ORC_TRY(deliveries.counts, reader->delivery_counts());
  return json_response(views::queue(picture, *status, outcomes, gates, deliveries));
}

// Values may name paths and hosts: not for everybody who reaches the board.
Result<Response> show_config(const Services& services, const Request& request) {
  if (!request.is_operator) {
    return refuse(request, Problem{403, "control_only", "the configuration is shown to operators",
                                   "orchestrator config show --running, or send the operator's token"});
  }
  ORC_TRY(const engine::StatusPtr status, published_status(services));
  return with_etag(json_response(views::config_values(*status->generation)),
                   status->generation->number);
}

Result<Response> next(const Services& services, const Request&) {
  ORC_TRY(const engine::StatusPtr status, published_status(services));
  ORC_TRY(const auto reader, services.readers.borrow());
  ORC_TRY(const views::Picture picture, take_picture(*reader, *status));
  std::vector<Task> waiting;
  for (const TaskState state : {TaskState::waiting_human, TaskState::held}) {
    ORC_TRY(auto tasks, reader->tasks({.state = state, .limit = k_longest_page}));
    std::move(tasks.begin(), tasks.end(), std::back_inserter(waiting));
  }
  ORC_TRY(const auto drain, reader->drain());
  ORC_TRY(const auto monitors, reader->latest_monitors());
  return json_response(views::next(waiting, monitors, picture, services.reloads.reload_history(),
                                   services.config_file.string(), drain.has_value()));
}

Result<Response> list_stages(const Services& services, const Request&) {
  ORC_TRY(const engine::StatusPtr status, published_status(services));
  return json_response(views::stages(*status->generation));
}

Result<Response> list_gates(const Services& services, const Request&) {
  ORC_TRY(const engine::StatusPtr status, published_status(services));
  ORC_TRY(const auto reader, services.readers.borrow());
  views::GateFacts facts;
  ORC_TRY(facts.counts, reader->gate_counts());
  return json_response(views::gates(facts, status->generation->config));
}

Result<Response> advisor(const Services& services, const Request&) {
  constexpr int k_latest = 20;
  ORC_TRY(const engine::StatusPtr status, published_status(services));
  ORC_TRY(const auto reader, services.readers.borrow());
  ORC_TRY(const auto tallies, reader->shadow_tallies());
  ORC_TRY(const auto disagreements, reader->shadow_disagreements(k_latest));
  return json_response(views::advisor(status->generation->config, tallies, disagreements));
}

Result<Response> list_events(const Services& services, const Request& request) {
  const auto after = query_number(request, {"after", 0, 0, INT64_MAX});
  if (const auto* problem = std::get_if<Problem>(&after)) return refuse(request, *problem);
  const auto limit = query_number(request, {"limit", k_default_page, 1, k_longest_page});
  if (const auto* problem = std::get_if<Problem>(&limit)) return refuse(request, *problem);
  ORC_TRY(const auto reader, services.readers.borrow());
  TaskId task;
  if (const auto named = request.query.find("task"); named != request.query.end()) {
    ORC_TRY(const auto found, reader->task(named->second));
    if (!found) {
      return refuse(request, Problem{404, "task_not_found", "there is no task " + named->second,
                                     "orchestrator task list"});
    }
    task = found->id;
  }
  ORC_TRY(const auto events, reader->events(EventId{std::get<std::int64_t>(after)}, task,
                                            static_cast<int>(std::get<std::int64_t>(limit))));
  ORC_TRY(const auto names, names_of(*reader, events));
  return json_response(views::event_page(events, names));
}

}  // namespace orc::http
