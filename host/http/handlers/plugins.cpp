// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "http/handlers/handlers.h"
#include "http/handlers/shared.h"

namespace orc::http {

namespace {

std::variant<engine::KillPlugin, Problem> kill_of(const Request& request) {
  const auto body = object_body(request, {"reason", "for", "repo"});
  if (const auto* problem = std::get_if<Problem>(&body)) return *problem;
  const auto reason = text_field(std::get<views::Json>(body), "reason");
  if (const auto* problem = std::get_if<Problem>(&reason)) return *problem;
  const auto duration = text_field(std::get<views::Json>(body), "for");
  if (const auto* problem = std::get_if<Problem>(&duration)) return *problem;
  const auto repo = text_field(std::get<views::Json>(body), "repo");
  if (const auto* problem = std::get_if<Problem>(&repo)) return *problem;
  engine::KillPlugin kill{.plugin = request.captured.at(0),
                          .reason = std::get<std::string>(reason),
                          .repo = std::get<std::string>(repo),
                          .duration = std::nullopt};
  if (std::get<std::string>(duration).empty()) return kill;
  const auto ms = parse_duration_ms(std::get<std::string>(duration));
  if (!ms || *ms <= 0) return Problem{422, "invalid_field", "for must be a duration such as 2h"};
  kill.duration = Millis{*ms};
  return kill;
}

}  // namespace

Result<Response> list_plugins(const Services& services, const Request&) {
  ORC_TRY(const engine::StatusPtr status, published_status(services));
  ORC_TRY(const auto reader, services.readers.borrow());
  ORC_TRY(const views::Picture picture, picture_without_jobs(*reader, *status));
  ORC_TRY(const auto outcomes, reader->outcome_counts());
  return with_etag(json_response(views::plugin_list(*status->generation, picture, outcomes)),
                   status->generation->number);
}

Result<Response> show_plugin(const Services& services, const Request& request) {
  ORC_TRY(const engine::StatusPtr status, published_status(services));
  ORC_TRY(const auto reader, services.readers.borrow());
  ORC_TRY(const views::Picture picture, picture_without_jobs(*reader, *status));
  ORC_TRY(const auto outcomes, reader->outcome_counts());
  const views::Json detail =
      views::plugin_detail(request.captured.at(0), *status->generation, picture, outcomes);
  if (!detail.is_null()) return with_etag(json_response(detail), status->generation->number);
  std::vector<std::string> known;
  for (const auto& [name, plugin] : status->generation->plugins) known.push_back(name);
  const auto near = nearest(request.captured[0], known);
  return refuse(request, Problem{404, "plugin_not_found",
                                 "the configuration names no plugin " + request.captured[0] +
                                     (near ? "; did you mean " + *near + "?" : ""),
                                 "orchestrator plugin list"});
}

Result<Response> kill_plugin(const Services& services, const Request& request) {
  const auto kill = kill_of(request);
  if (const auto* problem = std::get_if<Problem>(&kill)) return refuse(request, *problem);
  return execute(services, request, std::get<engine::KillPlugin>(kill));
}

Result<Response> unkill_plugin(const Services& services, const Request& request) {
  const auto body = object_body(request, {"reason", "repo"});
  if (const auto* problem = std::get_if<Problem>(&body)) return refuse(request, *problem);
  const auto reason = text_field(std::get<views::Json>(body), "reason");
  if (const auto* problem = std::get_if<Problem>(&reason)) return refuse(request, *problem);
  const auto repo = text_field(std::get<views::Json>(body), "repo");
  if (const auto* problem = std::get_if<Problem>(&repo)) return refuse(request, *problem);
  engine::UnkillPlugin unkill{request.captured.at(0), std::get<std::string>(reason), std::nullopt};
  if (!std::get<std::string>(repo).empty()) unkill.repo = std::get<std::string>(repo);
  return execute(services, request, unkill);
}

Result<Response> try_plugin(const Services& services, const Request& request) {
  const auto body = object_body(request, {"reason"});
  if (const auto* problem = std::get_if<Problem>(&body)) return refuse(request, *problem);
  const auto reason = text_field(std::get<views::Json>(body), "reason");
  if (const auto* problem = std::get_if<Problem>(&reason)) return refuse(request, *problem);
  return execute(services, request,
                 engine::TryPlugin{request.captured.at(0), std::get<std::string>(reason)});
}

}  // namespace orc::http
