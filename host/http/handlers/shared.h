// SPDX-License-Identifier: Apache-2.0
// What several handlers do alike. [any HTTP thread]
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "http/problem.h"
#include "http/services.h"
#include "http/views/views.h"

namespace orc::http {

inline constexpr int k_longest_queue = 1000;
inline constexpr int k_default_page = 100;
inline constexpr int k_longest_page = 1000;

Response json_response(const views::Json& body, int status = 200);
Response refuse(const Request& request, const Problem& problem);
// What a later If-Match names.
Response with_etag(Response response, std::int64_t version);

Result<views::Picture> take_picture(store::Reader& reader, const engine::Snapshot& status);
// With the live jobs of these tasks, also where so many wait that the picture does not hold them.
Result<views::Picture> take_picture_with(store::Reader& reader, const engine::Snapshot& status,
                                         std::span<const Task> tasks);
// For who asks nothing about a job: a thousand rows are not read.
Result<views::Picture> picture_without_jobs(store::Reader& reader, const engine::Snapshot& status);

// A connection, the host's state, and the task that the path names.
struct Subject {
  engine::StatusPtr status;
  ReaderPool::Loan reader;
  std::optional<Task> task;  // nothing: there is no such task
};
Result<Subject> subject_of(const Services& services, const Request& request);
Problem no_such_task(const std::string& id);
// With its live job.
Result<views::Picture> picture_of(const Subject& subject);
Result<views::TaskFacts> facts_of(store::Reader& reader, TaskId task);

// A whole number of the query within bounds; the default where the key is absent; a Problem
// otherwise.
struct NumberRule {
  const char* key;
  std::int64_t fallback;
  std::int64_t least;
  std::int64_t most;
};
std::variant<std::int64_t, Problem> query_number(const Request& request, const NumberRule& rule);

// The body as a JSON object; an empty body is an empty object.
// A key that is not `known` is refused: a mistyped one must not look like one that was left out.
std::variant<views::Json, Problem> object_body(const Request& request,
                                               const std::vector<std::string>& known);
// A string of the body: absent is empty, another type is a Problem.
std::variant<std::string, Problem> text_field(const views::Json& body, const std::string& key);

// Carries the command out and shows what the engine said.
Result<Response> execute(const Services& services, const Request& request,
                         const engine::Request& command, int status_when_done = 200);

}  // namespace orc::http
