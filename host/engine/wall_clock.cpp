// SPDX-License-Identifier: Apache-2.0
// Times that must outlive the host are of the wall clock, which may be set. Set ahead, what waits
// begins early; set back, it would wait for as long as the step, and nobody would see why.
#include "base/log.h"
#include "engine/engine.h"

namespace orc::engine {

namespace {

// Below this it is the drift of one clock against the other.
constexpr Millis k_step{1'000};

}  // namespace

// In the open batch. What cannot be written now is found again by the next turn.
Status Engine::follow_wall_clock() {
  const MonoTime mono = mono_now();
  WallTime expected = batch_.now;
  if (clocks_) {
    expected = clocks_->first + std::chrono::duration_cast<Millis>(mono - clocks_->second);
  } else {
    ORC_TRY(const std::optional<WallTime> newest, store_->newest_event_time());
    expected = newest.value_or(batch_.now);
  }
  const Millis back = expected - batch_.now;
  if (back < k_step) {
    clocks_ = {batch_.now, mono};
    return Done{};
  }
  ORC_CHECK_OK(store_->bring_forward(back, batch_.now));
  batch_.looks_for_due = true;
  batch_.effects.emplace_back([this, back, now = batch_.now, mono] {
    log(LogLevel::warning, "clock.set_back",
        "the wall clock was set back by " + to_words(back) + "; what waits was moved with it");
    clocks_ = {now, mono};
    next_outbox_ = now;
  });
  return Done{};
}

}  // namespace orc::engine
