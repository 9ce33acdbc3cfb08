// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>

#include "base/redact.h"
#include "base/text.h"
#include "base/time.h"

namespace orc {

namespace {

constexpr std::size_t k_value_limit = 2000;
std::atomic<LogLevel> g_least{LogLevel::info};
std::atomic<LogFormat> g_format{LogFormat::text};

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
  std::string quoted = "\"";
  for (const char c : to_utf8(text.substr(0, k_value_limit))) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
      quoted += escape.data();
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
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
}

void log(LogLevel level, std::string_view id, std::string_view text,
         std::initializer_list<LogField> fields) {
  if (level < g_least) return;
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
  line = redacted(std::move(line));
  // One write keeps lines of several threads whole; a full or closed stderr must not stop the host.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace orc
