// SPDX-License-Identifier: Apache-2.0
// codex exec --json: `turn.completed` or `turn.failed` closes the run. A failed turn tells no
// usage; the input tokens of a completed one hold the cached ones.
#include <nlohmann/json.hpp>

#include "fault_text.h"
#include "report_readers.h"

namespace llm_spawner {
namespace {

class CodexReader : public ReportReader {
 public:
  void read(std::string_view line) override {
    if (!mentions(line, {"turn.completed", "turn.failed"})) return;
    const auto event = parse_object(line);
    if (!event) return;
    const std::string type = text_of(*event, "type");
    if (type == "turn.completed") complete(member(*event, "usage"));
    if (type == "turn.failed") fail(text_of(member(*event, "error"), "message"));
  }
  AgentReport report() const override { return report_; }

 private:
  void complete(const Json& usage) {
    report_ = {};
    report_.closed = true;
    report_.usage.input = count_of(usage, "input_tokens");
    report_.usage.output = count_of(usage, "output_tokens");
    report_.usage.cache_read = count_of(usage, "cached_input_tokens");
    report_.usage.cache_write = count_of(usage, "cache_write_input_tokens");
    make_input_net(report_.usage);
  }

  void fail(const std::string& message) {
    report_ = {};
    report_.closed = true;
    report_.message = message;
    report_.fault = fault_from_text(message, std::nullopt);
    report_.retry_after = retry_after_from_text(message);
  }

  AgentReport report_;
};

}  // namespace

std::unique_ptr<ReportReader> make_codex_reader() {
  return std::make_unique<CodexReader>();
}

}  // namespace llm_spawner
