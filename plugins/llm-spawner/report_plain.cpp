// SPDX-License-Identifier: Apache-2.0
// Any other program. It may say two things, each as a JSON object on a line of its own; the last
// one counts:
//   {"usage":{"input_tokens":1,"output_tokens":2,"cache_read_tokens":3,"cache_write_tokens":4,"turns":5,"cost_usd":0.1}}
//   {"error":{"kind":"rate_limit","message":"…","retry_after_s":30}}
// Or the settings say by JSON pointers where in its own output the numbers stand.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "fault_text.h"
#include "report_readers.h"

namespace llm_spawner {
namespace {

struct CountRow {
  std::string_view name;
  std::optional<std::int64_t> Usage::*field;
};
constexpr std::array k_counts{CountRow{"input", &Usage::input}, CountRow{"output", &Usage::output},
                              CountRow{"cache_read", &Usage::cache_read},
                              CountRow{"cache_write", &Usage::cache_write},
                              CountRow{"turns", &Usage::turns}};
constexpr std::string_view k_cost = "cost_usd";

class PlainReader : public ReportReader {
 public:
  explicit PlainReader(const UsagePointers& pointers) {
    for (const auto& [name, pointer] : pointers)
      pointers_.emplace_back(name, Json::json_pointer(pointer));
  }

  void read(std::string_view line) override {
    if (pointers_.empty() && !mentions(line, {"usage", "error"})) return;
    const auto event = parse_object(line);
    if (!event) return;
    for (const auto& [name, pointer] : pointers_) {
      if (event->contains(pointer)) take(name, event->at(pointer));
    }
    if (const Json& usage = member(*event, "usage"); usage.is_object()) read_usage(usage);
    if (const Json& error = member(*event, "error"); error.is_object()) read_error(error);
  }
  AgentReport report() const override { return report_; }

 private:
  void take(const std::string& name, const Json& value) {
    for (const CountRow& row : k_counts) {
      if (row.name != name) continue;
      if (const auto count = as_count(value)) report_.usage.*row.field = count;
    }
    if (name != k_cost) return;
    if (const auto amount = as_amount(value)) report_.usage.cost_usd = amount;
  }

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
  std::vector<std::pair<std::string, Json::json_pointer>> pointers_;
};

}  // namespace

const std::vector<std::string_view>& usage_names() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all;
    for (const CountRow& row : k_counts) all.push_back(row.name);
    all.push_back(k_cost);
    return all;
  }();
  return names;
}

std::unique_ptr<ReportReader> make_plain_reader(const UsagePointers& pointers) {
  return std::make_unique<PlainReader>(pointers);
}

}  // namespace llm_spawner
