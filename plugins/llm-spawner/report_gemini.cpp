// SPDX-License-Identifier: Apache-2.0
// gemini -o stream-json: `result` closes the run. It names neither turns nor cost, and a refusal or
// a cut answer is a success to it. The exit code is the HTTP status modulo 256.
#include <nlohmann/json.hpp>

#include "fault_text.h"
#include "report_readers.h"

namespace llm_spawner {
namespace {

class GeminiReader : public ReportReader {
 public:
  void read(std::string_view line) override {
    if (!mentions(line, {"result"})) return;
    const auto event = parse_object(line);
    if (!event || text_of(*event, "type") != "result") return;
    const Json& stats = member(*event, "stats");
    report_ = {};
    report_.closed = true;
    report_.usage.input = count_of(stats, "input");
    report_.usage.output = count_of(stats, "output_tokens");
    report_.usage.cache_read = count_of(stats, "cached");
    if (text_of(*event, "status") == "success") return;
    report_.message = text_of(member(*event, "error"), "message");
    report_.fault = fault_from_text(report_.message, std::nullopt);
    report_.retry_after = retry_after_from_text(report_.message);
  }
  AgentReport report() const override { return report_; }

 private:
  AgentReport report_;
};

}  // namespace

std::unique_ptr<ReportReader> make_gemini_reader() {
  return std::make_unique<GeminiReader>();
}

}  // namespace llm_spawner
