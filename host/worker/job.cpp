// SPDX-License-Identifier: Apache-2.0
// The flow of one job: prepare the code, ask the chain, let the one that accepts produce, take what
// it made.
#include "worker/job.h"

#include "base/failpoint.h"
#include "base/log.h"
#include "base/redact.h"
#include "process/process.h"
#include "worker/ci.h"
#include "worker/edge.h"
#include "worker/monitor.h"
#include "worker/production.h"

namespace orc::worker {

namespace {

constexpr int k_exit_not_mine = 3;

// The verdict stands only with its artifacts kept and its branch moved.
void take_in(Session& session, const Code& code, const Produced& produced,
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
  for (std::string& name : produced.accepted.services->aux_files()) artifacts.value().push_back(name);
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
  const std::optional<Produced> produced = produce(session, code);
  if (!produced) session.record.finish({.outcome = NobodyAccepted{}});
  jobs::WorkerReport report = report_of(produced->producer, produced->outcome);
  take_in(session, code, *produced, report);
  session.record.finish(std::move(report));
}

[[noreturn]] void run_without_code(Session& session, JobOutcome (*act)(Session&)) {
  session.watchdog.watch({.deadline = session.limit(),
                          .grace = session.request.kill_grace + k_last_words,
                          .give_up = [&session](StopCause cause) {
                            session.record.finish(
                                {.outcome = stopped(cause, "at the deployed service")});
                          }});
  session.record.finish({.outcome = act(session)});
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
  if (session.request.kind == JobKind::monitor) run_without_code(session, look_at_service);
  if (session.request.kind == JobKind::rollback) run_without_code(session, roll_back);
  if (is_of_edge(session.request.kind)) run_edge(session);
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
