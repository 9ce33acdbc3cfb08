// SPDX-License-Identifier: Apache-2.0
#include "http/board_guard.h"

#include "base/digest.h"
#include "base/log.h"
#include "base/text.h"
#include "http/problem.h"

namespace orc::http {

namespace {

bool is_own_page(std::string_view origin, std::string_view host) {
  const std::string given = lower(origin);
  return given == "http://" + lower(host) || given == "https://" + lower(host);
}

Response refused(const Request& request, const Problem& problem) {
  log(LogLevel::warning, "http.write_refused", problem.detail,
      {{"method", request.method}, {"path", printable(request.path)}, {"code", problem.code}});
  return to_response(problem, request.path);
}

}  // namespace

OperatorToken::OperatorToken(const std::string& token)
    : digest_(token.empty() ? "" : sha256_hex(token)) {}

bool OperatorToken::is_carried_by(std::string_view authorization) const {
  constexpr std::string_view k_scheme = "bearer ";
  if (!is_set() || authorization.size() <= k_scheme.size() ||
      lower(authorization.substr(0, k_scheme.size())) != k_scheme) {
    return false;
  }
  return same_digest(digest_, sha256_hex(trim(authorization.substr(k_scheme.size()))));
}

std::optional<Response> admit_at_board(const OperatorToken& token, Request& request) {
  request.is_operator = token.is_carried_by(request.authorization);
  if (request.is_operator) request.actor.name = "token";
  if (is_read(request.method)) return std::nullopt;
  if (!token.is_set()) {
    return to_response({403, "read_only_board", "this board only reads",
                        "use the control socket (orchestrator, curl --unix-socket), or give "
                        "http.board.operator_token and send it as Authorization: Bearer"},
                       request.path);
  }
  // A browser sends it with every write, and no page can leave it out.
  if (!request.origin.empty() && !is_own_page(request.origin, request.host)) {
    return refused(request, {403, "foreign_origin", "a page of another site may not command this host",
                             "send it from the board's own address, or without a browser"});
  }
  if (request.is_operator) return std::nullopt;
  Response response =
      refused(request, {401, "wrong_token",
                        request.authorization.empty() ? "a write needs the operator's token"
                                                      : "that is not the operator's token",
                        "Authorization: Bearer, with what http.board.operator_token refers to"});
  response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"orchestrator\"");
  return response;
}

}  // namespace orc::http
