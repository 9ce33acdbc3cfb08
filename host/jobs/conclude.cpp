// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "base/redact.h"
#include "base/text.h"
#include "jobs/worker_client.h"

namespace orc::jobs {

namespace {

constexpr std::size_t k_tail_bytes = 4096;
constexpr std::size_t k_tail_lines = 5;

std::string read_tail(const std::filesystem::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) return "";
  const off_t from = std::max<off_t>(info.st_size - static_cast<off_t>(k_tail_bytes), 0);
  std::string tail(k_tail_bytes, '\0');
  const ssize_t got = ::pread(fd.get(), tail.data(), tail.size(), from);
  tail.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return tail;
}

std::string last_lines(const std::filesystem::path& log) {
  // The worker is gone, and nobody masked what its libraries printed themselves.
  const std::string tail = redacted(read_tail(log));
  std::vector<std::string> lines;
  for (const std::string_view line : split(tail, '\n')) {
    if (!trim(line).empty()) lines.push_back(printable(to_utf8(trim(line))));
  }
  if (lines.size() > k_tail_lines) {
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(k_tail_lines));
  }
  return join(lines, " | ");
}

std::string describe(const WorkerEnd& end) {
  if (!end) return "the worker ended without a report";
  return std::visit(overloaded{
                        [](const process::Exited& e) {
                          return "the worker exited with code " + std::to_string(e.code) +
                                 " without a report";
                        },
                        [](const process::Signalled& s) {
                          const char* name = ::sigdescr_np(s.signal);
                          return "the worker was ended by signal " + std::to_string(s.signal) +
                                 (name == nullptr ? "" : " (" + std::string(name) + ")");
                        },
                    },
                    *end);
}

std::string name_of_link(const Result<JobRequest>& request, int link) {
  if (!request.ok() || link < 0 || static_cast<std::size_t>(link) >= request.value().chain.size()) {
    return "";
  }
  return request.value().chain[static_cast<std::size_t>(link)].plugin;
}

// The row that says why the link that faulted did not take the job.
ChainDecision crashed(const JobRequest& request, int link, const std::string& text) {
  const RequestLink& row = request.chain[static_cast<std::size_t>(link)];
  return {row.position, row.plugin, Decision::declined, "crashed", text};
}

}  // namespace

WorkerReport conclude(const std::filesystem::path& folder, const WorkerEnd& end) {
  Result<WorkerReport> report = read_report(folder);
  if (report.ok()) return std::move(report).value();

  std::string text = describe(end);
  const std::string lines = last_lines(folder / "log");
  if (!lines.empty()) text += "; last lines of its log: " + lines;

  WorkerReport concluded;
  if (report.error().kind != ErrorKind::not_found) {
    concluded.outcome = WorkerFault{report.error().message};
    return concluded;
  }
  const std::optional<Progress> progress = read_progress(folder);
  if (!progress) {
    concluded.outcome = WorkerFault{text};
    return concluded;
  }
  concluded.decisions = progress->decisions;
  concluded.agent_runs = progress->agent_runs;
  concluded.side_effects = progress->side_effects;
  const Result<JobRequest> request = read_request(folder);
  const std::string producer = name_of_link(request, progress->link);
  switch (progress->phase) {
    case Progress::Phase::deciding:
      if (producer.empty()) break;
      concluded.decisions.push_back(crashed(request.value(), progress->link, text));
      concluded.outcome = FaultWhileDeciding{progress->link, producer + ": " + text};
      return concluded;
    case Progress::Phase::producing:
      concluded.producer = producer;
      concluded.outcome = FailedRun{producer + ": " + text};
      return concluded;
    case Progress::Phase::preparing:
    case Progress::Phase::collecting:
      break;
  }
  concluded.outcome = WorkerFault{text};
  return concluded;
}

}  // namespace orc::jobs
