// SPDX-License-Identifier: Apache-2.0
// Small text functions that several folders need. Pure; any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace orc {

std::string_view trim(std::string_view text);
// The ASCII letters in lower case; everything else as it is.
std::string lower(std::string_view text);
// Splits at `separator`; empty pieces are kept.
std::vector<std::string_view> split(std::string_view text, char separator);
// "a, b ,c" → {"a","b","c"}: pieces trimmed, empty ones dropped.
std::vector<std::string> split_csv(std::string_view text);
std::string join(std::span<const std::string> pieces, std::string_view separator);

// Strict UTF-8 (RFC 3629): no surrogates, no overlong forms.
bool is_utf8(std::string_view text);
// The text with every invalid byte replaced by U+FFFD.
std::string to_utf8(std::string_view bytes);
// Control characters (but not \n and \t) and bidirectional overrides shown as \xNN or \u{NNNN}.
std::string printable(std::string_view text);

// The candidate nearest to `word`, when it is near enough to be a likely typing mistake.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

// A text with hex runs as <hex> and digit runs as <n>, lower case, at most 240 bytes: two failures
// with the same signature are the same failure.
std::string failure_signature(std::string_view text);

std::optional<long long> parse_integer(std::string_view text);
// "900s", "15m", "2h30m", "250ms" → milliseconds. A bare number is refused: it has no unit.
std::optional<long long> parse_duration_ms(std::string_view text);
std::string format_duration_ms(long long ms);

}  // namespace orc
