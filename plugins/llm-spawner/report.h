// SPDX-License-Identifier: Apache-2.0
// What an agent's output says about its own run, read line by line while it comes. Nothing is kept
// but the numbers and the last words, so a run of any length costs the same memory. Not
// thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <orchestrator/plugin/sdk.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "ends.h"
#include "presets.h"

namespace llm_spawner {

// Unknown is nothing, never zero. `input` does not hold what was read from the cache.
struct Usage {
  std::optional<std::int64_t> input;
  std::optional<std::int64_t> output;
  std::optional<std::int64_t> cache_read;
  std::optional<std::int64_t> cache_write;
  std::optional<std::int64_t> turns;
  std::optional<double> cost_usd;
};

struct AgentReport {
  bool closed = false;            // the program's own closing event was seen
  std::optional<AgentEnd> fault;  // what that event, or an error of its own, reports
  std::string message;            // the fault in the program's words
  Usage usage;                    // without a closing event: what the stream had so far
  std::string program_version;
  std::optional<orchestrator::plugin::Milliseconds> retry_after;
  std::vector<std::string>
      denied;  // tool calls that the program's permissions refused, a few words each
};

class ReportReader {
 public:
  virtual ~ReportReader() = default;
  // One line of standard output; what is no event of the dialect is ignored.
  virtual void read(std::string_view line) = 0;
  virtual AgentReport report() const = 0;
};

// Where a program of no known dialect tells its numbers: a field of Usage ("input", "cost_usd", …)
// → a JSON pointer (RFC 6901) into any line of its output; the last hit counts.
using UsagePointers = std::map<std::string, std::string, std::less<>>;
// The names that UsagePointers may have.
const std::vector<std::string_view>& usage_names();

std::unique_ptr<ReportReader> make_reader(Dialect dialect, const UsagePointers& pointers = {});
// Does a run of this dialect always end with a closing event?
bool always_closes(Dialect dialect);

// Cuts a stream into lines. A line above the cap is dropped whole and counted.
class LineCutter {
 public:
  explicit LineCutter(std::size_t cap) : cap_(cap) {}
  // Calls sink(line) for every complete line.
  template <typename Sink>
  void feed(std::string_view bytes, Sink&& sink) {
    while (!bytes.empty()) {
      const std::size_t end = bytes.find('\n');
      append(bytes.substr(0, end));
      if (end == std::string_view::npos) return;
      bytes.remove_prefix(end + 1);
      if (!dropping_) sink(std::string_view(line_));
      reset();
    }
  }
  // What came behind the last line end.
  template <typename Sink>
  void finish(Sink&& sink) {
    if (!dropping_ && !line_.empty()) sink(std::string_view(line_));
    reset();
  }
  int dropped() const { return dropped_; }

 private:
  void append(std::string_view bytes);
  void reset();

  std::size_t cap_;
  std::string line_;
  bool dropping_ = false;
  int dropped_ = 0;
};

}  // namespace llm_spawner
