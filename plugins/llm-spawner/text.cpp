// SPDX-License-Identifier: Apache-2.0
#include "text.h"

#include <algorithm>
#include <numeric>

namespace llm_spawner {
namespace {

bool is_continuation(unsigned char byte) {
  return (byte & 0xC0U) == 0x80U;
}

// Bytes of the well-formed character at the start of `text`; 0: none.
std::size_t character_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80U) return 1;
  const std::size_t length = lead >= 0xC2U && lead < 0xE0U   ? 2
                             : lead >= 0xE0U && lead < 0xF0U ? 3
                             : lead >= 0xF0U && lead < 0xF5U ? 4
                                                             : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(at(i))) return 0;
  }
  const unsigned char second = at(1);
  const bool overlong = (lead == 0xE0U && second < 0xA0U) || (lead == 0xF0U && second < 0x90U);
  const bool surrogate = lead == 0xEDU && second >= 0xA0U;
  const bool beyond = lead == 0xF4U && second >= 0x90U;
  return overlong || surrogate || beyond ? 0 : length;
}

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string printable(std::string_view text, std::size_t cap) {
  std::string out;
  std::size_t i = 0;
  while (i < text.size()) {
    const std::size_t length = character_length(text.substr(i));
    if (out.size() + std::max<std::size_t>(length, 1) > cap) break;
    const auto byte = static_cast<unsigned char>(text[i]);
    if (length == 1 && (byte == '\n' || byte == '\r' || byte == '\t')) {
      out += ' ';
    } else if (length == 0 || byte < 0x20U || byte == 0x7FU) {
      out += '?';
    } else {
      out.append(text, i, length);
    }
    i += std::max<std::size_t>(length, 1);
  }
  if (i < text.size()) out += " …(+" + std::to_string(text.size() - i) + " bytes)";
  return out;
}

std::string last_line(std::string_view text, std::size_t cap) {
  const std::size_t end = text.find_last_not_of(" \t\r\n");
  if (end == std::string_view::npos) return {};
  text = text.substr(0, end + 1);
  const std::size_t start = text.rfind('\n');
  return printable(start == std::string_view::npos ? text : text.substr(start + 1), cap);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string suggestion(std::string_view word, const std::vector<std::string_view>& known) {
  if (word.size() > 64) return {};
  std::string_view best;
  std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string_view candidate : known) {
    const std::size_t d = distance(word, candidate);
    if (d < least) {
      least = d;
      best = candidate;
    }
  }
  return best.empty() ? std::string() : ", did you mean \"" + std::string(best) + "\"?";
}

}  // namespace llm_spawner
