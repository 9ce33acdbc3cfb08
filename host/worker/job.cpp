// SPDX-License-Identifier: Apache-2.0
// The flow of one job: prepare the code, ask the chain, let the one that accepts produce, take what
// it made.
#include "worker/job.h"

#include "base/failpoint.h"
#include "base/log.h"
#include "base/redact.h"
#include "base/text.h"
#include "git/planted.h"
#include "process/process.h"
#include "worker/artifact.h"
#include "worker/chain_walk.h"
#include "worker/ci.h"
#include "worker/code.h"

namespace orc::worker {

namespace {

constexpr int k_exit_not_mine = 3;
// The plugin gets the whole grace, and a moment more to say what it made of it.
constexpr Millis k_last_words{500};

JobOutcome stopped(StopCause cause, const std::string& during) {
  switch (cause) {
    case StopCause::deadline:
      return Deferred{.reason = ReasonCode::timeout, .text = "ran out of time " + during};
    case StopCause::cancelled:
      return Deferred{.reason = ReasonCode::cancelled, .text = "cancelled " + during};
  }
  return WorkerFault{"stopped " + during};
}

// A step of the worker's own; nobody can be asked to end it sooner.
void watch_own_step(Session& session, MonoTime deadline, const std::string& during) {
  session.watchdog.watch({.deadline = deadline, .give_up = [&session, during](StopCause cause) {
                            session.record.finish({.outcome = stopped(cause, during)});
                          }});
}

Producer producer_of(const Session& session, const Accepted& accepted) {
  return {session.request.chain[static_cast<std::size_t>(accepted.link)].plugin,
          std::string(view(accepted.plugin->descriptor().version))};
}

jobs::WorkerReport report_of(const Producer& producer, JobOutcome outcome) {
  return {.outcome = std::move(outcome),
          .producer = producer.name,
          .producer_version = producer.version};
}

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

struct Produced {
  JobOutcome outcome;
  std::string body;
};

// What is said after the deadline or a cancellation counts only where it asks for another try: a
// time-out is never a statement about the code.
Produced outcome_after(const std::optional<StopCause>& cause, Submission submission) {
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

Produced produce(Session& session, const Code& code, const Accepted& accepted,
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

// The verdict stands only with its artifacts kept and its branch moved.
void take_in(Session& session, const Code& code, const Accepted& accepted, const Produced& produced,
             jobs::WorkerReport& report) {
  const auto* verdict = std::get_if<Verdict>(&produced.outcome);
  if (verdict == nullptr) return;
  const Producer producer{report.producer, report.producer_version};
  Result<std::vector<std::string>> artifacts =
      take_artifacts(session, code, *verdict, produced.body, producer);
  if (!artifacts.ok()) {
    report.outcome = outcome_of(artifacts.error());
    return;
  }
  for (std::string& name : accepted.services->aux_files()) artifacts.value().push_back(name);
  report.made_on_commit = code.commit;
  report.made_on_content = code.content_id;
  if (session.request.kind == JobKind::shadow) {
    report.artifacts = std::move(artifacts).value();
    return;
  }
  Result<Published> published = publish(session, code, *verdict, artifacts.value());
  if (!published.ok()) {
    const Error& error = published.error();
    const bool is_producers_doing =
        error.kind == ErrorKind::malformed && session.rule.intake == Intake::commits;
    report.outcome = is_producers_doing ? JobOutcome(FailedRun{error.message}) : outcome_of(error);
    return;
  }
  ORC_CRASHPOINT(produce_published);
  report.artifacts = std::move(artifacts).value();
  report.head_commit = published.value().head_commit;
  report.content_id = published.value().content_id;
}

[[noreturn]] void run_chain(Session& session, const Code& code) {
  const RequestView request(session, code);
  const std::optional<Accepted> accepted = walk_chain(session, request);
  if (!accepted) session.record.finish({.outcome = NobodyAccepted{}});
  const Producer producer = producer_of(session, *accepted);
  const std::string bare_before =
      code.repository ? git::bare_state(session.request.bare_repository) : "";
  Produced produced = produce(session, code, *accepted, request, producer);
  if (auto tampered = find_tampering(session, *accepted, code, bare_before)) {
    produced.outcome = std::move(*tampered);
  }
  jobs::WorkerReport report = report_of(producer, produced.outcome);
  take_in(session, code, *accepted, produced, report);
  session.record.finish(std::move(report));
}

[[noreturn]] void carry_out(Session& session) {
  watch_own_step(session, session.limit(), "while the code was prepared");
  session.record.remove_at_end(session.scratch());
  if (const Status made = make_folder(session.scratch()); !made.ok()) {
    session.record.finish({.outcome = WorkerFault{made.error().message}});
  }
  // Its clone is its own, and nobody comes back to it.
  if (session.request.kind == JobKind::shadow)
    session.record.remove_at_end(session.request.worktree.parent_path());
  auto prepared = prepare_code(session);
  if (auto* refused = std::get_if<JobOutcome>(&prepared)) {
    session.record.finish({.outcome = std::move(*refused)});
  }
  Code& code = *std::get_if<Code>(&prepared);
  session.make_base_checkout = [&session, &code] { return prepare_base(session, code); };
  if (session.request.kind != JobKind::ci) run_chain(session, code);
  session.watchdog.watch({.deadline = session.limit(),
                          .grace = session.request.kill_grace + k_last_words,
                          .give_up = [&session](StopCause cause) {
                            session.record.finish({.outcome = stopped(cause, "while CI ran")});
                          }});
  jobs::WorkerReport report{.outcome = run_ci(session, code)};
  report.head_commit = code.commit;
  report.content_id = code.content_id;
  report.made_on_commit = code.commit;
  report.made_on_content = code.content_id;
  session.record.finish(std::move(report));
}

int refuse(const std::filesystem::path& folder, const std::string& text) {
  log(LogLevel::error, "worker.refused", text, {{"folder", folder.string()}});
  return k_exit_not_mine;
}

// What can go wrong before there is a session, reported as the worker's own fault.
Status check_start(const Result<jobs::JobRequest>& request, const Result<Secrets>& secrets) {
  if (!request.ok()) return request.error();
  if (!secrets.ok()) return secrets.error();
  if (find_rule(request.value().stage) == nullptr) {
    return Error{ErrorKind::malformed, "nothing is produced at stage done"};
  }
  return process::become_subreaper();
}

}  // namespace

int run_job(const std::filesystem::path& folder, int secrets_fd) {
  static Result<jobs::WorkerLock> lock = jobs::WorkerLock::acquire(folder);
  if (!lock.ok()) return refuse(folder, lock.error().message);
  ORC_CRASHPOINT(produce_locked);
  if (jobs::read_report(folder).ok()) return refuse(folder, "the job has reported already");
  Result<Secrets> secrets = secrets_fd < 0 ? Result<Secrets>(Secrets{}) : read_secrets(secrets_fd);
  if (secrets.ok()) {
    for (const auto& [label, value] : secrets.value()) keep_secret(value);
  }
  Result<jobs::JobRequest> request = jobs::read_request(folder);
  if (const Status start = check_start(request, secrets); !start.ok()) {
    const Status written = jobs::write_report(
        folder, {.outcome = WorkerFault{start.error().message}}, Durability::process);
    return written.ok() ? 0 : refuse(folder, written.error().message);
  }
  // Never destroyed: the watchdog's thread uses it to the end of the process.
  auto* session = new Session(folder, std::move(request).value(), std::move(secrets).value());
  carry_out(*session);
}

}  // namespace orc::worker
