// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

#include "base/json_text.h"
#include "base/log_queue.h"
#include "base/redact.h"
#include "base/text.h"
#include "base/time.h"

namespace orc {

namespace {

constexpr std::size_t k_value_limit = 2000;
std::atomic<LogLevel> g_least{LogLevel::info};
std::atomic<LogFormat> g_format{LogFormat::text};
std::atomic<bool> g_is_journal{false};

// systemd.exec(5), $JOURNAL_STREAM: device and inode of the journal's socket. What was redirected
// since is another file.
bool is_journal(int fd) {
  const char* stream = std::getenv("JOURNAL_STREAM");  // NOLINT(concurrency-mt-unsafe): see set_log
  struct stat info {};
  if (stream == nullptr || ::fstat(fd, &info) != 0) return false;
  return stream == std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
}

std::string_view name(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
  }
  return "error";
}

std::string json_string(std::string_view text) {
  std::string quoted;
  append_json_string(quoted, to_utf8(text.substr(0, k_value_limit)));
  return quoted;
}

std::string one_line(std::string_view text) {
  std::string line = printable(text.substr(0, k_value_limit));
  for (char& c : line) {
    if (c == '\n' || c == '\t') c = ' ';
  }
  return line;
}

}  // namespace

void set_log(LogLevel least, LogFormat format) {
  g_least = least;
  g_format = format;
  g_is_journal = is_journal(STDERR_FILENO);
}

std::string_view journal_priority(LogLevel level) {
  if (!g_is_journal) return "";
  switch (level) {
    case LogLevel::debug:
      return "<7>";
    case LogLevel::info:
      return "<6>";
    case LogLevel::warning:
      return "<4>";
    case LogLevel::error:
      return "<3>";
  }
  return "<3>";
}

std::string log_line(LogLevel level, std::string_view id, std::string_view text,
                     std::initializer_list<LogField> fields) {
  std::string line;
  if (g_format == LogFormat::json) {
    line = "{\"time\":\"" + to_iso8601_ms(wall_now()) + "\",\"level\":\"" +
           std::string(name(level)) + "\",\"id\":" + json_string(id) +
           ",\"text\":" + json_string(text);
    for (const LogField& field : fields) {
      line += "," + json_string(field.key) + ":" + json_string(field.value);
    }
    line += "}\n";
  } else {
    line = to_iso8601_ms(wall_now()) + " " + std::string(name(level)) + " " + std::string(id) +
           ": " + one_line(text);
    for (const LogField& field : fields) {
      line += " " + std::string(field.key) + "=" + one_line(field.value);
    }
    line += "\n";
  }
  return std::string(journal_priority(level)) + redacted(std::move(line));
}

void log(LogLevel level, std::string_view id, std::string_view text,
         std::initializer_list<LogField> fields) {
  if (level < g_least) return;
  put_line(log_line(level, id, text, fields));
}

}  // namespace orc
