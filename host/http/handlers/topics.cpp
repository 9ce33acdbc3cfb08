// SPDX-License-Identifier: Apache-2.0
// What a listener of the event stream asks for, and where it goes on.
#include <array>

#include "base/text.h"
#include "http/handlers/handlers.h"
#include "http/handlers/shared.h"

namespace orc::http {

namespace {

struct Topic {
  std::string_view word;  // with a colon: a name follows
  // False: the name is none of its kind.
  bool (*add)(StreamWish& wish, std::string_view name);
};

bool add_log(StreamWish& wish, std::string_view name) {
  const auto run = parse_integer(name);
  if (!run || *run <= 0 || wish.log) return false;
  wish.log = LogWish{.run = JobId{*run}};
  return true;
}

constexpr std::array k_topics{
    Topic{"tasks", [](StreamWish& wish, std::string_view) { return wish.tasks = true; }},
    Topic{"host", [](StreamWish& wish, std::string_view) { return wish.host = true; }},
    Topic{"queue", [](StreamWish& wish, std::string_view) { return wish.queue = true; }},
    Topic{"task:",
          [](StreamWish& wish, std::string_view name) {
            wish.work_items.emplace(name);
            return !name.empty();
          }},
    Topic{"log:", add_log},
};
constexpr const char* k_known = "tasks, host, queue, task:WORK-ITEM, log:RUN (one)";

bool add_topic(StreamWish& wish, std::string_view topic) {
  for (const Topic& row : k_topics) {
    const bool is_named = row.word.ends_with(':');
    if (is_named ? topic.starts_with(row.word) : topic == row.word)
      return row.add(wish, topic.substr(row.word.size()));
  }
  return false;
}

// "1234", or "1234;2.57" of a stream with a log: the event, and the attempt and line of the log.
void go_on(StreamWish& wish, std::string_view last_event_id) {
  const std::size_t cut = last_event_id.find(';');
  const auto event = parse_integer(last_event_id.substr(0, cut));
  if (event && *event >= 0) wish.after = *event;
  if (!wish.log || cut == std::string_view::npos) return;
  const std::string_view place = last_event_id.substr(cut + 1);
  const std::size_t dot = place.find('.');
  if (dot == std::string_view::npos) return;
  const auto attempt = parse_integer(place.substr(0, dot));
  const auto line = parse_integer(place.substr(dot + 1));
  if (!attempt || !line || *line < 0) return;
  wish.log->attempt = static_cast<int>(*attempt);
  wish.log->from = *line + 1;
}

}  // namespace

Result<std::variant<StreamWish, Problem>> stream_wish(const Services& services,
                                                      const Request& request,
                                                      const std::string& last_event_id) {
  using Wish = std::variant<StreamWish, Problem>;
  StreamWish wish;
  const auto given = request.query.find("topics");
  if (given != request.query.end() && !given->second.empty()) {
    wish.tasks = wish.host = false;
    for (const std::string_view topic : split(given->second, ',')) {
      if (add_topic(wish, topic)) continue;
      return Wish(Problem{400, "unknown_topic", "there is no topic " + printable(topic), k_known});
    }
  }
  const auto after = query_number(request, {"after", -1, 0, INT64_MAX});
  if (const auto* problem = std::get_if<Problem>(&after)) return Wish(*problem);
  const auto from = query_number(request, {"from", 1, 1, INT64_MAX / 2});
  if (const auto* problem = std::get_if<Problem>(&from)) return Wish(*problem);
  if (std::get<std::int64_t>(after) >= 0) wish.after = std::get<std::int64_t>(after);
  if (wish.log) {
    ORC_TRY(const auto reader, services.readers.borrow());
    ORC_TRY(const auto job, reader->job(wish.log->run));
    if (!job) return Wish(Problem{404, "run_not_found", "there is no run of that number"});
    wish.log->attempt = job->attempt;
    wish.log->from = std::get<std::int64_t>(from);
  }
  go_on(wish, last_event_id);
  return Wish(std::move(wish));
}

}  // namespace orc::http
