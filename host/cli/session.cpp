// SPDX-License-Identifier: Apache-2.0
#include "cli/session.h"

#include <nlohmann/json.hpp>
#include <ostream>

#include "base/text.h"
#include "cli/text_views.h"

namespace orc::cli {

namespace {

constexpr int k_ok = 200;
constexpr int k_first_failure = 400;

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

ExitCode exit_code_of_connection(const Error& error) {
  return error.kind == ErrorKind::refused ? ExitCode::not_permitted : ExitCode::unreachable;
}

}  // namespace

void Session::print_text(const std::string& text) const {
  if (!text.empty()) terminal_.out << printable(text) << std::flush;
}

void Session::message(const std::string& text) const {
  terminal_.err << printable(text) << "\n" << std::flush;
}

void Session::print(const Json& answer, TextView view) const {
  if (output_ == OutputFormat::text) return print_text(view(answer));
  terminal_.out << dump(answer) << "\n" << std::flush;
}

void Session::print_problem(const Json& problem) const {
  message(text_field(problem, "detail"));
  if (problem.contains("findings")) message(findings_text(problem));
  if (const std::string hint = text_field(problem, "hint"); !hint.empty()) message("  " + hint);
  if (output_ != OutputFormat::text) terminal_.out << dump(problem) << "\n" << std::flush;
}

Result<Json> Session::judge(const Result<Reply>& reply, ExitCode& failure) const {
  if (!reply.ok()) {
    failure = exit_code_of_connection(reply.error());
    message(reply.error().message);
    return reply.error();
  }
  Json answer = Json::parse(reply.value().body, nullptr, false);
  if (!answer.is_object()) {
    failure = ExitCode::unreachable;
    message(client_.socket().string() + " did not answer in JSON (HTTP " +
            std::to_string(reply.value().status) + "); is it an orchestrator?");
    return Error{ErrorKind::malformed, "not JSON"};
  }
  const bool is_problem = answer.contains("code") && answer.contains("detail");
  if (reply.value().status < k_first_failure || !is_problem) return answer;
  failure = exit_code_of(reply.value().status, text_field(answer, "code"));
  print_problem(answer);
  return Error{ErrorKind::refused, text_field(answer, "detail")};
}

Result<Json> Session::ask(const std::string& target, ExitCode& failure) const {
  return judge(client_.get(target), failure);
}

ExitCode Session::listen(
    const std::string& target,
    const std::function<bool(std::string_view event, const Json& data)>& take) const {
  bool is_done = false;
  const auto reply = client_.listen(target, [&](const StreamMessage& message) {
    is_done = !take(message.event, Json::parse(message.data, nullptr, false));
    return !is_done;
  });
  if (is_done) return ExitCode::done;
  ExitCode failure = ExitCode::unreachable;
  if (!reply.ok() || reply.value().status != k_ok) {
    (void)judge(reply, failure);
  } else {
    message("the host has ended the stream");
  }
  return failure;
}

ExitCode Session::finish(const Result<Reply>& reply, TextView view) const {
  ExitCode failure = ExitCode::done;
  const auto answer = judge(reply, failure);
  if (!answer.ok()) return failure;
  print(answer.value(), view);
  return ExitCode::done;
}

ExitCode Session::show(const std::string& target, TextView view) const {
  return finish(client_.get(target), view);
}

ExitCode Session::show_rows(const std::string& target, const std::string& rows,
                            TextView view) const {
  if (output_ != OutputFormat::jsonl) return show(target, view);
  ExitCode failure = ExitCode::done;
  const auto answer = ask(target, failure);
  if (!answer.ok()) return failure;
  for (const Json& row : object_field(answer.value(), rows)) terminal_.out << dump(row) << "\n";
  terminal_.out << std::flush;
  return ExitCode::done;
}

ExitCode Session::post(const std::string& target, const Json& body, TextView view) const {
  return finish(client_.post(target, dump(body), k_command_timeout), view);
}

ExitCode Session::remove(const std::string& target, const Json& body, TextView view) const {
  return finish(client_.remove(target, dump(body)), view);
}

}  // namespace orc::cli
