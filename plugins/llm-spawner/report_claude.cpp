// SPDX-License-Identifier: Apache-2.0
// claude -p --output-format stream-json: one event a line; `result` closes the run. Its
// "subtype":"success" says nothing: is_error does, and the best word on the cause is the `error` of
// the last synthetic message.
#include <array>
#include <map>
#include <nlohmann/json.hpp>

#include "fault_text.h"
#include "report_readers.h"

namespace llm_spawner {
namespace {

struct WordRow {
  std::string_view word;
  AgentEnd end;
};
constexpr std::array k_subtypes{WordRow{"error_max_turns", AgentEnd::turn_limit},
                                WordRow{"error_max_budget_usd", AgentEnd::budget_limit}};
constexpr std::array k_errors{WordRow{"authentication_failed", AgentEnd::auth},
                              WordRow{"billing_error", AgentEnd::billing},
                              WordRow{"model_not_found", AgentEnd::model_unavailable},
                              WordRow{"max_output_tokens", AgentEnd::output_limit}};

template <std::size_t N>
std::optional<AgentEnd> find_word(const std::array<WordRow, N>& rows, std::string_view word) {
  for (const WordRow& row : rows) {
    if (row.word == word) return row.end;
  }
  return std::nullopt;
}

Usage usage_of(const Json& usage) {
  return {.input = count_of(usage, "input_tokens"),
          .output = count_of(usage, "output_tokens"),
          .cache_read = count_of(usage, "cache_read_input_tokens"),
          .cache_write = count_of(usage, "cache_creation_input_tokens"),
          .turns = {},
          .cost_usd = {}};
}

class ClaudeReader : public ReportReader {
 public:
  void read(std::string_view line) override {
    if (!mentions(line, {"result", "assistant", "system"})) return;
    const auto event = parse_object(line);
    if (!event) return;
    const std::string type = text_of(*event, "type");
    if (type == "system") read_system(*event);
    if (type == "assistant") read_message(*event);
    if (type == "result") read_result(*event);
  }

  AgentReport report() const override {
    AgentReport report = report_;
    if (report.closed) return report;
    for (const auto& [id, usage] : messages_) add(report.usage, usage);
    return report;
  }

 private:
  void read_system(const Json& event) {
    if (text_of(event, "subtype") == "init") {
      report_.program_version = text_of(event, "claude_code_version");
    }
  }

  // One message comes as several events, each with the usage so far: the last one counts.
  void read_message(const Json& event) {
    last_error_ = text_of(event, "error");
    const Json& message = member(event, "message");
    if (text_of(message, "model") == "<synthetic>") return;
    const std::string id = text_of(message, "id");
    if (messages_.size() < k_max_messages || messages_.count(id) != 0) {
      messages_[id] = usage_of(member(message, "usage"));
    }
  }

  void read_result(const Json& event) {
    report_.closed = true;
    report_.usage = usage_of(member(event, "usage"));
    report_.usage.turns = count_of(event, "num_turns");
    report_.usage.cost_usd = amount_of(event, "total_cost_usd");
    report_.denied = denials_of(event);
    report_.fault.reset();
    report_.message.clear();
    const Json& is_error = member(event, "is_error");
    if (is_error.is_boolean() && !is_error.get<bool>()) return;
    report_.message = message_of(event);
    report_.fault = fault_of(event);
    report_.retry_after = retry_after_from_text(report_.message);
  }

  static std::string message_of(const Json& event) {
    std::string result = text_of(event, "result");
    const Json& errors = member(event, "errors");
    if (!result.empty() || !errors.is_array() || errors.empty()) return result;
    return errors.front().is_string() ? errors.front().get<std::string>() : std::string();
  }

  AgentEnd fault_of(const Json& event) const {
    if (const auto end = find_word(k_subtypes, text_of(event, "subtype"))) return *end;
    if (text_of(event, "terminal_reason") == "prompt_too_long") return AgentEnd::context;
    if (text_of(event, "stop_reason") == "refusal") return AgentEnd::refusal;
    if (const auto end = find_word(k_errors, last_error_)) return *end;
    std::optional<int> status;
    if (const auto told = count_of(event, "api_error_status"); told && *told < 1000) {
      status = static_cast<int>(*told);
    }
    const AgentEnd by_text = fault_from_text(report_.message, status);
    if (by_text != AgentEnd::unknown) return by_text;
    if (last_error_ == "rate_limit") return AgentEnd::rate_limit;
    return last_error_ == "server_error" ? AgentEnd::network : AgentEnd::unknown;
  }

  static constexpr std::size_t k_max_messages = 10'000;
  AgentReport report_;
  std::string last_error_;
  std::map<std::string, Usage> messages_;
};

}  // namespace

std::unique_ptr<ReportReader> make_claude_reader() {
  return std::make_unique<ClaudeReader>();
}

}  // namespace llm_spawner
