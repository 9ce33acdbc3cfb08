// SPDX-License-Identifier: Apache-2.0
#include "artifacts/frontmatter_value.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <cstdio>

#include "base/text.h"

namespace orc::artifacts {

namespace {

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};
// Control characters, line breaks that only some readers know, and what the eye cannot see. \n
// never gets here: lines are split before.
constexpr std::array k_forbidden{
    Range{0x00, 0x1F},     Range{0x7F, 0x9F},     Range{0xA0, 0xA0},     Range{0xAD, 0xAD},
    Range{0x061C, 0x061C}, Range{0x1680, 0x1680}, Range{0x180E, 0x180E}, Range{0x2000, 0x200F},
    Range{0x2028, 0x202F}, Range{0x205F, 0x206F}, Range{0x3000, 0x3000}, Range{0xFEFF, 0xFEFF},
    Range{0xFFF9, 0xFFFB}};

bool is_forbidden(std::uint32_t c) {
  return std::any_of(k_forbidden.begin(), k_forbidden.end(),
                     [c](Range r) { return c >= r.first && c <= r.last; });
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Steps over one code point of valid UTF-8.
std::uint32_t next_code_point(std::string_view& text) {
  const auto first = static_cast<std::uint8_t>(text.front());
  const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  std::uint32_t value = length == 1 ? first : first & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i)
    value = (value << 6) | (static_cast<std::uint8_t>(text[i]) & 0x3FU);
  text.remove_prefix(length);
  return value;
}

std::string encode(std::uint32_t c) {
  if (c < 0x80) return {static_cast<char>(c)};
  if (c < 0x800) return {static_cast<char>(0xC0 | (c >> 6)), static_cast<char>(0x80 | (c & 0x3F))};
  return {static_cast<char>(0xE0 | (c >> 12)), static_cast<char>(0x80 | ((c >> 6) & 0x3F)),
          static_cast<char>(0x80 | (c & 0x3F))};
}

bool is_null(std::string_view text) {
  return text.empty() || text == "~" || lower(text) == "null";
}

Error malformed(std::string text) {
  return Error{ErrorKind::malformed, std::move(text)};
}

// The escaped character behind `\x` or `\u`; only what may not stand raw has a number.
Result<std::string> read_numbered_escape(std::string_view digits) {
  std::uint32_t c = 0;
  for (const char digit : digits) {
    if (!is_digit(digit) && !(digit >= 'a' && digit <= 'f'))
      return malformed("an escape needs lower-case hex digits");
    c = c * 16 + static_cast<std::uint32_t>(is_digit(digit) ? digit - '0' : digit - 'a' + 10);
  }
  const bool shorter = c == '\n' || c == '\t' || (digits.size() == 4 && c < 0x100);
  if (shorter || !is_forbidden(c)) return malformed("an escape for a character that needs none");
  return encode(c);
}

// Reads the escape at the start of `rest`, behind its backslash, and steps over it.
Result<std::string> read_escape(std::string_view& rest) {
  const char kind = rest.empty() ? '\0' : rest.front();
  if (!rest.empty()) rest.remove_prefix(1);
  if (kind == '"' || kind == '\\') return std::string(1, kind);
  if (kind == 'n') return std::string("\n");
  if (kind == 't') return std::string("\t");
  const std::size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : 0;
  if (digits == 0 || rest.size() < digits) return malformed("an unknown escape in a quoted value");
  const std::string_view number = rest.substr(0, digits);
  rest.remove_prefix(digits);
  return read_numbered_escape(number);
}

Result<Value> read_double_quoted(std::string_view rest) {
  Value value;
  rest.remove_prefix(1);
  while (!rest.empty() && rest.front() != '"') {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c != '\\') {
      value.text += c;
      continue;
    }
    ORC_TRY(const std::string escaped, read_escape(rest));
    value.text += escaped;
  }
  if (rest.empty()) return malformed("a quoted value that does not end on its line");
  if (rest.size() > 1) return malformed("text after a quoted value");
  return value;
}

Result<Value> read_single_quoted(std::string_view rest) {
  Value value;
  rest.remove_prefix(1);
  while (!rest.empty()) {
    const std::size_t quote = rest.find('\'');
    if (quote == std::string_view::npos) break;
    value.text += rest.substr(0, quote);
    rest.remove_prefix(quote + 1);
    if (rest.empty()) return value;
    if (rest.front() != '\'') return malformed("text after a quoted value");
    value.text += '\'';
    rest.remove_prefix(1);
  }
  return malformed("a quoted value that does not end on its line");
}

// The next item of a list in brackets, up to its comma; steps over it.
std::string_view take_item(std::string_view& rest) {
  const std::size_t start = std::min(rest.find_first_not_of(' '), rest.size());
  const char quote = start < rest.size() ? rest[start] : '\0';
  std::size_t end = start;
  if (quote == '"' || quote == '\'') {
    for (++end; end < rest.size() && rest[end] != quote; ++end)
      if (quote == '"' && rest[end] == '\\') ++end;
  }
  end = std::min(rest.find(',', std::min(end, rest.size())), rest.size());
  const std::string_view item = trim(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return item;
}

Result<Value> read_list(std::string_view text) {
  if (text.back() != ']') return malformed("a list that does not close on its line");
  std::string_view rest = trim(text.substr(1, text.size() - 2));
  while (!rest.empty()) {
    const std::string_view item = take_item(rest);
    const bool plain = item.find_first_of("\"'") == std::string_view::npos;
    if (plain && item.find_first_of("[]{}") != std::string_view::npos)
      return malformed("a bracket inside a list");
    ORC_CHECK_OK(check_block_value(item));
  }
  return Value{std::string(text), true};
}

constexpr std::array<std::string_view, 6> k_block_headers{"|", ">", "|-", ">-", "|+", ">+"};

Result<Value> read_plain(std::string_view text) {
  const bool dashed = text.front() == '-' && text.size() > 1 && text[1] != ' ';
  if (!dashed && std::string_view("#,?:-%@`]{}").find(text.front()) != std::string_view::npos)
    return malformed(std::string("a plain value cannot start with `") + text.front() + "`");
  if (text.find(": ") != std::string_view::npos || text.back() == ':')
    return malformed("`:` inside a plain value: quote it");
  if (text.find(" #") != std::string_view::npos)
    return malformed("a comment after a value: put it on a line of its own");
  return Value{std::string(text), false};
}

bool is_date(std::string_view text) {
  if (text.size() != 10) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 4 || i == 7 ? text[i] != '-' : !is_digit(text[i])) return false;
  }
  return true;
}

// Plain is for what no YAML reader takes for a number, a boolean, null or syntax.
bool may_stand_plain(std::string_view text) {
  static constexpr std::array<std::string_view, 8> k_words{"true", "false", "yes", "no",
                                                           "on",   "off",   "y",   "n"};
  if (is_null(text)) return false;
  if (is_date(text)) return true;
  if (!is_letter(text.front()) || text.back() == ' ') return false;
  if (std::find(k_words.begin(), k_words.end(), lower(text)) != k_words.end()) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter(c) || is_digit(c) ||
           std::string_view(" _-./@+,()=").find(c) != std::string_view::npos;
  });
}

std::string escape(std::uint32_t c) {
  if (c == '"' || c == '\\') return {'\\', static_cast<char>(c)};
  if (c == '\n') return "\\n";
  if (c == '\t') return "\\t";
  if (c > 0x7F && !is_forbidden(c)) return {};
  if (!is_forbidden(c)) return {static_cast<char>(c)};
  std::array<char, 8> spelled{};
  const int size = std::snprintf(spelled.data(), spelled.size(), c < 0x100 ? "\\x%02x" : "\\u%04x",
                                 static_cast<unsigned>(c));
  return {spelled.data(), static_cast<std::size_t>(size)};
}

}  // namespace

Result<Value> read_value(std::string_view text) {
  text = trim(text);
  if (is_null(text)) return Value{std::string(text), true};
  switch (text.front()) {
    case '"':
      return read_double_quoted(text);
    case '\'':
      return read_single_quoted(text);
    case '[':
      return read_list(text);
    case '&':
    case '*':
    case '!':
      return malformed("an anchor, alias or tag");
    case '|':
    case '>':
      if (std::find(k_block_headers.begin(), k_block_headers.end(), text) != k_block_headers.end())
        return Value{std::string(text), true};
      return malformed("text after a block marker");
    default:
      return read_plain(text);
  }
}

Status check_block_value(std::string_view text) {
  ORC_TRY(const Value value, read_value(text));
  if (value.structured) return malformed("a list or an empty value inside a list or block");
  return Done{};
}

std::string spell_value(std::string_view text) {
  const std::string clean = to_utf8(text);
  if (may_stand_plain(clean)) return clean;
  std::string spelled = "\"";
  std::string_view rest = clean;
  while (!rest.empty()) {
    const std::string_view before = rest;
    const std::string piece = escape(next_code_point(rest));
    spelled += piece.empty() ? before.substr(0, before.size() - rest.size()) : piece;
  }
  return spelled + '"';
}

std::optional<std::string> forbidden_character(std::string_view utf8) {
  while (!utf8.empty()) {
    const std::uint32_t c = next_code_point(utf8);
    if (!is_forbidden(c)) continue;
    std::array<char, 16> name{};
    std::snprintf(name.data(), name.size(), "U+%04X", static_cast<unsigned>(c));
    return std::string(name.data());
  }
  return std::nullopt;
}

std::string_view key_of(std::string_view line) {
  const auto in_key = [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-'; };
  std::size_t size = 0;
  while (size < line.size() && in_key(line[size])) ++size;
  const bool starts_well = size > 0 && (is_letter(line.front()) || line.front() == '_');
  if (!starts_well || size == line.size() || line[size] != ':') return {};
  if (size + 1 < line.size() && line[size + 1] != ' ') return {};
  return line.substr(0, size);
}

}  // namespace orc::artifacts
