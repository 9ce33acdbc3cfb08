// SPDX-License-Identifier: Apache-2.0
// Any other program. It may say two things, each as a JSON object on a line of its own; the last
// one counts:
//   {"usage":{"input_tokens":1,"output_tokens":2,"cache_read_tokens":3,"cache_write_tokens":4,"turns":5,"cost_usd":0.1}}
//   {"error":{"kind":"rate_limit","message":"…","retry_after_s":30}}
#include <algorithm>
#include <nlohmann/json.hpp>

#include "fault_text.h"
#include "report_readers.h"

namespace llm_spawner {
namespace {

class PlainReader : public ReportReader {
 public:
  void read(std::string_view line) override {
    const auto event = parse_object(line);
    if (!event) return;
    if (const Json& usage = member(*event, "usage"); usage.is_object()) read_usage(usage);
    if (const Json& error = member(*event, "error"); error.is_object()) read_error(error);
  }
  AgentReport report() const override { return report_; }

 private:
  void read_usage(const Json& usage) {
    report_.closed = true;
    report_.usage = {.input = count_of(usage, "input_tokens"),
                     .output = count_of(usage, "output_tokens"),
                     .cache_read = count_of(usage, "cache_read_tokens"),
                     .cache_write = count_of(usage, "cache_write_tokens"),
                     .turns = count_of(usage, "turns"),
                     .cost_usd = amount_of(usage, "cost_usd")};
  }

  void read_error(const Json& error) {
    report_.message = text_of(error, "message");
    const auto named = parse_reported_end(text_of(error, "kind"));
    report_.fault = named ? *named : fault_from_text(report_.message, std::nullopt);
    const auto seconds = count_of(error, "retry_after_s");
    report_.retry_after = retry_after_from_text(report_.message);
    if (seconds) report_.retry_after = std::chrono::seconds(std::min<std::int64_t>(*seconds, 3600));
  }

  AgentReport report_;
};

}  // namespace

std::unique_ptr<ReportReader> make_plain_reader() {
  return std::make_unique<PlainReader>();
}

}  // namespace llm_spawner
