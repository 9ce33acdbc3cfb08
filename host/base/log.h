// SPDX-License-Identifier: Apache-2.0
// The host's log: one event a line, with an id that the operator can look up
// (docs/operations/messages.md). Any thread. Text for a terminal, JSON lines elsewhere. Never
// throws, never blocks on anything but stderr.
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

void set_log(LogLevel least, LogFormat format);
// `id` is a stable name such as "job.held"; `text` is for people and may hold untrusted bytes: they
// are made printable here.
void log(LogLevel level, std::string_view id, std::string_view text,
         std::initializer_list<LogField> fields = {});

}  // namespace orc
