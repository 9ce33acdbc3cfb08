// SPDX-License-Identifier: Apache-2.0
#include "staging_runner.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "channel.h"
#include "classify.h"
#include "remote.h"
#include "report.h"
#include "report_text.h"

namespace staging_runner {

namespace {

namespace fs = std::filesystem;
using namespace orchestrator::plugin;
using Time = std::chrono::milliseconds;

// A look may take 30 s in all; the host ends it then.
constexpr Time k_check_limit = std::chrono::seconds(25);
// What a run over ssh needs beside the suite: the far side's own ending of it and of an earlier
// attempt, and a slow line. The far side's limit comes first, so that it can tell.
constexpr Time k_ssh_slack = 3 * k_remote_grace + std::chrono::seconds(15);

// {commit} and {branch} in an argument; false: the task has none.
bool fill(std::string& argument, std::string_view placeholder, std::string_view value) {
  for (std::size_t at = argument.find(placeholder); at != std::string::npos;
       at = argument.find(placeholder, at + value.size())) {
    if (value.empty()) return false;
    argument.replace(at, placeholder.size(), value);
  }
  return true;
}

std::string path_variable() {
  const char* const path = std::getenv("PATH");
  return path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path;
}

bool is_installed(const std::string& program) {
  const std::string path = path_variable();
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t end = std::min(path.find(':', start), path.size());
    const std::string folder = path.substr(start, end - start);
    if (!folder.empty() && ::access((folder + '/' + program).c_str(), X_OK) == 0) return true;
    start = end + 1;
  }
  return false;
}

std::optional<Finding> missing_here(const Settings& settings) {
  for (const std::string& program : settings.requires_programs) {
    if (!is_installed(program))
      return Finding{Cause::command_missing, "not here: " + program, std::nullopt};
  }
  const std::string& command = settings.command.front();
  if (command.find('/') == std::string::npos && !is_installed(command))
    return Finding{Cause::command_missing, "not here: " + command, std::nullopt};
  return std::nullopt;
}

struct Attempt {
  Finding finding;
  ProcessResult result{};  // its output without marks
  std::optional<Revision> before{};
  std::optional<Revision> after{};
  std::string ssh_log{};
};

std::string first_line(std::string_view text) {
  return report_text::one_line(text.substr(0, text.find('\n')), 80);
}

Revision revision_here(const RevisionSettings& revision, const fs::path& cwd,
                       const fs::path& temporary, Host& host) {
  if (!revision.file.empty()) {
    std::ifstream stream(revision.file);
    std::string line;
    const bool is_read = static_cast<bool>(std::getline(stream, line));
    return {is_read ? 0 : 1, first_line(line)};
  }
  Process process;
  process.argv = revision.command;
  process.cwd = cwd.string();
  process.env = {{"TMPDIR", temporary.string()}};
  process.timeout = k_revision_limit;
  const ProcessResult result = host.run(process);
  const auto* const exited = std::get_if<Exited>(&result.end);
  return {exited == nullptr ? 127 : exited->code, first_line(result.out)};
}

Attempt run_here(const Settings& settings, const std::vector<std::string>& command,
                 const Request& request, Host& host) {
  if (auto missing = missing_here(settings)) return {*missing};
  const fs::path root(request.verification().empty() ? request.worktree() : request.verification());
  const fs::path cwd = root / settings.cwd;
  const fs::path temporary = fs::path(request.scratch()) / "tmp";
  std::error_code error;
  fs::create_directories(temporary, error);
  if (error)
    return {{Cause::out_of_resources, "the scratch folder cannot be used: " + error.message(),
             std::nullopt}};
  Attempt made;
  if (settings.revision) made.before = revision_here(*settings.revision, cwd, temporary, host);
  if (settings.revision && settings.revision->before) {
    if (auto other = doubt(made.before, request.commit(), "before")) return {*other};
  }
  Process process;
  process.argv = command;
  process.cwd = cwd.string();
  process.env = {{"TMPDIR", temporary.string()}};
  process.timeout = settings.timeout;
  process.mutating = true;
  made.result = host.run(process);
  made.finding = classify_local(settings, made.result.end);
  if (!settings.revision || !row_of(made.finding.cause).verdict) return made;
  made.after = revision_here(*settings.revision, cwd, temporary, host);
  if (auto other = doubt(made.after, request.commit(), "after")) made.finding = *other;
  return made;
}

Attempt run_over_ssh(const Settings& settings, const std::vector<std::string>& command,
                     const Request& request, Host& host) {
  const SshSettings& ssh = *settings.ssh;
  const Time looks = settings.revision ? Time(2 * k_revision_limit) : Time(0);
  const Time around = ssh.connect_timeout + looks + k_ssh_slack;
  const Time left = host.remaining() - around;
  if (left < std::chrono::seconds(1))
    return {{Cause::timed_out, "the job has no time left for the suite", std::nullopt}};
  const Time limit = std::min<Time>(settings.timeout, left);
  const RemoteCommand remote{.argv = command,
                             .cwd = settings.cwd,
                             .requires_programs = settings.requires_programs,
                             .limit = limit,
                             .revision = settings.revision,
                             .commit = std::string(request.commit()),
                             .owner = std::string(request.work_item()),
                             .lock = lock_name(request.repo(), settings.cwd)};
  auto spoke = converse(ssh, remote, limit + around, true, request.scratch(), host);
  if (const auto* const failed = std::get_if<Finding>(&spoke)) return {*failed};
  auto& made = *std::get_if<Conversation>(&spoke);
  Finding finding =
      classify_remote(settings, made.result.end, made.marks, made.ssh_log, request.commit());
  return {std::move(finding), std::move(made.result), std::move(made.marks.before),
          std::move(made.marks.after), std::move(made.ssh_log)};
}

}  // namespace

std::optional<std::string> StagingRunner::configure(std::string_view settings_json) {
  auto parsed = parse_settings(settings_json);
  if (auto* const refused = std::get_if<std::string>(&parsed)) return std::move(*refused);
  settings_ = std::get<Settings>(std::move(parsed));
  return std::nullopt;
}

Answer StagingRunner::accepts(const Request& request) {
  if (request.stage() != "deploy-staging")
    return Decline{Why::out_of_scope, "not the staging stage"};
  if (settings_.command.empty())
    return Decline{Why::no_contract, "no staging command is configured"};
  return Accept{};
}

Outcome StagingRunner::produce(const Request& request, Host& host) {
  std::vector<std::string> command = settings_.command;
  for (std::string& argument : command) {
    if (!fill(argument, "{commit}", request.commit()) ||
        !fill(argument, "{branch}", request.branch()))
      return Hold{Why::config, "the command names {commit} or {branch}, and the task has none"};
  }
  if (settings_.revision && request.commit().empty())
    return Hold{Why::config, "a revision is configured, and the task has no commit to compare"};
  host.progress(settings_.ssh ? "staging suite on " + settings_.ssh->target : "staging suite");
  const Attempt attempt = settings_.ssh ? run_over_ssh(settings_, command, request, host)
                                        : run_here(settings_, command, request, host);
  const auto verdict = row_of(attempt.finding.cause).verdict;
  if (verdict) {
    const Run run{settings_,      command,       request,  attempt.result,
                  attempt.before, attempt.after, *verdict, attempt.finding.exit_code.value_or(0)};
    return orchestrator::plugin::Verdict{*verdict == Verdict::success ? "SUCCESS" : "FAILED",
                                         summary(run), report_body(run)};
  }
  if (!attempt.ssh_log.empty())
    host.log(Level::info, "what ssh said:\n" + report_text::tail(attempt.ssh_log, 30, 4000));
  host.log(Level::info, "end of the output:\n" + report_text::tail(attempt.result.out, 20, 4000) +
                            '\n' + report_text::tail(attempt.result.err, 20, 4000));
  return outcome_of(attempt.finding);
}

std::optional<std::string> StagingRunner::preflight(Host& host) {
  if (settings_.command.empty()) return std::nullopt;
  std::optional<Finding> trouble;
  if (!settings_.ssh) {
    trouble = missing_here(settings_);
  } else {
    const RemoteCommand remote{.argv = settings_.command,
                               .cwd = settings_.cwd,
                               .requires_programs = settings_.requires_programs,
                               .revision = settings_.revision,
                               .check = true};
    const std::vector<Request> repositories = host.repositories();
    const fs::path scratch(repositories.empty() ? "" : repositories.front().scratch());
    auto spoke = converse(*settings_.ssh, remote, k_check_limit, false, scratch, host);
    if (const auto* const failed = std::get_if<Finding>(&spoke)) {
      trouble = *failed;
    } else {
      const auto& made = *std::get_if<Conversation>(&spoke);
      trouble = classify_check(settings_, made.result.end, made.marks, made.ssh_log);
    }
  }
  if (!trouble) return std::nullopt;
  return std::string(row_of(trouble->cause).name) + ": " + trouble->text;
}

}  // namespace staging_runner
