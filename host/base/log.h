// SPDX-License-Identifier: Apache-2.0
// The host's log: one event a line, with an id that the operator can look up
// (docs/operations/messages.md). Any thread. Text for a terminal, JSON lines elsewhere; where stderr
// is systemd's journal, each line begins with its priority (sd-daemon(3): "<3>"). Never throws;
// blocks on nothing but stderr, and not even on that while a LogWriter lives.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace orc {

enum class LogLevel : unsigned char { debug, info, warning, error };
enum class LogFormat : unsigned char { text, json };

struct LogField {
  std::string_view key;
  std::string value;
};

// Before any other thread.
void set_log(LogLevel least, LogFormat format);
// "<3>" where stderr is the journal; else empty.
std::string_view journal_priority(LogLevel level);
// `id` is a stable name such as "job.held"; `text` is for people and may hold untrusted bytes: they
// are made printable here.
void log(LogLevel level, std::string_view id, std::string_view text,
         std::initializer_list<LogField> fields = {});

// While one lives, lines go to stderr through a queue and a thread, so that a reader who has stopped
// reading holds nobody up. What no longer fits into the queue is dropped, and how much that was is
// logged once there is room again. Its end waits a moment for what is left. One at a time.
class LogWriter {
 public:
  LogWriter();
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;
};

}  // namespace orc
