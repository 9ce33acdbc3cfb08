// SPDX-License-Identifier: Apache-2.0
#include "http/handlers/shared.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "base/text.h"

namespace orc::http {

Result<engine::StatusPtr> published_status(const Services& services) {
  engine::StatusPtr status = services.status.status();
  if (!status || !status->generation) {
    return Error{ErrorKind::unavailable, "the host is still starting"};
  }
  return status;
}

Response json_response(const views::Json& body, int status) {
  return Response{.status = status, .body = views::dump(body) + "\n"};
}

Response refuse(const Request& request, const Problem& problem) {
  return to_response(problem, request.path);
}

Result<views::Picture> take_picture(store::Reader& reader, const engine::Snapshot& status) {
  ORC_TRY(views::Picture picture, picture_without_jobs(reader, status));
  ORC_TRY(picture.live, reader.live_jobs(k_longest_queue));
  return picture;
}

Result<views::Picture> take_picture_with(store::Reader& reader, const engine::Snapshot& status,
                                         std::span<const Task> tasks) {
  ORC_TRY(views::Picture picture, take_picture(reader, status));
  if (picture.live.size() < static_cast<std::size_t>(k_longest_queue)) return picture;
  for (const Task& task : tasks) {
    if (task.state != TaskState::active || picture.live_job(task.id) != nullptr) continue;
    ORC_TRY(auto job, reader.live_job(task.id));
    if (job) picture.live.push_back({std::move(*job), task});
  }
  return picture;
}

Result<views::Picture> picture_without_jobs(store::Reader& reader,
                                            const engine::Snapshot& status) {
  views::Picture picture{.workers = status.workers, .draining = status.draining, .now = wall_now()};
  ORC_TRY(picture.kills, reader.kills(picture.now));
  ORC_TRY(picture.leases, reader.held_leases());
  ORC_TRY(picture.places, reader.serial_places());
  return picture;
}

std::variant<std::int64_t, Problem> query_number(const Request& request, const NumberRule& rule) {
  const auto given = request.query.find(rule.key);
  if (given == request.query.end()) return rule.fallback;
  const auto number = parse_integer(given->second);
  if (number && *number >= rule.least && *number <= rule.most)
    return static_cast<std::int64_t>(*number);
  return Problem{400, "invalid_parameter",
                 std::string(rule.key) + " must be a whole number from " +
                     std::to_string(rule.least) + " to " + std::to_string(rule.most)};
}

std::variant<views::Json, Problem> object_body(const Request& request,
                                               const std::vector<std::string>& known) {
  if (trim(request.body).empty()) return views::Json::object();
  // Deep nesting would exhaust the stack of the value's destructor; no command needs more than
  // this.
  constexpr int k_deepest = 16;
  bool too_deep = false;
  views::Json body = views::Json::parse(
      request.body,
      [&](int depth, views::Json::parse_event_t, views::Json&) {
        too_deep = too_deep || depth > k_deepest;
        return !too_deep;
      },
      false);
  if (too_deep || !body.is_object())
    return Problem{400, "bad_json", "the body is not a JSON object"};
  for (const auto& [key, value] : body.items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const auto near = nearest(key, known);
    return Problem{422, "unknown_field",
                   "unknown field \"" + printable(key) + "\"" +
                       (near ? "; did you mean \"" + *near + "\"?" : ""),
                   "known: " + join(known, ", ")};
  }
  return body;
}

std::variant<std::string, Problem> text_field(const views::Json& body, const std::string& key) {
  const auto field = body.find(key);
  if (field == body.end() || field->is_null()) return std::string();
  if (field->is_string()) return field->get<std::string>();
  return Problem{422, "invalid_field", key + " must be a string"};
}

namespace {

constexpr std::size_t k_longest_key = 200;

// "12", W/"12" or 12 (RFC 9110, 13.1.1); "*" asks for nothing that a command would not ask anyway.
std::variant<std::optional<std::int64_t>, Problem> expected_version(const std::string& if_match) {
  std::string_view text = trim(if_match);
  if (text.empty() || text == "*") return std::optional<std::int64_t>();
  if (text.starts_with("W/")) text.remove_prefix(2);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    text = text.substr(1, text.size() - 2);
  if (const auto number = parse_integer(text)) return std::optional<std::int64_t>(*number);
  return Problem{400, "bad_if_match", "If-Match holds no ETag of this server",
                 "send the ETag that a GET of the same thing answered with"};
}

std::variant<engine::Terms, Problem> terms_of(const Request& request) {
  const auto expected = expected_version(request.if_match);
  if (const auto* problem = std::get_if<Problem>(&expected)) return *problem;
  if (request.idempotency_key.size() > k_longest_key) {
    return Problem{400, "bad_idempotency_key",
                   "Idempotency-Key is longer than " + std::to_string(k_longest_key) + " bytes"};
  }
  return engine::Terms{
      .expected = std::get<std::optional<std::int64_t>>(expected),
      .idempotency_key = request.idempotency_key,
      .fingerprint = sha256_hex(request.method + ' ' + request.path + '\n' + request.body)};
}

}  // namespace

Response with_etag(Response response, std::int64_t version) {
  response.headers.emplace_back("ETag", "\"" + std::to_string(version) + "\"");
  return response;
}

Result<Response> execute(const Services& services, const Request& request,
                         const engine::Request& command, int status_when_done) {
  const auto terms = terms_of(request);
  if (const auto* problem = std::get_if<Problem>(&terms)) return refuse(request, *problem);
  const engine::Answer answer =
      services.commands.execute(command, request.actor, std::get<engine::Terms>(terms));
  if (answer.kind != engine::Answer::Kind::done) return refuse(request, problem_of(answer));
  views::Picture picture{.now = wall_now()};
  if (answer.task) {
    ORC_TRY(const engine::StatusPtr status, published_status(services));
    ORC_TRY(const auto reader, services.readers.borrow());
    ORC_TRY(picture, take_picture(*reader, *status));
  }
  Response response = json_response(views::answer(answer, picture), status_when_done);
  return answer.task ? with_etag(std::move(response), answer.task->rev) : response;
}

}  // namespace orc::http
