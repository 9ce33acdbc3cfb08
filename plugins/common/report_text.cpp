// SPDX-License-Identifier: Apache-2.0
#include "report_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>

namespace report_text {

namespace {

std::uint8_t byte_at(std::string_view text, std::size_t i) {
  return static_cast<std::uint8_t>(text[i]);
}

// The length of the valid UTF-8 character at the start of `text`; 0: none.
std::size_t character_length(std::string_view text) {
  const std::uint8_t first = byte_at(text, 0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte_at(text, i) & 0xC0U) != 0x80U) return 0;
  }
  const std::uint8_t second = byte_at(text, 1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool beyond = (first == 0xED && second > 0x9F) || (first == 0xF4 && second > 0x8F);
  return overlong || beyond ? 0 : length;
}

// C1 controls, direction marks and line separators, all of two or three bytes.
bool is_unsafe_character(std::string_view character) {
  if (character.size() == 2) return byte_at(character, 0) == 0xC2 && byte_at(character, 1) < 0xA0;
  if (character.size() != 3 || byte_at(character, 0) != 0xE2) return false;
  const std::uint8_t second = byte_at(character, 1);
  const std::uint8_t third = byte_at(character, 2);
  return (second == 0x80 && (third == 0x8E || third == 0x8F || (third >= 0xA8 && third <= 0xAE))) ||
         (second == 0x81 && third >= 0xA6 && third <= 0xA9);
}

// The length of a terminal escape sequence at the start of `text`, which starts with ESC.
std::size_t escape_length(std::string_view text) {
  if (text.size() < 2 || text[1] != '[') return 1;
  std::size_t end = 2;
  while (end < text.size() && byte_at(text, end) >= 0x20 && byte_at(text, end) < 0x40) ++end;
  return std::min(end + 1, text.size());
}

// Appends the character at the start of `text` in its printable form; the bytes it took.
std::size_t append_printable(std::string& result, std::string_view text) {
  const char c = text.front();
  if (c == '\x1b') return escape_length(text);
  if (c == '\n' || (byte_at(text, 0) >= 0x20 && byte_at(text, 0) < 0x7F)) {
    result += c;
    return 1;
  }
  if (c == '\r') {
    const bool before_line_end = text.size() > 1 && text[1] == '\n';
    if (!before_line_end) result += '\n';
    return 1;
  }
  if (c == '\t') {
    result += "    ";
    return 1;
  }
  const std::size_t length = character_length(text);
  const bool safe = length > 1 && !is_unsafe_character(text.substr(0, length));
  result += safe ? text.substr(0, length) : std::string_view("?");
  return std::max<std::size_t>(length, 1);
}

struct Unit {
  std::string_view name;
  std::int64_t ms;
};
constexpr std::array k_units{Unit{"ms", 1}, Unit{"s", 1000}, Unit{"m", 60'000},
                             Unit{"h", 3'600'000}};

// Where `text` may be cut so that no character is split, at or before `cap`.
std::size_t cut_before(std::string_view text, std::size_t cap) {
  std::size_t end = std::min(cap, text.size());
  while (end > 0 && end < text.size() && (byte_at(text, end) & 0xC0U) == 0x80U) --end;
  return end;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) text.remove_prefix(append_printable(result, text));
  return result;
}

std::string one_line(std::string_view text, std::size_t cap) {
  std::string line = printable(text.substr(0, cap * 4));
  std::replace(line.begin(), line.end(), '\n', ' ');
  while (!line.empty() && line.back() == ' ') line.pop_back();
  if (line.size() <= cap) return line;
  return line.substr(0, cut_before(line, cap)) + "…";
}

std::string tail(std::string_view text, std::size_t lines, std::size_t cap) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  std::size_t start = text.size();
  for (std::size_t seen = 0; start > 0; --start) {
    if (text[start - 1] == '\n' && ++seen == lines) break;
  }
  if (text.size() - start > cap) start = text.size() - cap;
  while (start < text.size() && (byte_at(text, start) & 0xC0U) == 0x80U) ++start;
  return printable(text.substr(start));
}

std::string fenced(std::string_view text) {
  std::size_t longest = 2;
  for (std::size_t i = 0, run = 0; i < text.size(); ++i) {
    run = text[i] == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(longest + 1, '`');
  std::string block = fence + "text\n";
  block += text;
  if (block.back() != '\n') block += '\n';
  return block + fence + '\n';
}

std::string inline_code(std::string_view text, std::size_t cap) {
  std::string line = one_line(text, cap);
  std::replace(line.begin(), line.end(), '`', '\'');
  std::replace(line.begin(), line.end(), '|', '/');
  return line.empty() ? "–" : '`' + line + '`';
}

std::string log_section(const std::string& title, const Log& log) {
  std::string text = "## " + title + "\n\n";
  const std::string out = tail(log.out, log.lines, log.bytes);
  const std::string err = tail(log.err, log.lines, log.bytes);
  if (out.empty() && err.empty()) return text + "The command printed nothing.\n";
  if (!out.empty()) text += fenced(out);
  if (!out.empty() && !err.empty()) text += "\nstandard error:\n\n";
  if (!err.empty()) text += fenced(err);
  if (log.truncated) text += "\nThe middle of the output was dropped.\n";
  return text;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  std::int64_t total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || number < 0 || number > 1'000'000'000) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const auto* const unit = std::find_if(k_units.begin(), k_units.end(), [&](const Unit& u) {
      const std::string_view word = text.substr(0, text.find_first_of("0123456789"));
      return word == u.name;
    });
    if (unit == k_units.end()) return std::nullopt;
    text.remove_prefix(unit->name.size());
    total += number * unit->ms;
  }
  return std::chrono::milliseconds(total);
}

std::string in_words(std::chrono::milliseconds duration) {
  const auto ms = duration.count();
  if (ms < 1000) return std::to_string(ms) + " ms";
  const auto seconds = ms / 1000;
  if (seconds < 10) {
    std::array<char, 16> words{};
    std::snprintf(words.data(), words.size(), "%.1f s", static_cast<double>(ms) / 1000.0);
    return words.data();
  }
  if (seconds < 60) return std::to_string(seconds) + " s";
  if (seconds < 3600)
    return std::to_string(seconds / 60) + " min " + std::to_string(seconds % 60) + " s";
  return std::to_string(seconds / 3600) + " h " + std::to_string(seconds % 3600 / 60) + " min";
}

}  // namespace report_text
