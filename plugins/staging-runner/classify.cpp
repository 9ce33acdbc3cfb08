// SPDX-License-Identifier: Apache-2.0
#include "classify.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "report_text.h"

namespace staging_runner {

namespace {

using namespace orchestrator::plugin;
using report_text::one_line;

template <typename... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <typename... F>
Overloaded(F...) -> Overloaded<F...>;

constexpr int k_ssh_failed = 255;  // ssh(1): "255 if an error occurred"

// ssh says 255 for all of its own troubles. Which one, only its message tells; the first row that
// fits counts, so the precise ones stand first. Messages of OpenSSH 9.2 and of the C library.
struct SshTrouble {
  std::string_view message;
  Cause cause;
};
constexpr std::array k_ssh_troubles{
    SshTrouble{"REMOTE HOST IDENTIFICATION HAS CHANGED", Cause::host_key_changed},
    SshTrouble{"host key is known for", Cause::host_key_unknown},
    SshTrouble{"Host key verification failed", Cause::host_key_unknown},
    SshTrouble{"UNPROTECTED PRIVATE KEY", Cause::key_unusable},
    SshTrouble{"Load key ", Cause::key_unusable},
    SshTrouble{"not accessible: No such file", Cause::key_unusable},
    SshTrouble{"Permission denied (", Cause::authentication_failed},
    SshTrouble{"Too many authentication failures", Cause::authentication_failed},
    SshTrouble{"Name or service not known", Cause::host_unknown},
    SshTrouble{"No address associated with hostname", Cause::host_unknown},
    SshTrouble{"Unable to negotiate", Cause::no_common_algorithm},
    SshTrouble{"Bad configuration option", Cause::ssh_options_refused},
    SshTrouble{"command-line line 0: ", Cause::ssh_options_refused},
    SshTrouble{"Connection refused", Cause::refused},
    SshTrouble{"Temporary failure in name resolution", Cause::unreachable},
    SshTrouble{"timed out", Cause::unreachable},
    SshTrouble{"No route to host", Cause::unreachable},
    SshTrouble{"Network is unreachable", Cause::unreachable},
    SshTrouble{"Connection reset", Cause::closed_early},
    SshTrouble{"Connection closed", Cause::closed_early},
    SshTrouble{"banner exchange", Cause::closed_early},
};

// What ssh says for people, without its debugging.
std::string said(std::string_view log) {
  std::string lines;
  while (!log.empty()) {
    const std::size_t size = std::min(log.find('\n'), log.size());
    const std::string_view line = log.substr(0, size);
    log.remove_prefix(std::min(size + 1, log.size()));
    const bool noise = line.rfind("debug1: ", 0) == 0 || line.rfind("Authenticated to ", 0) == 0 ||
                       line.rfind("Transferred: ", 0) == 0 ||
                       line.rfind("Bytes per second: ", 0) == 0;
    if (!noise && !line.empty()) lines.append(line).append("\n");
  }
  return lines;
}

std::string last_line(std::string_view text) {
  return one_line(report_text::tail(text, 1, 400), 200);
}

// RFC 4254, 6.10: how the far side says what became of the login's command. ssh(1) ends with 255
// for a signal, and also when nothing was said because the connection is gone.
constexpr std::string_view k_exit_status = "rtype exit-status";
constexpr std::string_view k_exit_signal = "rtype exit-signal";

bool told(std::string_view ssh_log, std::string_view what) {
  return ssh_log.find(what) != std::string_view::npos;
}

// ssh gave up before the script answered.
Finding channel_failed(std::string_view ssh_log) {
  const bool let_in = told(ssh_log, "\nAuthenticated to ");
  const std::string heard = said(ssh_log);
  const std::string line = last_line(heard);
  if (let_in && told(ssh_log, k_exit_signal))
    return {Cause::far_side_killed, "the login was killed before the suite started", {}};
  if (let_in && told(ssh_log, k_exit_status))
    return {Cause::unknown, "the login ended with code 255 before the suite started", {}};
  if (let_in)
    return {Cause::connection_dropped, "the connection dropped before the suite started", {}};
  for (const SshTrouble& trouble : k_ssh_troubles) {
    if (heard.find(trouble.message) == std::string::npos) continue;
    return {trouble.cause, line.rfind("ssh: ", 0) == 0 ? line : "ssh: " + line, {}};
  }
  // ssh's own code and no start mark: the connection failed, so it is tried again. How it failed
  // is not known.
  return {Cause::connection_failed,
          "ssh failed before the suite started" + (line.empty() ? "" : ": " + line),
          {}};
}

Finding not_started(const NotStarted& end) {
  switch (end.error_number) {
    case ENOENT:
    case EACCES:
    case ENOEXEC:
      return {Cause::client_missing, "cannot be started: " + end.text, {}};
    case ENOTDIR:
      return {Cause::folder_missing, "the folder to run in is not there: " + end.text, {}};
    case EAGAIN:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
      return {Cause::out_of_resources, "could not be started now: " + end.text, {}};
    default:
      return {Cause::unknown, "was not started: " + end.text, {}};
  }
}

bool holds(const std::vector<int>& codes, int code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

// The suite itself ended with this code. The configured codes first, then what a shell or a wrapper
// means.
Finding suite_ended(const Settings& settings, int code) {
  const std::string ended = "the staging suite ended with code " + std::to_string(code);
  if (holds(settings.success_codes, code)) return {Cause::suite_green, ended, code};
  if (holds(settings.failed_codes, code)) return {Cause::suite_red, ended, code};
  if (code == 126 || code == 127)
    return {Cause::command_missing,
            ended + ": a program it needs is missing or may not be executed", code};
  if (code > 128 && code < 128 + 32)
    return {Cause::far_side_killed, ended + ": killed by signal " + std::to_string(code - 128),
            code};
  return {Cause::unknown, ended + ", which is neither a success nor a failed code", code};
}

// Why the script did not start the suite: a word, and its object.
Finding refused_to_start(const Settings& settings, const Marks& marks, std::string_view commit) {
  const std::string_view trouble = marks.trouble;
  const std::size_t space = std::min(trouble.find(' '), trouble.size());
  const std::string_view word = trouble.substr(0, space);
  const std::string object = one_line(trouble.substr(std::min(space + 1, trouble.size())), 200);
  if (word == "missing") return {Cause::command_missing, "not on the target: " + object, {}};
  if (word == "folder")
    return {Cause::folder_missing, "the folder does not exist on the target: " + settings.cwd, {}};
  if (word == "lock")
    return {Cause::lock_unusable, "the target does not let the lock be made in " + object, {}};
  if (word == "busy")
    return {Cause::earlier_run_alive, "the target still runs the suite of " + object, {}};
  if (word == "revision") {
    if (auto different = doubt(marks.before, commit, "before")) return *different;
  }
  return {Cause::unknown, "the target refused: " + one_line(trouble, 200), {}};
}

Finding without_an_end(int ssh_code, std::string_view ssh_log) {
  if (ssh_code == k_ssh_failed && told(ssh_log, k_exit_signal))
    return {Cause::far_side_killed, "the supervising shell on the target was killed", {}};
  if (ssh_code == k_ssh_failed && !told(ssh_log, k_exit_status))
    return {Cause::connection_dropped, "the connection dropped while the suite ran", {}};
  return {
      Cause::unknown,
      "the far side stopped without telling how the suite ended, code " + std::to_string(ssh_code),
      {}};
}

Finding without_a_start(int ssh_code, std::string_view ssh_log) {
  if (ssh_code == k_ssh_failed) return channel_failed(ssh_log);
  if (ssh_code == 126 || ssh_code == 127)
    return {Cause::shell_missing, "the target has no /bin/sh for this login", {}};
  return {Cause::unknown,
          "the login ended with code " + std::to_string(ssh_code) + " before the suite started",
          {}};
}

Finding by_marks(const Settings& settings, int ssh_code, const Marks& marks,
                 std::string_view ssh_log, std::string_view commit) {
  if (marks.contradictory) return {Cause::unknown, "the far side told two endings", {}};
  if (!marks.trouble.empty()) return refused_to_start(settings, marks, commit);
  if (!marks.started) return without_a_start(ssh_code, ssh_log);
  if (marks.timed_out) return {Cause::timed_out, "the target ended the suite at its limit", {}};
  if (!marks.exit_code) return without_an_end(ssh_code, ssh_log);
  Finding ended = suite_ended(settings, *marks.exit_code);
  if (!row_of(ended.cause).verdict) return ended;
  if (settings.revision) {
    if (settings.revision->before) {
      if (auto different = doubt(marks.before, commit, "before")) return *different;
    }
    if (auto different = doubt(marks.after, commit, "after")) return *different;
  }
  // Red stays red. Green is believed only from a run that nothing disturbed.
  if (ended.cause == Cause::suite_green && ssh_code != 0)
    return {Cause::connection_dropped, "the connection dropped as the suite ended", {}};
  return ended;
}

// The ends that say the same wherever the suite was to run. `on_exit` judges the rest.
template <typename OnExit>
auto judge(const ProcessEnd& end, OnExit on_exit) -> decltype(on_exit(Exited{})) {
  using Judged = decltype(on_exit(Exited{}));
  return std::visit(Overloaded{on_exit,
                               [](const Signalled& s) -> Judged {
                                 return Finding{Cause::client_killed,
                                                "killed by signal " + std::to_string(s.signal),
                                                {}};
                               },
                               [](const TimedOut&) -> Judged {
                                 return Finding{Cause::timed_out, "did not end in its time", {}};
                               },
                               [](const NotStarted& n) -> Judged { return not_started(n); },
                               [](const Cancelled&) -> Judged {
                                 return Finding{Cause::cancelled, "was cancelled", {}};
                               }},
                    end);
}

}  // namespace

std::optional<Finding> doubt(const std::optional<Revision>& revision, std::string_view commit,
                             std::string_view when) {
  constexpr std::size_t k_least_digits = 7;
  const std::string moment = when == "now" ? "now" : std::string(when) + " the suite";
  if (!revision) return Finding{Cause::revision_unreadable, "nothing was read back " + moment, {}};
  if (revision->code != 0)
    return Finding{Cause::revision_unreadable,
                   "could not be read " + moment + ", code " + std::to_string(revision->code),
                   {}};
  const std::string& text = revision->text;
  const bool is_commit = text.size() >= k_least_digits &&
                         text.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!is_commit)
    return Finding{Cause::revision_unreadable,
                   "no commit id " + moment + ": \"" + one_line(text, 80) + '"',
                   {}};
  if (commit.substr(0, text.size()) == text) return std::nullopt;
  return Finding{Cause::revision_differs,
                 moment + " it is " + text + ", the task is at " + std::string(commit),
                 {}};
}

Finding classify_local(const Settings& settings, const ProcessEnd& end) {
  return judge(end, [&](const Exited& e) -> Finding { return suite_ended(settings, e.code); });
}

Finding classify_remote(const Settings& settings, const ProcessEnd& end, const Marks& marks,
                        std::string_view ssh_log, std::string_view commit) {
  return judge(end, [&](const Exited& e) -> Finding {
    return by_marks(settings, e.code, marks, ssh_log, commit);
  });
}

std::optional<Finding> classify_check(const Settings& settings, const ProcessEnd& end,
                                      const Marks& marks, std::string_view ssh_log) {
  return judge(end, [&](const Exited& e) -> std::optional<Finding> {
    if (e.code == 0 && marks.ready && !marks.contradictory) {
      // Any commit will do before there is a task; a place that cannot tell one will not.
      if (!settings.revision || !settings.revision->before) return std::nullopt;
      return doubt(marks.before, marks.before ? marks.before->text : "", "now");
    }
    if (!marks.trouble.empty()) return refused_to_start(settings, marks, "");
    return without_a_start(e.code, ssh_log);
  });
}

}  // namespace staging_runner
