// SPDX-License-Identifier: Apache-2.0
// pi -p --mode json: `agent_end` closes the run, and the last message of the assistant says how. pi
// exits 0 whatever happened.
#include <nlohmann/json.hpp>

#include "fault_text.h"
#include "report_readers.h"

namespace llm_spawner {
namespace {

Usage usage_of(const Json& message) {
  const Json& usage = member(message, "usage");
  return {.input = count_of(usage, "input"),
          .output = count_of(usage, "output"),
          .cache_read = count_of(usage, "cacheRead"),
          .cache_write = count_of(usage, "cacheWrite"),
          .turns = 1,
          .cost_usd = amount_of(member(usage, "cost"), "total")};
}

class PiReader : public ReportReader {
 public:
  void read(std::string_view line) override {
    if (!mentions(line, {"message_end", "agent_end"})) return;
    const auto event = parse_object(line);
    if (!event) return;
    const std::string type = text_of(*event, "type");
    const Json& message = member(*event, "message");
    if (type == "message_end" && text_of(message, "role") == "assistant") read_message(message);
    if (type == "agent_end") report_.closed = true;
  }

  AgentReport report() const override {
    AgentReport report = report_;
    if (report.closed && !spoke_) report.fault = AgentEnd::no_result;
    return report;
  }

 private:
  void read_message(const Json& message) {
    spoke_ = true;
    add(report_.usage, usage_of(message));
    report_.message = text_of(message, "errorMessage");
    report_.fault = fault_of(message);
    report_.retry_after = retry_after_from_text(report_.message);
  }

  // An error that a later message of the same run leaves behind was retried with success.
  std::optional<AgentEnd> fault_of(const Json& message) const {
    const std::string reason = text_of(message, "stopReason");
    if (reason == "error") return fault_from_text(report_.message, std::nullopt);
    if (reason == "length") return AgentEnd::output_limit;
    if (reason == "aborted") return AgentEnd::no_result;
    const Json& content = member(message, "content");
    const bool is_empty = !content.is_array() || content.empty();
    return reason == "stop" && is_empty ? std::optional(AgentEnd::protocol) : std::nullopt;
  }

  AgentReport report_;
  bool spoke_ = false;
};

}  // namespace

std::unique_ptr<ReportReader> make_pi_reader() {
  return std::make_unique<PiReader>();
}

}  // namespace llm_spawner
