// SPDX-License-Identifier: Apache-2.0
// The agent's two streams while it runs: every line goes to the job log, short and with secrets
// masked, and every line of standard output to the reader of its dialect. Used in the thread of
// run().
#pragma once

#include <deque>
#include <memory>
#include <orchestrator/plugin/sdk.hpp>
#include <string>
#include <string_view>

#include "classify.h"
#include "mask.h"
#include "report.h"
#include "settings.h"

namespace llm_spawner {

class AgentOutput {
 public:
  AgentOutput(orchestrator::plugin::Host& host, const Settings& settings, const SecretMask& mask);
  void take(orchestrator::plugin::Stream stream, std::string_view bytes);
  // Reads what came behind the last line ends. Once, after the run.
  RunEvidence finish();

 private:
  void read_out(std::string_view line);
  void read_err(std::string_view line);
  void log(orchestrator::plugin::Level level, std::string_view line);

  orchestrator::plugin::Host& host_;
  Dialect dialect_;
  const SecretMask& mask_;
  std::unique_ptr<ReportReader> reader_;
  LineCutter out_;
  LineCutter err_;
  std::string last_err_;
  bool spoke_ = false;
};

}  // namespace llm_spawner
