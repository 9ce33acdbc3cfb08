// SPDX-License-Identifier: Apache-2.0
#include "http/problem.h"

#include <cctype>
#include <nlohmann/json.hpp>

#include "http/views/views.h"

namespace orc::http {

namespace {

std::string title_of(const std::string& code) {
  std::string title = code;
  for (char& c : title) {
    if (c == '_') c = ' ';
  }
  if (!title.empty())
    title[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(title[0])));
  return title;
}

int status_of(engine::Answer::Kind kind) {
  switch (kind) {
    case engine::Answer::Kind::done:
      return 200;
    case engine::Answer::Kind::invalid:
      return 422;
    case engine::Answer::Kind::not_found:
      return 404;
    case engine::Answer::Kind::conflict:
      return 409;
    case engine::Answer::Kind::not_permitted:
      return 403;
    case engine::Answer::Kind::unavailable:
      return 503;
    case engine::Answer::Kind::changed:
      return 412;
  }
  return 500;
}

struct ErrorRow {
  int status;
  std::string_view code;
};

ErrorRow row_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::not_found:
      return {404, "not_found"};
    case ErrorKind::malformed:
      return {400, "malformed"};
    case ErrorKind::conflict:
      return {409, "conflict"};
    case ErrorKind::refused:
      return {422, "refused"};
    case ErrorKind::unavailable:
      return {503, "unavailable"};
    case ErrorKind::io:
      return {500, "io_error"};
    case ErrorKind::internal:
      return {500, "internal_error"};
  }
  return {500, "internal_error"};
}

}  // namespace

Response to_response(const Problem& problem, const std::string& instance) {
  views::Json body{{"type", "about:blank"},    {"title", title_of(problem.code)},
                   {"status", problem.status}, {"code", problem.code},
                   {"instance", instance},     {"detail", problem.detail}};
  if (!problem.hint.empty()) body["hint"] = problem.hint;
  return Response{.status = problem.status,
                  .content_type = "application/problem+json",
                  .body = views::dump(body)};
}

Problem problem_of(const engine::Answer& answer) {
  return Problem{status_of(answer.kind), answer.code, answer.text, answer.hint};
}

Problem problem_of(const Error& error) {
  const ErrorRow row = row_of(error.kind);
  return Problem{row.status, std::string(row.code), error.message};
}

}  // namespace orc::http
