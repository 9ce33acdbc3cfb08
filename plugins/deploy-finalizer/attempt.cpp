// SPDX-License-Identifier: Apache-2.0
#include "attempt.h"

#include <algorithm>
#include <cerrno>
#include <variant>

#include "exit_codes.h"
#include "revision.h"
#include "text.h"
#include "wrapper.h"

namespace deploy_finalizer {
namespace {

namespace sdk = orchestrator::plugin;

// Starts that never become a wrapper with its lock: something keeps the shell from running.
constexpr int k_max_launches = 10;
// The wrapper ends the command at its limit; this much later something is wrong with that.
constexpr Milliseconds k_slack = std::chrono::seconds(30);
constexpr std::size_t k_tail_bytes = std::size_t{8} * 1024;
constexpr char k_launches[] = "launches";
constexpr char k_verifying[] = "verifying";
constexpr char k_reported[] = "reported";
constexpr char k_success[] = "SUCCESS";
constexpr char k_failed[] = "FAILED";

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <typename... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

std::string id_from(std::string_view run_id) {
  std::string id = "deploy-" + std::string(run_id);
  for (char& c : id) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!plain) c = '-';
  }
  return id;
}

std::string seconds_text(Milliseconds time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) + " s";
}

std::string short_id(std::string_view commit) {
  return commit.empty() ? "this task" : std::string(commit.substr(0, 12));
}

}  // namespace

sdk::Outcome Attempt::run() {
  return std::visit(
      Overloaded{
          [&](const Intent& intent) {
            return intent.commit == request_.commit() ? same_commit(intent) : other_commit(intent);
          },
          [&](const NoIntent&) -> Outcome {
            if (request_.resume_token().empty()) return begin();
            return sdk::Hold{sdk::Why::unknown,
                             "the record of deployment " + printable(request_.resume_token(), 100) +
                                 " is gone; look whether it took place before deploying again"};
          },
          [&](const Damaged& damaged) -> Outcome {
            return sdk::Hold{sdk::Why::unknown, damaged.text};
          },
      },
      folder_.current());
}

// --- which deployment ---

sdk::Outcome Attempt::same_commit(const Intent& intent) {
  const auto reported = folder_.note(intent, k_reported);
  if (!reported) return follow(intent);
  // Nothing was executed, somebody has been told, and the hold was released: the next try.
  if (std::holds_alternative<ProgramMissing>(folder_.look(intent))) return begin();
  // The first attempt of a visit comes after a fresh confirmation by a human.
  const bool confirmed_anew = request_.attempt() == 1;
  return confirmed_anew && *reported == k_failed ? begin() : follow(intent);
}

sdk::Outcome Attempt::other_commit(const Intent& intent) {
  // A human confirmed the one that this visit began with.
  if (request_.resume_token() == intent.id) {
    return sdk::Hold{sdk::Why::unknown,
                     "the branch moved to " + short_id(request_.commit()) + " while " +
                         short_id(intent.commit) + " was deployed; release it to confirm anew"};
  }
  const Sighting sighting = folder_.look(intent);
  const bool begun = !std::holds_alternative<NotBegun>(sighting) || !folder_.forestall(intent);
  const bool runs = std::holds_alternative<Running>(begun ? folder_.look(intent) : sighting);
  if (!runs) return begin();
  const std::string text = "the deployment of " + short_id(intent.commit) + " still runs";
  if (age_of(intent, k_launches) > settings_.timeout) return hold_for_a_look(intent, text);
  return sdk::Defer{sdk::Why::in_progress, text, settings_.poll, intent.id};
}

sdk::Outcome Attempt::begin() {
  if (request_.commit().empty()) {
    return sdk::Hold{sdk::Why::config,
                     "the task has no commit, so that nobody could tell whether it runs"};
  }
  const auto command = fill_in(settings_.command, request_);
  if (const auto* none = std::get_if<NoCommand>(&command)) {
    return sdk::Hold{sdk::Why::config, "command: " + none->text};
  }
  const Intent intent{id_from(request_.run_id()), std::string(request_.commit()),
                      std::string(request_.job()), host_.now().count()};
  if (!folder_.make_current(intent)) return cannot_write();
  return launch(intent);
}

// --- how it stands ---

sdk::Outcome Attempt::follow(const Intent& intent) {
  return std::visit(
      Overloaded{
          [&](const NotBegun&) { return launch(intent); },
          [&](const Running&) { return still_running(intent); },
          [&](const Vanished&) {
            return hold_for_a_look(intent, "the deploy command is gone and left no result");
          },
          [&](const ProgramMissing&) { return program_missing(intent); },
          [&](const NotRun&) { return begin(); },
          [&](const Finished& end) { return finished(intent, end.exit_code); },
          [&](const Damaged& damaged) { return hold_for_a_look(intent, damaged.text); },
      },
      folder_.look(intent));
}

sdk::Outcome Attempt::launch(const Intent& intent) {
  const auto command = fill_in(settings_.command, request_);
  if (const auto* none = std::get_if<NoCommand>(&command)) {
    return sdk::Hold{sdk::Why::config, "command: " + none->text};
  }
  const std::string launches = folder_.note(intent, k_launches).value_or("");
  const auto count = std::count(launches.begin(), launches.end(), '\n');
  if (count >= k_max_launches && age_of(intent, k_launches) > settings_.timeout) {
    return hold_for_a_look(intent, "the deploy command was started " + std::to_string(count) +
                                       " times and never began");
  }
  if (!folder_.set_note(intent, k_launches,
                        launches + std::to_string(host_.now().count()) + "\n")) {
    return cannot_write();
  }

  sdk::Process process;
  process.argv = wrapper_argv(folder_.folder(intent), intent.id,
                              {settings_.timeout, settings_.grace}, std::get<Command>(command));
  process.cwd = settings_.cwd;
  process.env = settings_.env;
  process.mutating = true;
  process.detached = true;
  const sdk::ProcessResult result = host_.run(process);
  const auto* failure = std::get_if<sdk::NotStarted>(&result.end);
  if (failure == nullptr) return wait(intent, "deploying " + short_id(intent.commit));
  const std::string text = "the deploy was not started: " + printable(failure->text, 200);
  const bool permanent = failure->error_number == ENOENT || failure->error_number == EACCES;
  if (permanent)
    return sdk::Hold{sdk::Why::tool_missing, text + " (working folder " + settings_.cwd + ")"};
  return sdk::Defer{sdk::Why::resource, text, Milliseconds{0}, intent.id};
}

sdk::Outcome Attempt::still_running(const Intent& intent) {
  const Milliseconds age = age_of(intent, k_launches);
  if (age <= settings_.timeout + settings_.grace + k_slack) {
    return wait(intent, "deploying " + short_id(intent.commit) + " for " + seconds_text(age));
  }
  return hold_for_a_look(intent, "the deploy command could not be ended and still runs after " +
                                     seconds_text(age));
}

sdk::Outcome Attempt::program_missing(const Intent& intent) {
  if (!folder_.set_note(intent, k_reported, "PROGRAM_MISSING")) return cannot_write();
  return sdk::Hold{sdk::Why::tool_missing, "nothing was deployed: the program " +
                                               printable(settings_.command.front(), 200) +
                                               " is not there; released, the task deploys again"};
}

sdk::Outcome Attempt::finished(const Intent& intent, int exit_code) {
  const std::string text = "the deploy command ended with exit code " + std::to_string(exit_code);
  switch (meaning_of(exit_code)) {
    case ExitMeaning::succeeded:
      return verify(intent);
    case ExitMeaning::failed:
      return report(intent, k_failed, text);
    case ExitMeaning::program_missing:
      return hold_for_a_look(intent, text + ": a program on its way is missing");
    case ExitMeaning::timed_out:
      return hold_for_a_look(intent, text + ": it was not done after " +
                                         seconds_text(settings_.timeout) +
                                         " and was ended, or a time limit of its own struck");
    case ExitMeaning::killed:
      return hold_for_a_look(intent, text + ": it was killed");
    case ExitMeaning::unknown:
      return hold_for_a_look(
          intent, text + ": ssh or timeout failed themselves, before or after the deploy");
  }
  return hold_for_a_look(intent, text);
}

sdk::Outcome Attempt::verify(const Intent& intent) {
  const auto command = revision_argv(settings_, request_);
  if (const auto* none = std::get_if<NoCommand>(&command)) {
    return sdk::Hold{sdk::Why::config, "the look at the running revision: " + none->text};
  }
  const RevisionLook look =
      look_at_revision(std::get<Command>(command), settings_, intent.commit, request_, host_);
  return std::visit(
      Overloaded{
          [&](const RevisionRuns& runs) {
            revision_ = runs.revision;
            return report(intent, k_success,
                          "deployed; revision " + short_id(intent.commit) + " runs");
          },
          [&](const OtherRevision& other) -> Outcome {
            revision_ = other.revision;
            const std::string text =
                "the deploy command succeeded, but revision " + short_id(other.revision) + " runs";
            if (age_of(intent, k_verifying) <= settings_.timeout) return wait(intent, text);
            return report(intent, k_failed, text);
          },
          [&](const RevisionUnreadable& unreadable) -> Outcome {
            const std::string text =
                "the deploy command succeeded, but the running revision cannot be read: " +
                unreadable.text;
            if (unreadable.program_missing) return sdk::Hold{sdk::Why::tool_missing, text};
            if (age_of(intent, k_verifying) <= settings_.timeout) return wait(intent, text);
            return sdk::Hold{sdk::Why::unknown, text};
          },
      },
      look);
}

// --- answers ---

sdk::Outcome Attempt::report(const Intent& intent, const std::string& token,
                             const std::string& summary) {
  if (!folder_.set_note(intent, k_reported, token)) return cannot_write();
  return sdk::Verdict{token, summary, log_body(intent, summary)};
}

sdk::Outcome Attempt::wait(const Intent& intent, const std::string& text) const {
  host_.progress(text);
  return sdk::Defer{sdk::Why::in_progress, text, settings_.poll, intent.id};
}

sdk::Outcome Attempt::hold_for_a_look(const Intent& intent, const std::string& text) const {
  return sdk::Hold{
      sdk::Why::unknown,
      text + ". Look what runs, then write one line with what you found into " +
          folder_.folder(intent) + "/result: \"" + intent.id + " exit 0\" (deployed), \"" +
          intent.id + " exit 1\" (failed) or \"" + intent.id +
          " not-run\" (deploy again), and release the task"};
}

sdk::Outcome Attempt::cannot_write() const {
  return sdk::Defer{sdk::Why::resource, "cannot write the record of the deployment",
                    Milliseconds{0}, std::string(request_.resume_token())};
}

Milliseconds Attempt::age_of(const Intent& intent, const std::string& note) {
  const std::string first = std::to_string(host_.now().count()) + "\n";
  const auto text = folder_.note(intent, note);
  if (!text) folder_.set_note(intent, note, first);
  const std::string line = text.value_or(first);
  const std::size_t end = std::min(line.find_first_not_of("0123456789"), line.size());
  // A damaged note makes it old: the way out is a human's look, not endless waiting.
  if (end == 0 || end > 15) return Milliseconds::max();
  return host_.now() - Milliseconds{std::stoll(line.substr(0, end))};
}

std::string Attempt::log_body(const Intent& intent, const std::string& summary) const {
  std::string body = "# Deploy log\n\n" + summary + ".\n\n";
  body += "| | |\n| --- | --- |\n";
  body += "| deployment | " + intent.id + " |\n";
  body += "| commit | " + (intent.commit.empty() ? "none" : printable(intent.commit, 64)) + " |\n";
  body += "| program | `" + printable(settings_.command.front(), 200) + "` |\n";
  body += "| running revision | " + (revision_.empty() ? "not looked at" : revision_) + " |\n";
  const std::string tail =
      without_secrets(folder_.output_tail(intent, k_tail_bytes), settings_.env);
  body += "\n## Output of the command\n\n";
  if (tail.empty()) return body + "It printed nothing.\n";
  return body + "The last " + std::to_string(tail.size()) + " bytes:\n\n" + code_block(tail);
}

}  // namespace deploy_finalizer
