// SPDX-License-Identifier: Apache-2.0
#include "http/event_streams.h"

#include <sys/socket.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "base/redact.h"
#include "http/views/views.h"

namespace orc::http {

namespace {

constexpr Millis k_comment_every{15'000};
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

std::string message(std::int64_t id, std::string_view kind, const std::string& data) {
  return "id: " + std::to_string(id) + "\nevent: " + std::string(kind) + "\ndata: " + data + "\n\n";
}

std::string to_text(const Event& event, const std::string& work_item) {
  std::map<TaskId, std::string> names;
  if (!work_item.empty()) names.emplace(event.task, work_item);
  const views::Json page = views::event_page({event}, names);
  return message(event.id.value, "event", redacted(views::dump(page["events"][0])));
}

}  // namespace

EventStreams::EventStreams(ReaderPool& readers, Changes& changes)
    : readers_(readers), changes_(changes), thread_([this] { run(); }) {}

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
    const int limit = streams_.empty() ? -1 : static_cast<int>(k_comment_every.count());
    ::poll(watched.data(), watched.size(), limit);
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
    stream.spoken = mono_now();
    streams_.push_back(std::move(stream));
  }
}

void EventStreams::send_news() {
  if (streams_.empty()) return;
  const auto reader = readers_.borrow();
  Pages pages;
  for (Stream& stream : streams_) {
    if (reader.ok() && !stream.is_dead) {
      const Status told = catch_up(*reader.value(), stream, pages);
      if (!told.ok())
        log(LogLevel::error, "http.failed", told.error().message, {{"route", "/api/v1/events"}});
    }
    flush(stream);
  }
}

// Everything behind what it has, as far as it takes it.
Status EventStreams::catch_up(store::Reader& reader, Stream& stream, Pages& pages) {
  if (stream.sent < 0) {
    ORC_TRY(const EventId newest, reader.last_event());
    stream.sent = stream.wish.after.value_or(newest.value);
    if (newest.value - stream.sent > k_longest_gap || stream.sent > newest.value) {
      say(stream, message(newest.value, "resync", "{}"));
      stream.sent = newest.value;
    }
  }
  while (stream.out.size() < k_longest_backlog && !stream.is_dead) {
    ORC_TRY(const std::vector<Line>* lines, page_behind(reader, stream.sent, pages));
    for (const Line& line : *lines) {
      if (wants(stream.wish, line)) say(stream, line.text);
      stream.sent = line.event.id.value;
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
    std::string text = to_text(next, work_item);
    lines.push_back({next, std::move(work_item), std::move(text)});
  }
  return static_cast<const std::vector<Line>*>(&lines);
}

bool EventStreams::wants(const StreamWish& wish, const Line& line) {
  if (line.event.task.value == 0) return wish.host;
  return wish.tasks || wish.work_items.contains(line.work_item);
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
  while (!stream.out.empty()) {
    const ssize_t sent = ::send(stream.socket.impl()->sockfd(), stream.out.data(),
                                stream.out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent <= 0) {
      stream.is_dead = errno != EAGAIN && errno != EINTR;
      break;
    }
    stream.out.erase(0, static_cast<std::size_t>(sent));
  }
  // It does not read: nothing is kept for it without bound.
  if (stream.out.size() > 2 * k_longest_backlog) stream.is_dead = true;
}

void EventStreams::bury() {
  const auto buried = std::erase_if(streams_, [](const Stream& stream) { return stream.is_dead; });
  const std::lock_guard lock(mutex_);
  count_ -= buried;
  if (streams_.empty() && arriving_.empty()) changes_.listen(false);
}

}  // namespace orc::http
