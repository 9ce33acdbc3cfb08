// SPDX-License-Identifier: Apache-2.0
#include "classify.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "report_text.h"

namespace staging_runner {

namespace {

using namespace orchestrator::plugin;

template <typename... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <typename... F>
Overloaded(F...) -> Overloaded<F...>;

constexpr int k_ssh_failed = 255;  // ssh(1): "255 if an error occurred"

Defer defer(Why why, std::string text) {
  return Defer{why, std::move(text), Milliseconds{0}, {}};
}

// ssh says 255 for all of its own troubles. Which one, only its message tells; the first row that
// fits counts, permanent ones first, because "Connection closed" may follow them.
struct SshTrouble {
  std::string_view message;
  bool permanent;
  Why why;
};
constexpr std::array k_ssh_troubles{
    SshTrouble{"REMOTE HOST IDENTIFICATION HAS CHANGED", true, Why::credentials},
    SshTrouble{"Host key verification failed", true, Why::credentials},
    SshTrouble{"host key is known for", true, Why::credentials},
    SshTrouble{"Permission denied (", true, Why::credentials},
    SshTrouble{"Too many authentication failures", true, Why::credentials},
    SshTrouble{"UNPROTECTED PRIVATE KEY", true, Why::credentials},
    SshTrouble{"Name or service not known", true, Why::config},
    SshTrouble{"No address associated with hostname", true, Why::config},
    SshTrouble{"no matching ", true, Why::config},
    SshTrouble{"Bad configuration option", true, Why::config},
    SshTrouble{"Temporary failure in name resolution", false, Why::network},
    SshTrouble{"Connection refused", false, Why::network},
    SshTrouble{"timed out", false, Why::network},
    SshTrouble{"No route to host", false, Why::network},
    SshTrouble{"Network is unreachable", false, Why::network},
    SshTrouble{"Connection reset", false, Why::network},
    SshTrouble{"Connection closed", false, Why::network},
};

std::string last_line(std::string_view text) {
  return report_text::one_line(report_text::tail(text, 1, 400), 200);
}

// ssh gave up before the far side answered.
Ending connection_failed(std::string_view ssh_stderr) {
  for (const SshTrouble& trouble : k_ssh_troubles) {
    if (ssh_stderr.find(trouble.message) == std::string_view::npos) continue;
    const std::string said = last_line(ssh_stderr);
    const std::string text = said.rfind("ssh: ", 0) == 0 ? said : "ssh: " + said;
    if (trouble.permanent) return Hold{trouble.why, text};
    return defer(trouble.why, text);
  }
  // No start mark and ssh's own code: the connection failed. Why is not known, so it is tried
  // again.
  return defer(Why::network, "ssh failed before the suite started: " + last_line(ssh_stderr));
}

Ending not_started(const NotStarted& end) {
  switch (end.error_number) {
    case ENOENT:
    case EACCES:
    case ENOEXEC:
      return Hold{Why::tool_missing, "cannot be started: " + end.text};
    case ENOTDIR:
      return Hold{Why::config, "the folder to run in is not there: " + end.text};
    case EAGAIN:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
      return defer(Why::resource, "could not be started now: " + end.text);
    default:
      return Hold{Why::unknown, "was not started: " + end.text};
  }
}

bool holds(const std::vector<int>& codes, int code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

// The suite itself ended with this code. The configured codes first, then what a shell or a wrapper
// means.
Ending suite_ended(const Settings& settings, int code) {
  if (holds(settings.success_codes, code)) return SuiteRan{Verdict::success, code};
  if (holds(settings.failed_codes, code)) return SuiteRan{Verdict::failed, code};
  const std::string ended = "the staging suite ended with code " + std::to_string(code);
  if (code == 126 || code == 127)
    return Hold{Why::tool_missing,
                ended + ": a program it needs is missing or may not be executed"};
  if (code > 128 && code < 128 + 32)
    return defer(Why::resource, ended + ": killed by signal " + std::to_string(code - 128));
  return Hold{Why::unknown, ended + ", which is neither a success nor a failed code"};
}

Ending by_marks(const Settings& settings, int ssh_code, const Marks& marks,
                std::string_view ssh_stderr) {
  if (marks.contradictory) return Hold{Why::unknown, "the far side told two endings"};
  if (marks.trouble == "folder")
    return Hold{Why::config, "the folder does not exist on the target: " + settings.cwd};
  if (!marks.trouble.empty())
    return Hold{Why::tool_missing,
                "not on the target: " + report_text::one_line(marks.trouble, 200)};
  if (marks.started && marks.exit_code) return suite_ended(settings, *marks.exit_code);
  if (marks.started && ssh_code == k_ssh_failed)
    return defer(Why::network, "the connection dropped while the suite ran");
  if (marks.started)
    return Hold{Why::unknown, "the far side stopped without telling how the suite ended, code " +
                                  std::to_string(ssh_code)};
  if (ssh_code == k_ssh_failed) return connection_failed(ssh_stderr);
  if (ssh_code == 126 || ssh_code == 127)
    return Hold{Why::tool_missing, "the target has no /bin/sh for this login"};
  return Hold{Why::unknown, "the login ended with code " + std::to_string(ssh_code) +
                                " before the suite started"};
}

// The ends that say the same wherever the suite was to run. `exited` judges the rest.
template <typename OnExit>
auto judge(const ProcessEnd& end, OnExit on_exit) -> decltype(on_exit(Exited{})) {
  using Judged = decltype(on_exit(Exited{}));
  return std::visit(Overloaded{on_exit,
                               [](const Signalled& s) -> Judged {
                                 return Ending(defer(Why::resource, "killed by signal " +
                                                                        std::to_string(s.signal)));
                               },
                               [](const TimedOut&) -> Judged {
                                 return Ending(defer(Why::timeout, "did not end in its time"));
                               },
                               [](const NotStarted& n) -> Judged { return not_started(n); },
                               [](const Cancelled&) -> Judged {
                                 return Ending(defer(Why::cancelled, "was cancelled"));
                               }},
                    end);
}

}  // namespace

Ending classify_local(const Settings& settings, const ProcessEnd& end) {
  return judge(end, [&](const Exited& e) -> Ending { return suite_ended(settings, e.code); });
}

Ending classify_remote(const Settings& settings, const ProcessEnd& end, const Marks& marks,
                       std::string_view ssh_stderr) {
  return judge(end, [&](const Exited& e) -> Ending {
    return by_marks(settings, e.code, marks, ssh_stderr);
  });
}

std::optional<Ending> classify_connection(const ProcessEnd& end, std::string_view ssh_stderr) {
  return judge(end, [&](const Exited& e) -> std::optional<Ending> {
    if (e.code == 0) return std::nullopt;
    if (e.code == k_ssh_failed) return connection_failed(ssh_stderr);
    return Ending(Hold{Why::unknown, "the login ended with code " + std::to_string(e.code)});
  });
}

}  // namespace staging_runner
