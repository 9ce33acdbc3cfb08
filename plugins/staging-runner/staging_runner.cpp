// SPDX-License-Identifier: Apache-2.0
#include "staging_runner.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "classify.h"
#include "remote.h"
#include "report.h"
#include "report_text.h"

namespace staging_runner {

namespace {

namespace fs = std::filesystem;
using namespace orchestrator::plugin;

constexpr Milliseconds k_connection_test = std::chrono::seconds(25);

// Files for what the settings gave as text, in a private folder that goes with the run.
class KeyFolder {
 public:
  KeyFolder() {
    std::string pattern = (fs::temp_directory_path() / "staging-ssh-XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~KeyFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  KeyFolder(const KeyFolder&) = delete;
  KeyFolder& operator=(const KeyFolder&) = delete;

  // The path that stands for `value`; nothing if the disk refuses.
  std::optional<std::string> file(const char* name, const std::string& value) const {
    if (value.empty() || value.front() == '/') return value;
    const std::string path = path_ + '/' + name;
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return std::nullopt;
    // ssh refuses a key whose last line has no end.
    const std::string text = value.back() == '\n' ? value : value + '\n';
    const bool whole = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (::close(fd) != 0 || !whole) return std::nullopt;
    return path;
  }

 private:
  std::string path_;
};

std::optional<SshFiles> write_files(const KeyFolder& folder, const SshSettings& ssh) {
  const auto identity = folder.file("identity", ssh.identity);
  const auto known_hosts = folder.file("known_hosts", ssh.known_hosts);
  if (!identity || !known_hosts) return std::nullopt;
  return SshFiles{*identity, *known_hosts};
}

Process ssh_process(const SshSettings& ssh, const SshFiles& files,
                    const std::vector<std::string>& program) {
  Process process;
  process.argv = ssh_argv(ssh, files, program);
  process.cwd = "/";
  process.env = {{"LC_ALL", "C"}};  // its messages are read
  return process;
}

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

struct Attempt {
  Ending ending;
  ProcessResult result;  // its output without marks
};

Attempt failed_early(Ending ending) {
  return {std::move(ending), ProcessResult{}};
}

Attempt run_here(const Settings& settings, const std::vector<std::string>& command,
                 const Request& request, Host& host) {
  for (const std::string& program : settings.requires_programs) {
    if (!is_installed(program))
      return failed_early(Hold{Why::tool_missing, "not here: " + program});
  }
  const fs::path root(request.verification().empty() ? request.worktree() : request.verification());
  Process process;
  process.argv = command;
  process.cwd = (root / settings.cwd).string();
  process.timeout = settings.timeout;
  process.mutating = true;
  ProcessResult result = host.run(process);
  Ending ending = classify_local(settings, result.end);
  return {std::move(ending), std::move(result)};
}

Attempt run_over_ssh(const Settings& settings, const std::vector<std::string>& command,
                     Host& host) {
  const KeyFolder folder;
  const auto files = write_files(folder, *settings.ssh);
  if (!files)
    return failed_early(
        Defer{Why::resource, "the key files cannot be written", Milliseconds{0}, {}});
  const std::string nonce = new_nonce();
  Process process = ssh_process(*settings.ssh, *files, {"/bin/sh", "-s"});
  process.stdin_bytes =
      remote_script({command, settings.cwd, settings.requires_programs, settings.timeout}, nonce);
  process.timeout = settings.timeout + settings.ssh->connect_timeout;
  process.mutating = true;
  ProcessResult result = host.run(process);
  Marks marks = read_marks(result.out, nonce);
  Ending ending = classify_remote(settings, result.end, marks, result.err);
  result.out = std::move(marks.rest);
  return {std::move(ending), std::move(result)};
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
  host.progress(settings_.ssh ? "staging suite on " + settings_.ssh->target : "staging suite");
  const Attempt attempt = settings_.ssh ? run_over_ssh(settings_, command, host)
                                        : run_here(settings_, command, request, host);
  const auto* const ran = std::get_if<SuiteRan>(&attempt.ending);
  if (ran != nullptr) {
    const Run run{settings_, command, request, attempt.result, *ran};
    return orchestrator::plugin::Verdict{ran->verdict == Verdict::success ? "SUCCESS" : "FAILED",
                                         summary(run), report_body(run)};
  }
  host.log(Level::info, "end of the output:\n" + report_text::tail(attempt.result.out, 20, 4000) +
                            '\n' + report_text::tail(attempt.result.err, 20, 4000));
  if (const auto* const defer = std::get_if<Defer>(&attempt.ending)) return *defer;
  return std::get<Hold>(attempt.ending);
}

std::optional<std::string> StagingRunner::preflight(Host& host) {
  if (settings_.command.empty()) return std::nullopt;
  if (!settings_.ssh) {
    for (const std::string& program : settings_.requires_programs) {
      if (!is_installed(program)) return "not here: " + program;
    }
    return std::nullopt;
  }
  const KeyFolder folder;
  const auto files = write_files(folder, *settings_.ssh);
  if (!files) return "the key files cannot be written";
  Process process = ssh_process(*settings_.ssh, *files, {"true"});
  process.timeout = k_connection_test;
  const ProcessResult result = host.run(process);
  const auto trouble = classify_connection(result.end, result.err);
  if (!trouble) return std::nullopt;
  if (const auto* const defer = std::get_if<Defer>(&*trouble)) return defer->text;
  return std::get<Hold>(*trouble).text;
}

}  // namespace staging_runner
