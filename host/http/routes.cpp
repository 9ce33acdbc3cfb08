// SPDX-License-Identifier: Apache-2.0
#include "http/routes.h"

#include <algorithm>
#include <array>

#include "base/log.h"
#include "base/text.h"
#include "http/handlers/handlers.h"
#include "http/problem.h"

namespace orc::http {

namespace {

constexpr std::string_view k_unmatched = "unmatched";

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool answers(const Route& route, std::string_view method) {
  return route.method == method || (route.method == "GET" && method == "HEAD");
}

// They are signed by a forge and served at its door alone.
bool is_of_webhooks(const Route& route) {
  return route.pattern.starts_with("/webhooks/");
}

Response refused_without_route(const Request& request, const std::vector<std::string>& allowed) {
  if (allowed.empty()) {
    return to_response(Problem{404, "no_such_route", "nothing is served under this path"},
                       request.path);
  }
  Response response = to_response(
      Problem{405, "method_not_allowed", "this path does not answer to that method"}, request.path);
  response.headers.emplace_back("Allow", join(allowed, ", "));
  return response;
}

std::shared_ptr<const Sendable> shared(Response response) {
  return std::make_shared<const Sendable>(std::move(response));
}

Response answer(const Route& route, const Services& services, const Request& request) {
  const auto response = guard("request", [&] { return route.handler(services, request); });
  if (response.ok()) return response.value();
  const Problem problem = problem_of(response.error());
  if (problem.status >= 500) {
    log(LogLevel::error, "http.failed", problem.detail, {{"route", std::string(route.pattern)}});
  }
  return to_response(problem, request.path);
}

}  // namespace

std::optional<Problem> refuse_query(const Route& route, const Request& request) {
  if (route.query == "*") return std::nullopt;
  const std::vector<std::string> known = split_csv(route.query);
  for (const auto& [key, value] : request.query) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const auto near = nearest(key, known);
    return Problem{400, "unknown_parameter",
                   "unknown parameter \"" + printable(key) + "\"" +
                       (near ? "; did you mean \"" + *near + "\"?" : ""),
                   known.empty() ? "this route takes none" : "known: " + join(known, ", ")};
  }
  return std::nullopt;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0 || high + low == 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::map<std::string, std::string> parse_query(std::string_view query) {
  std::map<std::string, std::string> values;
  for (const std::string_view pair : split(query, '&')) {
    const std::size_t equals = pair.find('=');
    const auto key = percent_decode(pair.substr(0, equals));
    const auto value =
        percent_decode(equals == std::string_view::npos ? "" : pair.substr(equals + 1));
    if (key && value && !key->empty()) values.insert_or_assign(*key, *value);
  }
  return values;
}

std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path) {
  std::vector<std::string> captured;
  while (true) {
    const bool rest = pattern.ends_with("*}") && pattern.find('/', 1) == std::string_view::npos;
    const std::size_t pattern_end = std::min(pattern.find('/', 1), pattern.size());
    const std::size_t path_end = rest ? path.size() : std::min(path.find('/', 1), path.size());
    const std::string_view wanted = pattern.substr(0, pattern_end);
    const std::string_view segment = path.substr(0, path_end);
    if (wanted.starts_with("/{")) {
      auto value = segment.size() > 1 ? percent_decode(segment.substr(1)) : std::nullopt;
      if (!value) return std::nullopt;
      captured.push_back(std::move(*value));
    } else if (wanted != segment) {
      return std::nullopt;
    }
    pattern.remove_prefix(pattern_end);
    path.remove_prefix(path_end);
    if (pattern.empty() || path.empty()) break;
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return captured;
}

Dispatched dispatch(const Services& services, Request request) {
  if (request.door == Door::board) {
    if (auto refused = admit_at_board(services.operator_token, request))
      return {shared(std::move(*refused)), k_unmatched};
  }
  std::vector<std::string> allowed;
  for (const Route& route : routes()) {
    if (is_of_webhooks(route) != (request.door == Door::webhooks)) continue;
    auto captured = match(route.pattern, request.path);
    if (!captured) continue;
    if (!answers(route, request.method)) {
      allowed.emplace_back(route.method);
      if (route.method == "GET") allowed.emplace_back("HEAD");
      continue;
    }
    if (const auto problem = refuse_query(route, request))
      return {shared(to_response(*problem, request.path)), route.pattern};
    request.captured = std::move(*captured);
    if (route.is_snapshot && request.door == Door::board) {
      const auto detach = [&]() -> SnapshotPages::Render {
        return [&route, &services, request] { return answer(route, services, request); };
      };
      return {services.pages.get(route.pattern, services.status.status(), detach), route.pattern};
    }
    return {shared(answer(route, services, request)), route.pattern};
  }
  return {shared(refused_without_route(request, allowed)), k_unmatched};
}

}  // namespace orc::http
