// SPDX-License-Identifier: Apache-2.0
#include "http/event_streams.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "base/redact.h"
#include "http/sentence.h"
#include "http/views/views.h"

namespace orc::http {

namespace {

constexpr Millis k_comment_every{15'000};
constexpr Millis k_queue_every{250};
// Nobody tells the host what a worker writes.
constexpr Millis k_log_every{200};
constexpr Millis k_longest_wait{60'000};
constexpr std::size_t k_page = 500;
constexpr std::int64_t k_longest_gap = 10'000;
constexpr std::size_t k_longest_backlog = 256 * 1024;
constexpr std::size_t k_most_names = 10'000;

constexpr std::string_view k_head =
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: text/event-stream\r\n"
    "Cache-Control: no-store\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Connection: close\r\n"
    "\r\n"
    "retry: 2000\n\n";

std::string to_data(const Event& event, const std::string& work_item) {
  std::map<TaskId, std::string> names;
  if (!work_item.empty()) names.emplace(event.task, work_item);
  const views::Json page = views::event_page({event}, names);
  return redacted(views::dump(page["events"][0]));
}

std::string log_data(JobId run, int attempt, const std::vector<LogLine>& lines) {
  views::Json rows = views::Json::array();
  for (const LogLine& line : lines) rows.push_back({{"n", line.number}, {"text", line.text}});
  return redacted(
      views::dump({{"run", run.value}, {"attempt", attempt}, {"lines", std::move(rows)}}));
}

// What the sentence is made from has not changed.
bool is_same_queue(const engine::StatusPtr& seen, const engine::StatusPtr& now) {
  if (!seen || !now || seen->last_event != now->last_event) return seen == now;
  return std::ranges::equal(seen->running, now->running, {}, &engine::RunningJob::job,
                            &engine::RunningJob::job);
}

void complain(const Status& status) {
  if (status.ok()) return;
  log(LogLevel::error, "http.failed", status.error().message, {{"route", "/api/v1/events"}});
}

}  // namespace

EventStreams::EventStreams(ReaderPool& readers, Changes& changes, engine::StatusPort& status,
                           std::filesystem::path state_dir)
    : readers_(readers),
      changes_(changes),
      status_(status),
      state_dir_(std::move(state_dir)),
      thread_([this] { run(); }) {}

EventStreams::~EventStreams() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changes_.wake();
  thread_.join();
}

bool EventStreams::add(const Poco::Net::StreamSocket& socket, StreamWish wish) {
  const std::lock_guard lock(mutex_);
  if (count_ >= k_most || stopping_) return false;
  ++count_;
  arriving_.push_back(
      Stream{.socket = socket, .wish = std::move(wish), .out = std::string(k_head)});
  changes_.listen(true);
  changes_.wake();
  return true;
}

void EventStreams::run() {
  while (true) {
    std::vector<pollfd> watched{{changes_.fd(), POLLIN, 0}};
    for (const Stream& stream : streams_) {
      const short events = stream.out.empty() ? POLLRDHUP : POLLRDHUP | POLLOUT;
      watched.push_back({stream.socket.impl()->sockfd(), events, 0});
    }
    ::poll(watched.data(), watched.size(), patience());
    std::uint64_t drained = 0;
    [[maybe_unused]] const auto got = ::read(changes_.fd(), &drained, sizeof(drained));
    std::vector<Stream> arrived;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      arrived.swap(arriving_);
    }
    look_at(watched);
    take_in(arrived);
    send_news();
    bury();
  }
}

// In milliseconds; -1: until something happens.
int EventStreams::patience() const {
  if (streams_.empty()) return -1;
  const auto wants_queue = [](const Stream& stream) { return stream.wish.queue; };
  Millis limit = k_comment_every;
  if (!is_same_queue(queue_seen_, status_.status()) && std::ranges::any_of(streams_, wants_queue))
    limit = k_queue_every;
  if (std::ranges::any_of(streams_, [](const Stream& stream) { return stream.log.has_value(); }))
    limit = std::min(limit, k_log_every);
  return static_cast<int>(limit.count());
}

// Row 0 is the wake-up, the others are the streams in order.
void EventStreams::look_at(const std::vector<pollfd>& watched) {
  const MonoTime now = mono_now();
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    Stream& stream = streams_[i];
    const auto seen = static_cast<unsigned>(watched[i + 1].revents);
    if ((seen & static_cast<unsigned>(POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0)
      stream.is_dead = true;
    if (now - stream.spoken >= k_comment_every) say(stream, ": still here\n\n");
  }
}

void EventStreams::take_in(std::vector<Stream>& arrived) {
  for (Stream& stream : arrived) {
    stream.sent = -1;
    stream.queue_told = -1;
    stream.spoken = stream.taken = mono_now();
    if (const auto& log = stream.wish.log) {
      stream.log.emplace(FollowedLog{
          log->attempt, LogTail(state_dir_, log_path(log->run, log->attempt), log->from)});
    }
    streams_.push_back(std::move(stream));
  }
}

void EventStreams::send_news() {
  if (streams_.empty()) return;
  const auto reader = readers_.borrow();
  Pages pages;
  if (reader.ok()) complain(look_at_queue(*reader.value()));
  for (Stream& stream : streams_) {
    if (reader.ok() && !stream.is_dead) complain(send_news_to(*reader.value(), stream, pages));
    flush(stream);
  }
}

Status EventStreams::send_news_to(store::Reader& reader, Stream& stream, Pages& pages) {
  ORC_CHECK_OK(catch_up(reader, stream, pages));
  if (stream.wish.queue && stream.queue_told != queue_state_ && !queue_data_.empty()) {
    tell(stream, "queue", queue_data_);
    stream.queue_told = queue_state_;
  }
  return stream.log ? follow_log(reader, stream) : Status(Done{});
}

Status EventStreams::look_at_queue(store::Reader& reader) {
  const MonoTime now = mono_now();
  const auto wants_queue = [](const Stream& stream) { return stream.wish.queue; };
  if (now < queue_due_ || std::ranges::none_of(streams_, wants_queue)) return Done{};
  const engine::StatusPtr status = status_.status();
  if (!status || !status->generation || is_same_queue(queue_seen_, status)) return Done{};
  queue_due_ = now + k_queue_every;
  ORC_TRY(const std::string sentence, sentence_of(reader, *status));
  queue_seen_ = status;
  queue_data_ = redacted(views::dump({{"text", sentence},
                                      {"draining", status->draining},
                                      {"busy", status->running.size()},
                                      {"workers", status->workers}}));
  ++queue_state_;
  return Done{};
}

Status EventStreams::follow_log(store::Reader& reader, Stream& stream) {
  const JobId run = stream.wish.log->run;
  // Asked for before the log is read: what an ended run has written is all there.
  ORC_TRY(const auto job, reader.job(run));
  const bool is_over = !job || job->state == JobState::finished;
  const bool is_next = job && job->attempt != stream.log->attempt;
  ORC_CHECK_OK(send_lines(stream, is_over || is_next));
  if (!stream.log->tail.is_at_end() || !(is_over || is_next)) return Done{};
  if (is_next) {
    stream.log.emplace(
        FollowedLog{job->attempt, LogTail(state_dir_, log_path(run, job->attempt), 1)});
    return follow_log(reader, stream);
  }
  tell(stream, "end", views::dump({{"run", run.value}, {"attempt", stream.log->attempt}}));
  stream.log.reset();
  stream.ends_when_taken = stream.wish.is_log_alone();
  return Done{};
}

Status EventStreams::send_lines(Stream& stream, bool is_whole) {
  while (stream.out.size() < k_longest_backlog && !stream.is_dead) {
    ORC_TRY(const std::vector<LogLine> lines, stream.log->tail.read(is_whole));
    if (!lines.empty())
      tell(stream, "log", log_data(stream.wish.log->run, stream.log->attempt, lines));
    if (stream.log->tail.is_at_end()) break;
    flush(stream);
  }
  return Done{};
}

// Everything behind what it has, as far as it takes it.
Status EventStreams::catch_up(store::Reader& reader, Stream& stream, Pages& pages) {
  if (stream.sent < 0) {
    ORC_TRY(const EventId newest, reader.last_event());
    stream.sent = stream.wish.after.value_or(newest.value);
    if (newest.value - stream.sent > k_longest_gap || stream.sent > newest.value) {
      stream.sent = newest.value;
      tell(stream, "resync", "{}");
    }
  }
  while (stream.out.size() < k_longest_backlog && !stream.is_dead) {
    ORC_TRY(const std::vector<Line>* lines, page_behind(reader, stream.sent, pages));
    for (const Line& line : *lines) {
      stream.sent = line.event.id.value;
      if (wants(stream.wish, line)) tell(stream, "event", line.data);
    }
    if (lines->size() < k_page) break;
    flush(stream);
  }
  return Done{};
}

Result<const std::vector<EventStreams::Line>*> EventStreams::page_behind(store::Reader& reader,
                                                                         std::int64_t event,
                                                                         Pages& pages) {
  const auto known = pages.find(event);
  if (known != pages.end()) return static_cast<const std::vector<Line>*>(&known->second);
  ORC_TRY(const auto events, reader.events(EventId{event}, TaskId{}, static_cast<int>(k_page)));
  std::vector<Line>& lines = pages[event];
  for (const Event& next : events) {
    ORC_TRY(std::string work_item, name_of(reader, next.task));
    std::string data = to_data(next, work_item);
    lines.push_back({next, std::move(work_item), std::move(data)});
  }
  return static_cast<const std::vector<Line>*>(&lines);
}

bool EventStreams::wants(const StreamWish& wish, const Line& line) {
  if (line.event.task.value == 0) return wish.host;
  return wish.tasks || wish.work_items.contains(line.work_item);
}

std::string EventStreams::place_of(const Stream& stream) {
  const std::string event = std::to_string(stream.sent);
  if (!stream.log) return event;
  return event + ';' + std::to_string(stream.log->attempt) + '.' +
         std::to_string(stream.log->tail.line());
}

void EventStreams::tell(Stream& stream, std::string_view kind, const std::string& data) {
  say(stream, "id: " + place_of(stream) + "\nevent: " + std::string(kind) + "\ndata: " + data +
                  "\n\n");
}

void EventStreams::say(Stream& stream, const std::string& text) {
  stream.out += text;
  stream.spoken = mono_now();
}

Result<std::string> EventStreams::name_of(store::Reader& reader, TaskId task) {
  if (task.value == 0) return std::string();
  if (const auto known = names_.find(task); known != names_.end()) return known->second;
  ORC_TRY(const auto found, reader.task(task));
  if (names_.size() >= k_most_names) names_.clear();
  return names_.emplace(task, found ? found->work_item : "").first->second;
}

void EventStreams::flush(Stream& stream) {
  const MonoTime now = mono_now();
  while (!stream.out.empty()) {
    const ssize_t sent = ::send(stream.socket.impl()->sockfd(), stream.out.data(),
                                stream.out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent <= 0) {
      stream.is_dead = errno != EAGAIN && errno != EINTR;
      break;
    }
    stream.out.erase(0, static_cast<std::size_t>(sent));
    stream.taken = now;
  }
  if (stream.out.empty()) stream.taken = now;
  if (stream.ends_when_taken && stream.out.empty()) stream.is_dead = true;
  if (now - stream.taken > k_longest_wait) stream.is_dead = true;
}

void EventStreams::bury() {
  for (const Stream& stream : streams_) {
    // What was sent is taken before the connection ends.
    if (stream.is_dead && stream.ends_when_taken)
      ::shutdown(stream.socket.impl()->sockfd(), SHUT_WR);
  }
  const auto buried = std::erase_if(streams_, [](const Stream& stream) { return stream.is_dead; });
  const std::lock_guard lock(mutex_);
  count_ -= buried;
  if (streams_.empty() && arriving_.empty()) changes_.listen(false);
}

}  // namespace orc::http
