// SPDX-License-Identifier: Apache-2.0
// What a round of self-tests changes: one alert for whatever cannot be trusted, and the end of the
// wait for what can.
#include "base/log.h"
#include "engine/engine.h"

namespace orc::engine {

void Engine::use_selftests(SelftestRound round) {
  {
    const std::lock_guard lock(mutex_);
    inbox_.emplace_back(std::move(round));
  }
  wake();
}

Status Engine::on(SelftestRound& round) {
  for (const SelftestRow& row : round.rows) {
    const std::string condition = "selftest:" + row.subject;
    if (row.passed) {
      ORC_CHECK_OK(store_->clear_alert(TaskId{}, condition, batch_.now));
      continue;
    }
    const std::string text = row.subject + " is not trusted: " + row.text;
    log(LogLevel::error, "selftest.failed", text);
    Task nobody;
    nobody.rev = batch_.now.ms;
    ORC_CHECK_OK(raise(nobody, {condition, text}));
  }
  ORC_TRY(const int recalled, store_->recall_jobs(k_waits_for_selftest, batch_.now));
  (void)recalled;
  batch_.looks_for_due = true;
  trust_.take(round);  // at once: those that waited are claimed in this very batch
  return Done{};
}

GateDecision Engine::ask_gate(const GateInput& input) const {
  if (auto distrusted = trust_.against_gate(input.rule.gate))
    return GateHolds{HoldClass::environment, *std::move(distrusted)};
  return evaluate_gate(input);
}

}  // namespace orc::engine
