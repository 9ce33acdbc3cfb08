// SPDX-License-Identifier: Apache-2.0
#include "jobs/job_folder.h"

#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "base/redact.h"
#include "jobs/job_json.h"

namespace orc::jobs {

namespace {

constexpr std::size_t k_request_limit = 16 << 20;
constexpr std::size_t k_report_limit = 4 << 20;
constexpr std::size_t k_progress_limit = 4 << 20;

constexpr const char* k_request = "request.json";
constexpr const char* k_report = "outcome.json";
constexpr const char* k_progress = "progress.json";

Status make_fresh_folder(const std::filesystem::path& folder) {
  if (::mkdir(folder.c_str(), 0700) == 0) return Done{};
  if (errno == ENOENT && folder.has_parent_path()) {
    ORC_CHECK_OK(make_folder(folder.parent_path()));
    if (::mkdir(folder.c_str(), 0700) == 0) return Done{};
  }
  const int number = errno;
  const std::string text = folder.string() + ": " + std::generic_category().message(number);
  if (number == EEXIST) return Error{ErrorKind::conflict, text};
  if (number == ENOSPC || number == EDQUOT) return Error{ErrorKind::unavailable, text};
  return Error{ErrorKind::io, text};
}

}  // namespace

Status create(const std::filesystem::path& folder, const JobRequest& request) {
  ORC_CHECK_OK(make_fresh_folder(folder));
  // Nobody reads it before the worker is started, so that it needs no second name.
  Status written = write_new_file(folder / k_request, to_json(request));
  if (!written.ok()) (void)remove_tree(folder);
  return written;
}

Result<JobRequest> read_request(const std::filesystem::path& folder) {
  ORC_TRY(const std::string text, read_file(folder / k_request, k_request_limit));
  return parse_request(text);
}

Status write_report(const std::filesystem::path& folder, const WorkerReport& report,
                    Durability durability) {
  return write_file_atomically(folder / k_report, redacted(to_json(report)), durability);
}

Result<WorkerReport> read_report(const std::filesystem::path& folder) {
  ORC_TRY(const std::string text, read_file(folder / k_report, k_report_limit));
  return parse_report(text);
}

bool has_reported(const std::filesystem::path& folder) {
  std::error_code error;
  return std::filesystem::exists(folder / k_report, error);
}

Result<ProgressFile> ProgressFile::open(const std::filesystem::path& folder) {
  ORC_TRY(RewrittenFile file, RewrittenFile::open(folder / k_progress));
  return ProgressFile(std::move(file));
}

Status ProgressFile::write(const Progress& progress) {
  return file_.write(redacted(to_json(progress)));
}

std::optional<Progress> read_progress(const std::filesystem::path& folder) {
  const Result<std::string> text = read_file(folder / k_progress, k_progress_limit);
  if (!text.ok()) return std::nullopt;
  Result<Progress> progress = parse_progress(text.value());
  if (!progress.ok()) return std::nullopt;
  return std::move(progress).value();
}

}  // namespace orc::jobs
