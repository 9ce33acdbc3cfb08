// SPDX-License-Identifier: Apache-2.0
// Server-sent events (HTML Living Standard, 9.2) for any number of listeners on one thread: a
// connection that was handed over here holds no thread of a server. A listener that does not take
// what is sent is cut off; it comes back with Last-Event-ID and misses nothing.
#pragma once

#include <Poco/Net/StreamSocket.h>
#include <poll.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "http/changes.h"
#include "http/reader_pool.h"

namespace orc::http {

// What a listener wants to hear.
struct StreamWish {
  bool tasks = true;                  // what happens to any task
  bool host = true;                   // what is about no task
  std::set<std::string> work_items;   // these tasks, whatever `tasks` says
  std::optional<std::int64_t> after;  // continue behind this event; unset: from now on
};

class EventStreams {
 public:
  EventStreams(ReaderPool& readers, Changes& changes);
  ~EventStreams();
  EventStreams(const EventStreams&) = delete;
  EventStreams& operator=(const EventStreams&) = delete;

  static constexpr std::size_t k_most = 1024;
  // Takes the connection over and answers on it. False, and the connection is untouched: too many.
  bool add(const Poco::Net::StreamSocket& socket, StreamWish wish);
  std::size_t count() const { return count_; }

 private:
  struct Stream {
    Poco::Net::StreamSocket socket;
    StreamWish wish;
    std::int64_t sent = 0;  // every event up to this one was sent or left out
    std::string out;        // not taken yet
    MonoTime spoken;        // when something was last put there
    bool is_dead = false;
  };
  // An event as every listener gets it.
  struct Line {
    Event event;
    std::string work_item;
    std::string text;
  };
  using Pages = std::map<std::int64_t, std::vector<Line>>;  // by the event before

  void run();
  void look_at(const std::vector<pollfd>& watched);
  void take_in(std::vector<Stream>& arrived);
  void send_news();
  Status catch_up(store::Reader& reader, Stream& stream, Pages& pages);
  // Listeners that have heard the same share one reading of what follows.
  Result<const std::vector<Line>*> page_behind(store::Reader& reader, std::int64_t event,
                                               Pages& pages);
  static bool wants(const StreamWish& wish, const Line& line);
  static void say(Stream& stream, const std::string& text);
  static void flush(Stream& stream);
  void bury();
  Result<std::string> name_of(store::Reader& reader, TaskId task);

  ReaderPool& readers_;
  Changes& changes_;
  std::atomic<std::size_t> count_{0};
  std::mutex mutex_;
  std::vector<Stream> arriving_;  // guarded by mutex_
  bool stopping_ = false;         // guarded by mutex_
  // Of the thread alone.
  std::vector<Stream> streams_;
  std::map<TaskId, std::string> names_;
  std::thread thread_;
};

}  // namespace orc::http
