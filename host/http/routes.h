// SPDX-License-Identifier: Apache-2.0
// The one table of what the host answers to over HTTP. A pattern is also the metric label of its
// requests.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/exchange.h"
#include "http/problem.h"
#include "http/services.h"

namespace orc::http {

using Handler = Result<Response> (*)(const Services& services, const Request& request);

struct Route {
  std::string_view method;   // GET also answers HEAD
  std::string_view pattern;  // {x}: one segment; {x*}: the rest of the path
  Handler handler;
  std::string_view text;  // for people
  // The query's keys, as CSV: another one is refused, so that a mistyped one does not look like one
  // that was left out. "*": whatever is there is left alone.
  std::string_view query = "";
  bool is_snapshot = false;  // on the board it may be a moment old: snapshot_pages.h
};

std::span<const Route> routes();
const Route& events_route();
// The table of docs/operations/http.md.
std::string routes_markdown();

// What is wrong with the query of a request for `route`; nothing, if it knows every key.
std::optional<Problem> refuse_query(const Route& route, const Request& request);

// The decoded placeholders, if the path fits the pattern.
std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path);
// "%2F" → "/"; nothing for a broken escape or a NUL.
std::optional<std::string> percent_decode(std::string_view text);
std::map<std::string, std::string> parse_query(std::string_view query);

struct Dispatched {
  std::shared_ptr<const Sendable> response;
  std::string_view route;  // the pattern, or "unmatched"
};
// Finds the route and answers; a problem is an answer too. Never throws.
Dispatched dispatch(const Services& services, Request request);

}  // namespace orc::http
