// SPDX-License-Identifier: Apache-2.0
#include "output.h"

#include "text.h"

namespace llm_spawner {
namespace {

namespace sdk = orchestrator::plugin;

// An event holds a whole file where the agent read or wrote one.
constexpr std::size_t k_line_cap = std::size_t{10} * 1024 * 1024;
constexpr std::size_t k_log_cap = 2000;
constexpr std::size_t k_tail_cap = 200;

}  // namespace

AgentOutput::AgentOutput(sdk::Host& host, const Settings& settings, const SecretMask& mask)
    : host_(host),
      dialect_(settings.dialect),
      mask_(mask),
      reader_(make_reader(settings.dialect, settings.usage)),
      out_(k_line_cap),
      err_(k_line_cap) {}

void AgentOutput::take(sdk::Stream stream, std::string_view bytes) {
  if (stream == sdk::Stream::err) {
    err_.feed(bytes, [this](std::string_view line) { read_err(line); });
    return;
  }
  spoke_ = spoke_ || !bytes.empty();
  out_.feed(bytes, [this](std::string_view line) { read_out(line); });
}

RunEvidence AgentOutput::finish() {
  out_.finish([this](std::string_view line) { read_out(line); });
  err_.finish([this](std::string_view line) { read_err(line); });
  if (out_.dropped() > 0) {
    host_.log(sdk::Level::warning,
              std::to_string(out_.dropped()) + " lines of output above 10 MiB were dropped unread");
  }
  return {dialect_, reader_->report(), spoke_, last_err_};
}

void AgentOutput::read_out(std::string_view line) {
  reader_->read(line);
  log(sdk::Level::info, line);
}

void AgentOutput::read_err(std::string_view line) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
  last_err_ = printable(mask_.apply(line), k_tail_cap);
  log(sdk::Level::warning, line);
}

void AgentOutput::log(sdk::Level level, std::string_view line) {
  // Masked before it is cut, or a secret across the cut would stay half visible; cut before that
  // only far beyond what is shown.
  const std::string_view near = line.substr(0, 2 * k_log_cap);
  std::string text = printable(mask_.apply(near), k_log_cap);
  if (near.size() < line.size()) text += " (line of " + std::to_string(line.size()) + " bytes)";
  host_.log(level, text);
}

}  // namespace llm_spawner
