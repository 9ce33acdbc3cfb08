// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "http/handlers/handlers.h"
#include "http/handlers/shared.h"

namespace orc::http {

namespace {

template <typename Command>
Result<Response> about_task(const Services& services, const Request& request) {
  const auto body = object_body(request, {"reason"});
  if (const auto* problem = std::get_if<Problem>(&body)) return refuse(request, *problem);
  const auto reason = text_field(std::get<views::Json>(body), "reason");
  if (const auto* problem = std::get_if<Problem>(&reason)) return refuse(request, *problem);
  return execute(services, request, Command{request.captured.at(0), std::get<std::string>(reason)});
}

struct SubmitField {
  const char* key;
  std::string engine::Submit::*member;
};
constexpr std::array k_submit_fields{
    SubmitField{"work_item", &engine::Submit::work_item},
    SubmitField{"title", &engine::Submit::title},
    SubmitField{"request", &engine::Submit::request},
    SubmitField{"repo", &engine::Submit::repo},
    SubmitField{"repo_url", &engine::Submit::repo_url},
    SubmitField{"branch", &engine::Submit::branch},
};

// A title stands in lists, commit messages and alerts: one line, and short enough to be read there.
std::optional<Problem> problem_of_title(const std::string& title) {
  if (title.empty()) return Problem{422, "title_missing", "a task needs a title"};
  constexpr std::size_t k_longest = 300;
  if (title.size() > k_longest) {
    return Problem{422, "invalid_field",
                   "title is longer than " + std::to_string(k_longest) + " bytes",
                   "put the long text into the request: --file"};
  }
  const bool one_line = std::none_of(title.begin(), title.end(),
                                     [](unsigned char c) { return c < 0x20U || c == 0x7FU; });
  if (!one_line) return Problem{422, "invalid_field", "title must be one line of plain text"};
  return std::nullopt;
}

std::variant<engine::Submit, Problem> submit_of(const views::Json& body) {
  engine::Submit submit;
  for (const SubmitField& field : k_submit_fields) {
    const auto text = text_field(body, field.key);
    if (const auto* problem = std::get_if<Problem>(&text)) return *problem;
    submit.*field.member = std::get<std::string>(text);
  }
  const auto from = text_field(body, "from");
  if (const auto* problem = std::get_if<Problem>(&from)) return *problem;
  const auto& stage = std::get<std::string>(from);
  if (!stage.empty()) {
    submit.from = parse_stage(stage);
    if (!submit.from) return Problem{422, "unknown_stage", "there is no stage " + stage};
  }
  if (auto problem = problem_of_title(submit.title)) return *std::move(problem);
  return submit;
}

// Two names for one repository: a path that the configuration knows is that repository.
void resolve_repository(engine::Submit& submit, const config::Config& config) {
  if (submit.repo_url.empty() || !submit.repo.empty()) return;
  for (const auto& [name, repo] : config.repos) {
    if (repo.clone != submit.repo_url) continue;
    submit.repo = name;
    submit.repo_url.clear();
    return;
  }
}

}  // namespace

Result<Response> submit_task(const Services& services, const Request& request) {
  ORC_TRY(const engine::StatusPtr status, published_status(services));
  std::vector<std::string> known{"from"};
  for (const SubmitField& field : k_submit_fields) known.emplace_back(field.key);
  const auto body = object_body(request, known);
  if (const auto* problem = std::get_if<Problem>(&body)) return refuse(request, *problem);
  auto submit = submit_of(std::get<views::Json>(body));
  if (const auto* problem = std::get_if<Problem>(&submit)) return refuse(request, *problem);
  resolve_repository(std::get<engine::Submit>(submit), status->generation->config);
  constexpr int k_created = 201;
  return execute(services, request, std::get<engine::Submit>(std::move(submit)), k_created);
}

Result<Response> approve_task(const Services& services, const Request& request) {
  return about_task<engine::Approve>(services, request);
}
Result<Response> reject_task(const Services& services, const Request& request) {
  return about_task<engine::Reject>(services, request);
}
Result<Response> retry_task(const Services& services, const Request& request) {
  return about_task<engine::Retry>(services, request);
}
Result<Response> hold_task(const Services& services, const Request& request) {
  return about_task<engine::PutOnHold>(services, request);
}
Result<Response> release_task(const Services& services, const Request& request) {
  return about_task<engine::Release>(services, request);
}
Result<Response> cancel_task(const Services& services, const Request& request) {
  return about_task<engine::Cancel>(services, request);
}

}  // namespace orc::http
