// SPDX-License-Identifier: Apache-2.0
#include "fault_text.h"

#include <algorithm>
#include <array>
#include <string>

#include "text.h"

namespace llm_spawner {
namespace {

using orchestrator::plugin::Milliseconds;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// 400–599 as a word of its own, directly behind one of the words that announce a status, or at the
// start.
std::optional<int> status_in(std::string_view text) {
  constexpr std::array<std::string_view, 7> k_before{
      "status ", "status: ", "error: ", "\"code\":", "\"code\": ", "api error: ", "("};
  for (std::size_t i = 0; i + 3 <= text.size(); ++i) {
    if (text[i] != '4' && text[i] != '5') continue;
    if (!is_digit(text[i + 1]) || !is_digit(text[i + 2])) continue;
    if (i + 3 < text.size() && is_digit(text[i + 3])) continue;
    const std::string_view before = text.substr(0, i);
    const bool announced =
        i == 0 || std::any_of(k_before.begin(), k_before.end(), [&](std::string_view word) {
          return before.size() >= word.size() && before.substr(before.size() - word.size()) == word;
        });
    if (announced) return std::stoi(std::string(text.substr(i, 3)));
  }
  return std::nullopt;
}

struct PhraseRow {
  std::string_view phrase;
  AgentEnd end;
};
struct StatusRow {
  int first;
  int last;
  AgentEnd end;
};

// Before any status: a context overflow is a plain 400, a spent quota comes as 429.
constexpr std::array k_strong_phrases{
    PhraseRow{"context window", AgentEnd::context},
    PhraseRow{"context_window", AgentEnd::context},
    PhraseRow{"context length", AgentEnd::context},
    PhraseRow{"context_length", AgentEnd::context},
    PhraseRow{"prompt is too long", AgentEnd::context},
    PhraseRow{"maximum context", AgentEnd::context},
    PhraseRow{"credit balance", AgentEnd::billing},
    PhraseRow{"insufficient quota", AgentEnd::billing},
    PhraseRow{"insufficient_quota", AgentEnd::billing},
    PhraseRow{"quota exceeded", AgentEnd::billing},
    PhraseRow{"exceeded your current quota", AgentEnd::billing},
    PhraseRow{"billing", AgentEnd::billing},
    PhraseRow{"invalid api key", AgentEnd::auth},
    PhraseRow{"invalid x-api-key", AgentEnd::auth},
    PhraseRow{"invalid_api_key", AgentEnd::auth},
    PhraseRow{"not logged in", AgentEnd::auth},
    PhraseRow{"unauthorized", AgentEnd::auth},
    PhraseRow{"unauthorised", AgentEnd::auth},
    PhraseRow{"authenticat", AgentEnd::auth},
    PhraseRow{"missing environment variable", AgentEnd::auth},
    PhraseRow{"max_output_tokens", AgentEnd::output_limit},
    PhraseRow{"output token maximum", AgentEnd::output_limit},
    PhraseRow{"econnrefused", AgentEnd::network},
    PhraseRow{"connection refused", AgentEnd::network},
    PhraseRow{"content_filter", AgentEnd::refusal},
    PhraseRow{"content filter", AgentEnd::refusal},
    PhraseRow{"refusal", AgentEnd::refusal},
    PhraseRow{"usage policy", AgentEnd::refusal},
    PhraseRow{"model_not_found", AgentEnd::model_unavailable},
    PhraseRow{"no such model", AgentEnd::model_unavailable},
    PhraseRow{"model: ", AgentEnd::model_unavailable},
    PhraseRow{"model does not exist", AgentEnd::model_unavailable},
};

constexpr std::array k_statuses{
    StatusRow{401, 401, AgentEnd::auth},       StatusRow{402, 402, AgentEnd::billing},
    StatusRow{403, 403, AgentEnd::auth},       StatusRow{404, 404, AgentEnd::model_unavailable},
    StatusRow{429, 429, AgentEnd::rate_limit}, StatusRow{503, 503, AgentEnd::overload},
    StatusRow{529, 529, AgentEnd::overload},   StatusRow{500, 599, AgentEnd::server_error},
};

constexpr std::array k_weak_phrases{
    PhraseRow{"rate limit", AgentEnd::rate_limit},
    PhraseRow{"rate_limit", AgentEnd::rate_limit},
    PhraseRow{"too many requests", AgentEnd::rate_limit},
    PhraseRow{"overload", AgentEnd::overload},
    PhraseRow{"at capacity", AgentEnd::overload},
    PhraseRow{"high demand", AgentEnd::overload},
    PhraseRow{"econn", AgentEnd::network},
    PhraseRow{"enotfound", AgentEnd::network},
    PhraseRow{"connection", AgentEnd::network},
    PhraseRow{"network", AgentEnd::network},
    PhraseRow{"stream disconnected", AgentEnd::network},
    PhraseRow{"stream idle", AgentEnd::network},
    PhraseRow{"socket", AgentEnd::network},
    PhraseRow{"timed out", AgentEnd::network},
    PhraseRow{"timeout", AgentEnd::network},
    PhraseRow{"malformed", AgentEnd::protocol},
    PhraseRow{"non-sse", AgentEnd::protocol},
    PhraseRow{"incomplete json", AgentEnd::protocol},
};

template <std::size_t N>
std::optional<AgentEnd> find_phrase(const std::array<PhraseRow, N>& rows, std::string_view text) {
  for (const PhraseRow& row : rows) {
    if (text.find(row.phrase) != std::string_view::npos) return row.end;
  }
  return std::nullopt;
}

std::optional<AgentEnd> find_status(std::optional<int> status) {
  if (!status) return std::nullopt;
  for (const StatusRow& row : k_statuses) {
    if (*status >= row.first && *status <= row.last) return row.end;
  }
  return std::nullopt;
}

struct Unit {
  std::string_view word;
  std::int64_t milliseconds;
};
constexpr std::array k_units{Unit{"ms", 1},           Unit{"min", 60'000},  Unit{"m", 60'000},
                             Unit{"hour", 3'600'000}, Unit{"h", 3'600'000}, Unit{"s", 1000}};

// "20s", "1.5 min", "250ms" at the start; a bare number counts seconds, a fraction is rounded up:
// early is worse than late.
std::optional<Milliseconds> duration_at(std::string_view text) {
  constexpr Milliseconds k_longest = std::chrono::hours{1};
  constexpr std::size_t k_max_digits = 9;
  constexpr std::string_view k_digits = "0123456789";
  const std::size_t digits = std::min(text.find_first_not_of(k_digits), text.size());
  if (digits == 0 || digits > k_max_digits) return std::nullopt;
  std::int64_t number = std::stoll(std::string(text.substr(0, digits)));
  text.remove_prefix(digits);
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(std::min(text.find_first_not_of(k_digits, 1), text.size()));
    ++number;
  }
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  for (const Unit& unit : k_units) {
    if (text.substr(0, unit.word.size()) != unit.word) continue;
    return std::min(Milliseconds{number * unit.milliseconds}, k_longest);
  }
  return std::min(Milliseconds{number * 1000}, k_longest);
}

}  // namespace

AgentEnd fault_from_text(std::string_view message, std::optional<int> status) {
  const std::string text = lower(message);
  if (const auto end = find_phrase(k_strong_phrases, text)) return *end;
  if (const auto end = find_status(status ? status : status_in(text))) return *end;
  return find_phrase(k_weak_phrases, text).value_or(AgentEnd::unknown);
}

std::optional<Milliseconds> retry_after_from_text(std::string_view message) {
  const std::string text = lower(message);
  for (const std::string_view lead : {"try again in ", "retry after ", "retry-after: "}) {
    const std::size_t found = text.find(lead);
    if (found == std::string::npos) continue;
    if (const auto wait = duration_at(std::string_view(text).substr(found + lead.size())))
      return wait;
  }
  return std::nullopt;
}

}  // namespace llm_spawner
