// SPDX-License-Identifier: Apache-2.0
#include "worker/monitor.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/failpoint.h"
#include "base/file.h"
#include "base/text.h"
#include "base/unique_fd.h"
#include "gates/settings.h"
#include "worker/command.h"

namespace orc::worker {

namespace {

constexpr Millis k_beside_curl{2000};  // curl's own limit strikes first
constexpr int k_not_executable = 126;  // POSIX, sh, "2.8.2 Exit Status for Commands"
constexpr int k_not_found = 127;
// curl(1), "EXIT CODES": the service was reached, or should have been, and did not answer well.
constexpr std::array k_curl_unhealthy{7, 22, 28, 52, 55, 56};

constexpr std::string_view k_previous = "{previous_commit}";

struct Asked {
  std::variant<CommandEnd, JobOutcome> end;
  Millis duration{0};
};

Asked ask(Session& session, std::vector<std::string> argv, Millis timeout) {
  const jobs::JobRequest& request = session.request;
  const MonoTime began = mono_now();
  auto end = run_command(session,
                         {.argv = filled_in(std::move(argv), {{"{commit}", request.head_commit},
                                                              {k_previous, request.previous_commit},
                                                              {"{repo}", request.repo},
                                                              {"{work_item}", request.work_item}}),
                          .cwd = session.scratch(),
                          .timeout = timeout});
  return {std::move(end), std::chrono::duration_cast<Millis>(mono_now() - began)};
}

std::string with_lines(std::string text, const CommandEnd& end) {
  return end.last_lines.empty() ? text : text + ": " + end.last_lines;
}

std::optional<double> number_in(std::string_view text) {
  double value = 0;
  const std::string_view word = trim(text);
  const auto read = std::from_chars(word.data(), word.data() + word.size(), value);
  const bool whole = read.ec == std::errc{} && read.ptr == word.data() + word.size();
  return whole && std::isfinite(value) && value >= 0 ? std::optional(value) : std::nullopt;
}

// A sample, or why there is none: the job was ended meanwhile.
using Look = std::variant<Sample, Deferred>;

// What did not end by itself: only a service that does not answer in time is to blame for that.
Look unfinished(const Session& session, const JobOutcome& outcome) {
  const auto* deferred = std::get_if<Deferred>(&outcome);
  if (deferred != nullptr && session.watchdog.stop_cause()) return *deferred;
  const bool too_late = deferred != nullptr && deferred->reason == ReasonCode::timeout;
  return Sample{.health = too_late ? Health::unhealthy : Health::unknown,
                .text = text_of(outcome)};
}

Look ask_url(Session& session, const gates::MonitorSettings& monitor) {
  const auto limit = std::chrono::ceil<std::chrono::seconds>(monitor.timeout).count();
  const Asked asked =
      ask(session,
          {"curl", "--disable", "--silent", "--show-error", "--fail",
           "--proto", "=http,https", "--max-time", std::to_string(limit), "--output", "/dev/null",
           "--write-out", "%{time_total}", "--url", monitor.url},
          monitor.timeout + k_beside_curl);
  const auto* end = std::get_if<CommandEnd>(&asked.end);
  if (end == nullptr) return unfinished(session, std::get<JobOutcome>(asked.end));
  const auto seconds = number_in(end->out);
  if (end->exit_code == 0) {
    return Sample{.health = Health::healthy,
                  .latency_ms = seconds ? std::optional(*seconds * 1000) : std::nullopt,
                  .text = "answers"};
  }
  const bool unhealthy = std::find(k_curl_unhealthy.begin(), k_curl_unhealthy.end(),
                                   end->exit_code) != k_curl_unhealthy.end();
  return Sample{.health = unhealthy ? Health::unhealthy : Health::unknown,
                .text = with_lines("curl ended with exit code " + std::to_string(end->exit_code),
                                   *end)};
}

Look ask_command(Session& session, const gates::MonitorSettings& monitor) {
  const Asked asked = ask(session, monitor.command, monitor.timeout);
  const auto* end = std::get_if<CommandEnd>(&asked.end);
  if (end == nullptr) return unfinished(session, std::get<JobOutcome>(asked.end));
  if (end->exit_code == 0) {
    return Sample{.health = Health::healthy,
                  .latency_ms = static_cast<double>(asked.duration.count()),
                  .text = "answers"};
  }
  const bool missing = end->exit_code == k_not_executable || end->exit_code == k_not_found;
  return Sample{.health = missing ? Health::unknown : Health::unhealthy,
                .text = with_lines("exit code " + std::to_string(end->exit_code), *end)};
}

// The service answers well; how often it fails others is asked beside that.
void add_error_rate(Session& session, const gates::MonitorSettings& monitor, Sample& sample) {
  const Asked asked = ask(session, monitor.error_rate_command, monitor.timeout);
  const auto* end = std::get_if<CommandEnd>(&asked.end);
  if (end != nullptr && end->exit_code == 0) sample.error_rate = number_in(end->out);
  if (sample.error_rate) return;
  sample.text += end == nullptr
                     ? "; error rate unknown: " + text_of(std::get<JobOutcome>(asked.end))
                     : with_lines("; error rate unknown", *end);
}

// Both where both are given; the first that is not healthy tells.
Look look(Session& session, const gates::MonitorSettings& monitor) {
  Look seen = monitor.url.empty() ? ask_command(session, monitor) : ask_url(session, monitor);
  const auto* sample = std::get_if<Sample>(&seen);
  const bool asks_both = !monitor.url.empty() && !monitor.command.empty();
  if (sample == nullptr || sample->health != Health::healthy || !asks_both) return seen;
  const Look second = ask_command(session, monitor);
  const auto* other = std::get_if<Sample>(&second);
  return other != nullptr && other->health == Health::healthy ? seen : second;
}

// Whoever finds the file knows that the command may have run, also after a power cut.
std::optional<RolledBack> begin_once(const std::filesystem::path& folder) {
  if (const Status made = make_folder(folder); !made.ok())
    return RolledBack{RollbackState::not_run, made.error().message};
  const UniqueFd file(
      ::open((folder / "began").c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file && errno == EEXIST)
    return RolledBack{RollbackState::unknown, "another worker has begun it"};
  const UniqueFd parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const bool is_durable = file && parent && ::fsync(file.get()) == 0 && ::fsync(parent.get()) == 0;
  if (is_durable) return std::nullopt;
  return RolledBack{RollbackState::not_run,
                    "that it begins cannot be written down: " + std::string(strerror(errno))};
}

RolledBack judge(const Asked& asked) {
  if (const auto* end = std::get_if<CommandEnd>(&asked.end)) {
    return {end->exit_code == 0 ? RollbackState::succeeded : RollbackState::failed,
            with_lines("exit code " + std::to_string(end->exit_code), *end)};
  }
  const auto& outcome = std::get<JobOutcome>(asked.end);
  // Held: its program was never started. Whatever else ended it, ended it half-way.
  const bool never_ran = std::holds_alternative<Held>(outcome);
  return {never_ran ? RollbackState::not_run : RollbackState::unknown, text_of(outcome)};
}

}  // namespace

JobOutcome look_at_service(Session& session) {
  const Result<gates::Settings> settings = gates::read_settings(session.request.contract);
  if (!settings.ok()) return Held{ReasonCode::config, settings.error().message};
  const gates::MonitorSettings& monitor = settings.value().monitor;
  if (!monitor.is_given())
    return Held{ReasonCode::config, "the repository has no monitor any more"};
  Look seen = look(session, monitor);
  if (const auto* deferred = std::get_if<Deferred>(&seen)) return *deferred;
  Sample& sample = std::get<Sample>(seen);
  if (sample.health == Health::healthy && !monitor.error_rate_command.empty())
    add_error_rate(session, monitor, sample);
  return Sampled{std::move(sample)};
}

JobOutcome roll_back(Session& session) {
  const Result<gates::Settings> settings = gates::read_settings(session.request.contract);
  if (!settings.ok() || settings.value().monitor.rollback.empty())
    return RolledBack{RollbackState::not_run, "no rollback command is configured any more"};
  const gates::MonitorSettings& monitor = settings.value().monitor;
  const bool asks_for_previous = std::any_of(
      monitor.rollback.begin(), monitor.rollback.end(),
      [](const std::string& argument) { return argument.find(k_previous) != std::string::npos; });
  if (asks_for_previous && session.request.previous_commit.empty()) {
    return RolledBack{RollbackState::not_run,
                      "no healthy deployment of this repository before this one is known, and the "
                      "command asks for {previous_commit}"};
  }
  if (auto refused = begin_once(session.request.plugin_state)) return *std::move(refused);
  session.record.side_effect();
  ORC_CRASHPOINT(rollback_begun);
  RolledBack ended = judge(ask(session, monitor.rollback, monitor.rollback_timeout));
  ORC_CRASHPOINT(rollback_ran);
  return ended;
}

}  // namespace orc::worker
