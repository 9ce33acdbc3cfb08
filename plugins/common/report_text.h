// SPDX-License-Identifier: Apache-2.0
// Text from tests, tools and names on its way into a report: valid UTF-8, no control characters,
// bounded. Pure; any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace report_text {

// Valid UTF-8 with every control character but \n replaced: escape sequences are dropped, \r
// becomes \n, a tab becomes spaces, the rest a `?`.
std::string printable(std::string_view text);
// The same on one line, cut to `cap` bytes at a character, with `…`.
std::string one_line(std::string_view text, std::size_t cap);
// The last `lines` lines, at most `cap` bytes.
std::string tail(std::string_view text, std::size_t lines, std::size_t cap);
// `text` as a Markdown code block whose fence no line of the text can close.
std::string fenced(std::string_view text);
// `text` as inline code, for a table cell or a list.
std::string inline_code(std::string_view text, std::size_t cap);

struct Log {
  std::string_view out;
  std::string_view err;
  bool truncated = false;  // the middle was dropped
  std::size_t lines = 60;  // shown of each stream, from the end
  std::size_t bytes = 16 * 1024;
};
// "## <title>" and the end of what a command printed.
std::string log_section(const std::string& title, const Log& log);

// "900s", "15m", "1h30m", "250ms".
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
// "340 ms", "41 s", "3 min 20 s".
std::string in_words(std::chrono::milliseconds duration);

}  // namespace report_text
