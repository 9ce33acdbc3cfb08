// SPDX-License-Identifier: Apache-2.0
#include "worker/production.h"

#include "base/failpoint.h"
#include "base/log.h"
#include "base/text.h"
#include "git/planted.h"
#include "worker/isolation.h"
#include "worker/request_view.h"

namespace orc::worker {

namespace {

Producer producer_of(const Session& session, const Accepted& accepted) {
  return {session.request.chain[static_cast<std::size_t>(accepted.link)].plugin,
          std::string(view(accepted.plugin->descriptor().version))};
}

struct Said {
  JobOutcome outcome;
  std::string body;
};

void watch_production(Session& session, const Accepted& accepted, const Producer& producer) {
  const jobs::RequestLink& link = session.request.chain[static_cast<std::size_t>(accepted.link)];
  Millis limit = link.timeout;
  if (limit <= Millis{0}) {
    limit = Millis(static_cast<Millis::rep>(accepted.plugin->descriptor().default_timeout_ms));
  }
  MonoTime deadline = session.limit();
  if (limit > Millis{0}) deadline = std::min(deadline, mono_now() + limit);
  session.watchdog.watch({.deadline = deadline,
                          .ask = [plugin = accepted.plugin](StopCause) { plugin->cancel(); },
                          .grace = session.request.kill_grace + k_last_words,
                          .give_up =
                              [&session, producer](StopCause cause) {
                                session.record.finish(
                                    report_of(producer, stopped(cause, "while it produced")));
                              }});
}

// What is said after the deadline or a cancellation counts only where it asks for another try: a
// time-out is never a statement about the code.
Said outcome_after(const std::optional<StopCause>& cause, Submission submission) {
  if (cause && !std::holds_alternative<Deferred>(submission.outcome)) {
    return {stopped(*cause, "while it produced"), ""};
  }
  // A cancelled attempt costs nothing; one that used up its time does, or it would go on for ever.
  if (auto* deferred = std::get_if<Deferred>(&submission.outcome);
      deferred != nullptr && cause == StopCause::deadline &&
      deferred->reason == ReasonCode::cancelled) {
    deferred->reason = ReasonCode::timeout;
  }
  return {std::visit([](auto& arm) -> JobOutcome { return std::move(arm); }, submission.outcome),
          std::move(submission.body)};
}

Said run_producer(Session& session, const Code& code, const Accepted& accepted,
                  const RequestView& request, const Producer& producer) {
  session.record.enter(jobs::Progress::Phase::producing, accepted.link);
  watch_production(session, accepted, producer);
  accepted.services->open_production([&session, &code, index = accepted.link] {
    return make_surroundings(session, code,
                             &session.request.chain[static_cast<std::size_t>(index)]);
  });
  ORC_CRASHPOINT(produce_accepted);
  const Status returned = accepted.plugin->produce(request.raw());
  accepted.services->close_production();
  ORC_CRASHPOINT(produce_returned);
  const std::optional<StopCause> cause = session.watchdog.stop_cause();
  session.record.enter(jobs::Progress::Phase::collecting, accepted.link);
  watch_own_step(session, std::max(session.limit(), mono_now() + session.request.kill_grace),
                 "while its work was taken in");
  // Nobody may go on writing in the worktree while its files are taken.
  session.record.sweep();
  // Whatever it made of programs that were not started: nothing ran as it should have.
  if (const auto fault = accepted.services->isolation_fault()) return {not_isolated(*fault), ""};
  Result<Submission> submission = accepted.services->submission();
  if (cause && (!returned.ok() || !submission.ok()))
    return {stopped(*cause, "while it produced"), ""};
  if (!submission.ok()) {
    const std::string detail = returned.ok() ? "" : "; " + returned.error().message;
    return {FailedRun{producer.name + ": " + submission.error().message + detail}, ""};
  }
  if (!returned.ok()) return {FailedRun{producer.name + ": " + returned.error().message}, ""};
  return outcome_after(cause, std::move(submission).value());
}

// Whoever plants a trap in a repository is not believed in anything else; the traps themselves are
// thrown away with the next use of the clone.
std::optional<JobOutcome> find_tampering(const Session& session, const Accepted& accepted,
                                         const Code& code, const std::string& bare_before) {
  const jobs::RequestLink& link = session.request.chain[static_cast<std::size_t>(accepted.link)];
  if (!code.repository || !link.runs_agent) return std::nullopt;
  const git::Planted planted = git::find_planted(session.request.worktree);
  if (!planted.oddities.empty()) {
    log(LogLevel::info, "worker.clone_settings", "thrown away: " + join(planted.oddities, ", "));
  }
  std::vector<std::string> traps = planted.traps;
  if (git::bare_state(session.request.bare_repository) != bare_before) {
    traps.emplace_back("the host's own repository");
  }
  if (traps.empty()) return std::nullopt;
  log(LogLevel::warning, "worker.tampered", join(traps, ", "));
  return FailedRun{link.plugin + " tampered with git: " + join(traps, ", ")};
}

}  // namespace

JobOutcome stopped(StopCause cause, const std::string& during) {
  switch (cause) {
    case StopCause::deadline:
      return Deferred{.reason = ReasonCode::timeout, .text = "ran out of time " + during};
    case StopCause::cancelled:
      return Deferred{.reason = ReasonCode::cancelled, .text = "cancelled " + during};
  }
  return WorkerFault{"stopped " + during};
}

void watch_own_step(Session& session, MonoTime deadline, const std::string& during) {
  session.watchdog.watch({.deadline = deadline, .give_up = [&session, during](StopCause cause) {
                            session.record.finish({.outcome = stopped(cause, during)});
                          }});
}

jobs::WorkerReport report_of(const Producer& producer, JobOutcome outcome) {
  return {.outcome = std::move(outcome),
          .producer = producer.name,
          .producer_version = producer.version};
}

std::optional<Produced> produce(Session& session, const Code& code) {
  const RequestView request(session, code);
  const std::optional<Accepted> accepted = walk_chain(session, request);
  if (!accepted) return std::nullopt;
  Producer producer = producer_of(session, *accepted);
  const std::string bare_before =
      code.repository ? git::bare_state(session.request.bare_repository) : "";
  Said said = run_producer(session, code, *accepted, request, producer);
  if (auto tampered = find_tampering(session, *accepted, code, bare_before))
    said.outcome = std::move(*tampered);
  return Produced{*accepted, std::move(producer), std::move(said.outcome), std::move(said.body)};
}

}  // namespace orc::worker
