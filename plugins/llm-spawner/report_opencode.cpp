// SPDX-License-Identifier: Apache-2.0
// opencode run --format json: a `step_finish` a model call, each with its own tokens and cost.
// There is no closing event; the reason of the last step, or an `error`, says how the run ended.
#include <array>
#include <nlohmann/json.hpp>

#include "fault_text.h"
#include "report_readers.h"

namespace llm_spawner {
namespace {

struct WordRow {
  std::string_view word;
  AgentEnd end;
};
constexpr std::array k_errors{WordRow{"ContextOverflowError", AgentEnd::context},
                              WordRow{"ContentFilterError", AgentEnd::refusal},
                              WordRow{"ProviderAuthError", AgentEnd::auth}};
// A last step that asked for a tool was cut off; every other reason is a clean end.
constexpr std::array k_reasons{
    WordRow{"length", AgentEnd::output_limit}, WordRow{"content-filter", AgentEnd::refusal},
    WordRow{"tool-calls", AgentEnd::no_result}, WordRow{"unknown", AgentEnd::protocol}};

template <std::size_t N>
std::optional<AgentEnd> find_word(const std::array<WordRow, N>& rows, std::string_view word) {
  for (const WordRow& row : rows) {
    if (row.word == word) return row.end;
  }
  return std::nullopt;
}

Usage usage_of(const Json& step) {
  const Json& tokens = member(step, "tokens");
  const Json& cache = member(tokens, "cache");
  Usage usage{.input = count_of(tokens, "input"),
              .output = count_of(tokens, "output"),
              .cache_read = count_of(cache, "read"),
              .cache_write = count_of(cache, "write"),
              .turns = 1,
              .cost_usd = amount_of(step, "cost")};
  // Billed as output, told apart.
  if (usage.output) *usage.output += count_of(tokens, "reasoning").value_or(0);
  return usage;
}

class OpencodeReader : public ReportReader {
 public:
  void read(std::string_view line) override {
    if (!mentions(line, {"step_finish", "error"})) return;
    const auto event = parse_object(line);
    if (!event) return;
    const std::string type = text_of(*event, "type");
    if (type == "step_finish") read_step(member(*event, "part"));
    if (type == "error") read_error(member(*event, "error"));
  }
  AgentReport report() const override { return report_; }

 private:
  void read_step(const Json& step) {
    add(report_.usage, usage_of(step));
    report_.closed = true;
    if (!failed_) report_.fault = find_word(k_reasons, text_of(step, "reason"));
  }

  void read_error(const Json& error) {
    const Json& data = member(error, "data");
    failed_ = report_.closed = true;
    report_.message = text_of(data, "message");
    std::optional<int> status;
    if (const auto told = count_of(data, "statusCode"); told && *told < 1000) {
      status = static_cast<int>(*told);
    }
    const auto named = find_word(k_errors, text_of(error, "name"));
    report_.fault = named ? *named : fault_from_text(report_.message, status);
    report_.retry_after = retry_after_from_text(report_.message);
  }

  AgentReport report_;
  bool failed_ = false;
};

}  // namespace

std::unique_ptr<ReportReader> make_opencode_reader() {
  return std::make_unique<OpencodeReader>();
}

}  // namespace llm_spawner
