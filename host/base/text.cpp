// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <utility>

namespace orc {

namespace {

constexpr std::size_t k_signature_length = 240;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

struct CodePoint {
  std::uint32_t value;
  std::size_t length;
};

// The code point at the start of `text`, or nothing where the bytes are not valid UTF-8.
std::optional<CodePoint> decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return CodePoint{first, 1};
  std::size_t length = 0;
  std::uint32_t value = 0;
  std::uint32_t smallest = 0;
  if ((first & 0xE0) == 0xC0) {
    length = 2, value = first & 0x1F, smallest = 0x80;
  } else if ((first & 0xF0) == 0xE0) {
    length = 3, value = first & 0x0F, smallest = 0x800;
  } else if ((first & 0xF8) == 0xF0) {
    length = 4, value = first & 0x07, smallest = 0x10000;
  } else {
    return std::nullopt;
  }
  if (text.size() < length) return std::nullopt;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return std::nullopt;
    value = (value << 6) | (byte(i) & 0x3F);
  }
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < smallest || value > 0x10FFFF || surrogate) return std::nullopt;
  return CodePoint{value, length};
}

bool is_bidi_control(std::uint32_t c) {
  return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E || c == 0x200F;
}

// Insert, remove, replace, or swap two neighbours: what a hand does wrong (Damerau 1964, in the
// form that changes no part twice).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last;
  std::vector<std::size_t> last(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::vector<std::size_t> row(b.size() + 1, i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replace, last[j] + 1, row[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last = std::exchange(last, std::move(row));
  }
  return last[b.size()];
}

}  // namespace

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return out;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  while (true) {
    const std::size_t at = text.find(separator);
    pieces.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return pieces;
    text.remove_prefix(at + 1);
  }
}

std::vector<std::string> split_csv(std::string_view text) {
  std::vector<std::string> pieces;
  for (const std::string_view piece : split(text, ',')) {
    if (const std::string_view word = trim(piece); !word.empty()) pieces.emplace_back(word);
  }
  return pieces;
}

std::string join(std::span<const std::string> pieces, std::string_view separator) {
  std::string joined;
  for (const std::string& piece : pieces) {
    if (!joined.empty()) joined += separator;
    joined += piece;
  }
  return joined;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto point = decode(text);
    if (!point) return false;
    text.remove_prefix(point->length);
  }
  return true;
}

std::string to_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const auto point = decode(bytes);
    if (point) {
      text += bytes.substr(0, point->length);
    } else {
      text += "\xEF\xBF\xBD";
    }
    bytes.remove_prefix(point ? point->length : 1);
  }
  return text;
}

std::string printable(std::string_view text) {
  std::string shown;
  std::array<char, 16> escape{};
  while (!text.empty()) {
    const auto point = decode(text);
    const std::uint32_t value = point ? point->value : static_cast<std::uint8_t>(text[0]);
    const bool control = (value < 0x20 && value != '\n' && value != '\t') || value == 0x7F ||
                         (point && value >= 0x80 && value < 0xA0);
    if (!point || control) {
      std::snprintf(escape.data(), escape.size(), "\\x%02x", value);
      shown += escape.data();
    } else if (is_bidi_control(value)) {
      std::snprintf(escape.data(), escape.size(), "\\u{%04x}", value);
      shown += escape.data();
    } else {
      shown += text.substr(0, point->length);
    }
    text.remove_prefix(point ? point->length : 1);
  }
  return shown;
}

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates) {
  const std::string* best = nullptr;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best = &candidate;
      best_distance = distance;
    }
  }
  return best != nullptr ? std::optional(*best) : std::nullopt;
}

std::string failure_signature(std::string_view text) {
  std::string signature;
  std::size_t i = 0;
  while (i < text.size() && signature.size() < k_signature_length) {
    if (!is_word(text[i])) {
      signature += is_space(text[i]) ? ' ' : text[i];
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < text.size() && is_word(text[end])) ++end;
    const std::string_view word = text.substr(i, end - i);
    const bool has_digit = std::any_of(word.begin(), word.end(), is_digit);
    if (word.size() >= 6 && has_digit && std::all_of(word.begin(), word.end(), is_hex)) {
      signature += "<hex>";
    } else {
      for (std::size_t k = 0; k < word.size();) {
        if (is_digit(word[k])) {
          while (k < word.size() && is_digit(word[k])) ++k;
          signature += "<n>";
        } else {
          signature += static_cast<char>(std::tolower(static_cast<unsigned char>(word[k++])));
        }
      }
    }
    i = end;
  }
  signature.resize(std::min(signature.size(), k_signature_length));
  return signature;
}

std::optional<long long> parse_integer(std::string_view text) {
  long long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<long long> parse_duration_ms(std::string_view text) {
  struct Unit {
    std::string_view name;
    long long ms;
  };
  static constexpr std::array k_units{Unit{"ms", 1}, Unit{"s", 1000}, Unit{"m", 60'000},
                                      Unit{"h", 3'600'000}, Unit{"d", 86'400'000}};
  if (text.empty()) return std::nullopt;
  long long total = 0;
  while (!text.empty()) {
    std::size_t digits = 0;
    while (digits < text.size() && is_digit(text[digits])) ++digits;
    std::size_t letters = digits;
    while (letters < text.size() && !is_digit(text[letters])) ++letters;
    const auto number = parse_integer(text.substr(0, digits));
    const std::string_view unit_name = text.substr(digits, letters - digits);
    const auto unit = std::find_if(k_units.begin(), k_units.end(),
                                   [&](const Unit& u) { return u.name == unit_name; });
    if (!number || *number > 1'000'000'000 || unit == k_units.end()) return std::nullopt;
    total += *number * unit->ms;
    text.remove_prefix(letters);
  }
  return total;
}

std::string format_duration_ms(long long ms) {
  if (ms == 0) return "0s";
  std::string text;
  if (ms >= 3'600'000) text += std::to_string(ms / 3'600'000) + "h", ms %= 3'600'000;
  if (ms >= 60'000) text += std::to_string(ms / 60'000) + "m", ms %= 60'000;
  if (ms >= 1000) text += std::to_string(ms / 1000) + "s", ms %= 1000;
  if (ms > 0) text += std::to_string(ms) + "ms";
  return text;
}

}  // namespace orc
