// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "http/handlers/handlers.h"
#include "http/handlers/shared.h"

namespace orc::http {

Result<Response> list_leases(const Services& services, const Request&) {
  ORC_TRY(const engine::StatusPtr status, published_status(services));
  ORC_TRY(const auto reader, services.readers.borrow());
  ORC_TRY(const views::Picture picture, take_picture(*reader, *status));
  return json_response(views::lease_list(picture, *status));
}

Result<Response> release_lease(const Services& services, const Request& request) {
  const auto body = object_body(request, {"reason", "force"});
  if (const auto* problem = std::get_if<Problem>(&body)) return refuse(request, *problem);
  const auto& fields = std::get<views::Json>(body);
  const auto reason = text_field(fields, "reason");
  if (const auto* problem = std::get_if<Problem>(&reason)) return refuse(request, *problem);
  const auto force = fields.find("force");
  if (force != fields.end() && !force->is_boolean())
    return refuse(request, Problem{422, "invalid_field", "force must be true or false"});
  return execute(services, request,
                 engine::ReleaseLease{request.captured.at(0), std::get<std::string>(reason),
                                      force != fields.end() && force->get<bool>()});
}

// "By hand" means that somebody has looked: a live owner does not stop it.
Result<Response> release_lease_by_query(const Services& services, const Request& request) {
  const auto body = object_body(request, {"reason"});
  if (const auto* problem = std::get_if<Problem>(&body)) return refuse(request, *problem);
  const auto reason = text_field(std::get<views::Json>(body), "reason");
  if (const auto* problem = std::get_if<Problem>(&reason)) return refuse(request, *problem);
  const auto given = request.query.find("work_item");
  if (given == request.query.end() || given->second.empty()) {
    return refuse(request, Problem{400, "invalid_parameter", "work_item is missing",
                                   "POST /transition-lease/release?work_item=ID"});
  }
  return execute(services, request,
                 engine::ReleaseLease{given->second, std::get<std::string>(reason), true});
}

}  // namespace orc::http
