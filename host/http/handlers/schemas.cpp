// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "config/inspect.h"
#include "http/handlers/handlers.h"
#include "http/handlers/shared.h"

namespace orc::http {

namespace {

Response schema(std::string text) {
  return Response{.content_type = "application/schema+json", .body = std::move(text)};
}

}  // namespace

Result<Response> config_schema(const Services&, const Request&) {
  return schema(config::options_schema());
}

Result<Response> artifact_schema(const Services&, const Request&) {
  return schema(views::artifact_schema().dump(2) + "\n");
}

Result<Response> event_schema(const Services&, const Request&) {
  return schema(views::event_schema().dump(2) + "\n");
}

}  // namespace orc::http
