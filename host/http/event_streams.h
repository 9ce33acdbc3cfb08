// SPDX-License-Identifier: Apache-2.0
// Server-sent events (HTML Living Standard, 9.2) for any number of listeners on one thread: a
// connection that was handed over here holds no thread of a server. A listener that takes nothing for
// a minute is cut off; it comes back with Last-Event-ID and misses nothing.
//
// Messages, by their `event:`
//   event   a row of the audit trail
//   queue   the queue has changed: the sentence that sums it up; at most four a second
//   log     lines of the followed run, with its attempt: another attempt begins at line 1 again
//   end     the followed run has ended, and every line of its log was sent
//   resync  what was missed is no longer told one by one: look at everything anew
#pragma once

#include <Poco/Net/StreamSocket.h>
#include <poll.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/ports.h"
#include "http/changes.h"
#include "http/log_tail.h"
#include "http/reader_pool.h"

namespace orc::http {

struct LogWish {
  JobId run;
  int attempt = 0;        // whose log `from` belongs to
  std::int64_t from = 1;  // the first line to send
};

// What a listener wants to hear.
struct StreamWish {
  bool tasks = true;                  // what happens to any task
  bool host = true;                   // what is about no task
  bool queue = false;                 // the sentence, whenever the queue has changed
  std::set<std::string> work_items;   // these tasks, whatever `tasks` says
  std::optional<LogWish> log;         // the log of this run
  std::optional<std::int64_t> after;  // continue behind this event; unset: from now on

  bool is_log_alone() const {
    return log && !tasks && !host && !queue && work_items.empty();
  }
};

class EventStreams {
 public:
  // The references outlive it.
  EventStreams(ReaderPool& readers, Changes& changes, engine::StatusPort& status,
               std::filesystem::path state_dir);
  ~EventStreams();
  EventStreams(const EventStreams&) = delete;
  EventStreams& operator=(const EventStreams&) = delete;

  static constexpr std::size_t k_most = 1024;
  // Takes the connection over and answers on it. False, and the connection is untouched: too many.
  bool add(const Poco::Net::StreamSocket& socket, StreamWish wish);
  std::size_t count() const { return count_; }

 private:
  struct FollowedLog {
    int attempt = 0;
    LogTail tail;
  };
  struct Stream {
    Poco::Net::StreamSocket socket;
    StreamWish wish;
    std::int64_t sent = 0;           // every event up to this one was sent or left out
    std::optional<FollowedLog> log;  // until the run has ended
    std::int64_t queue_told = 0;     // the state of the queue that it has heard of
    std::string out;                 // not taken yet
    MonoTime spoken;                 // when something was last put there
    MonoTime taken;                  // when it last took something, or had everything
    bool ends_when_taken = false;
    bool is_dead = false;
  };
  // An event as every listener gets it.
  struct Line {
    Event event;
    std::string work_item;
    std::string data;
  };
  using Pages = std::map<std::int64_t, std::vector<Line>>;  // by the event before

  void run();
  int patience() const;
  void look_at(const std::vector<pollfd>& watched);
  void take_in(std::vector<Stream>& arrived);
  void send_news();
  Status send_news_to(store::Reader& reader, Stream& stream, Pages& pages);
  Status catch_up(store::Reader& reader, Stream& stream, Pages& pages);
  Status look_at_queue(store::Reader& reader);
  Status follow_log(store::Reader& reader, Stream& stream);
  Status send_lines(Stream& stream, bool is_whole);
  // Listeners that have heard the same share one reading of what follows.
  Result<const std::vector<Line>*> page_behind(store::Reader& reader, std::int64_t event,
                                               Pages& pages);
  static bool wants(const StreamWish& wish, const Line& line);
  // Where it would go on: as the id of its next message.
  static std::string place_of(const Stream& stream);
  static void tell(Stream& stream, std::string_view kind, const std::string& data);
  static void say(Stream& stream, const std::string& text);
  static void flush(Stream& stream);
  void bury();
  Result<std::string> name_of(store::Reader& reader, TaskId task);

  ReaderPool& readers_;
  Changes& changes_;
  engine::StatusPort& status_;
  const std::filesystem::path state_dir_;
  std::atomic<std::size_t> count_{0};
  std::mutex mutex_;
  std::vector<Stream> arriving_;  // guarded by mutex_
  bool stopping_ = false;         // guarded by mutex_
  // Of the thread alone.
  std::vector<Stream> streams_;
  std::map<TaskId, std::string> names_;
  engine::StatusPtr queue_seen_;  // what the sentence was made from
  std::string queue_data_;
  std::int64_t queue_state_ = 0;  // counts its changes
  MonoTime queue_due_;            // no earlier look at the queue
  std::thread thread_;
};

}  // namespace orc::http
