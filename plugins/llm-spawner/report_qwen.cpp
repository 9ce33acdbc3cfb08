// SPDX-License-Identifier: Apache-2.0
// qwen -o stream-json: `result` closes the run, and input tokens hold the cached ones. Messages
// carry their usage, so a killed run is known as far as it came.
#include <map>
#include <nlohmann/json.hpp>

#include "fault_text.h"
#include "report_readers.h"

namespace llm_spawner {
namespace {

Usage usage_of(const Json& json) {
  Usage usage{.input = count_of(json, "input_tokens"),
              .output = count_of(json, "output_tokens"),
              .cache_read = count_of(json, "cache_read_input_tokens"),
              .cache_write = {},
              .turns = {},
              .cost_usd = {}};
  make_input_net(usage);
  return usage;
}

class QwenReader : public ReportReader {
 public:
  void read(std::string_view line) override {
    if (!mentions(line, {"result", "assistant"})) return;
    const auto event = parse_object(line);
    if (!event) return;
    const std::string type = text_of(*event, "type");
    if (type == "assistant") read_message(member(*event, "message"));
    if (type == "result") read_result(*event);
  }

  AgentReport report() const override {
    AgentReport report = report_;
    if (report.closed) return report;
    for (const auto& [id, usage] : messages_) add(report.usage, usage);
    return report;
  }

 private:
  void read_message(const Json& message) {
    const std::string id = text_of(message, "id");
    if (messages_.size() < k_max_messages || messages_.count(id) != 0) {
      messages_[id] = usage_of(member(message, "usage"));
    }
  }

  void read_result(const Json& event) {
    report_ = {};
    report_.closed = true;
    report_.usage = usage_of(member(event, "usage"));
    report_.usage.turns = count_of(event, "num_turns");
    report_.denied = denials_of(event);
    const Json& is_error = member(event, "is_error");
    if (is_error.is_boolean() && !is_error.get<bool>()) return;
    report_.message = text_of(member(event, "error"), "message");
    report_.fault = fault_from_text(report_.message, std::nullopt);
    report_.retry_after = retry_after_from_text(report_.message);
  }

  static constexpr std::size_t k_max_messages = 10'000;
  AgentReport report_;
  std::map<std::string, Usage> messages_;
};

}  // namespace

std::unique_ptr<ReportReader> make_qwen_reader() {
  return std::make_unique<QwenReader>();
}

}  // namespace llm_spawner
