// SPDX-License-Identifier: Apache-2.0
#include "http/log_tail.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>

#include "base/file.h"
#include "engine/state_folders.h"

namespace orc::http {

std::filesystem::path log_path(JobId run, int attempt) {
  return std::filesystem::path("jobs") / engine::StateFolders::attempt_name(run, attempt) / "log";
}

Result<std::vector<LogLine>> LogTail::read(bool is_whole) {
  std::vector<LogLine> lines;
  if (!fd_) {
    auto opened = open_beneath(state_dir_, log_);
    at_end_ = !opened.ok() && opened.error().kind == ErrorKind::not_found;
    if (at_end_) return lines;
    ORC_TRY(fd_, std::move(opened));
  }
  std::string piece(k_piece, '\0');
  const ssize_t got = ::pread(fd_.get(), piece.data(), piece.size(), offset_);
  if (got < 0) {
    return Error{ErrorKind::io, log_.string() + ": " + std::generic_category().message(errno)};
  }
  offset_ += got;
  take(std::string_view(piece).substr(0, static_cast<std::size_t>(got)), lines);
  at_end_ = static_cast<std::size_t>(got) < k_piece;
  if (at_end_ && is_whole && has_open_line_) end_line(lines);
  return lines;
}

void LogTail::take(std::string_view piece, std::vector<LogLine>& lines) {
  while (!piece.empty()) {
    const std::size_t newline = piece.find('\n');
    const std::string_view part = piece.substr(0, newline);
    has_open_line_ = true;
    if (line_ + 1 >= from_) open_line_ += part.substr(0, k_longest - open_line_.size());
    if (newline == std::string_view::npos) return;
    end_line(lines);
    piece.remove_prefix(newline + 1);
  }
}

void LogTail::end_line(std::vector<LogLine>& lines) {
  ++line_;
  if (line_ >= from_) lines.push_back({line_, std::move(open_line_)});
  open_line_.clear();
  has_open_line_ = false;
}

Result<std::vector<LogLine>> last_lines(const std::filesystem::path& state_dir,
                                        const std::filesystem::path& log, std::int64_t most) {
  LogTail counted(state_dir, log, std::numeric_limits<std::int64_t>::max());
  do {
    ORC_CHECK_OK(counted.read(true));
  } while (!counted.is_at_end());
  LogTail tail(state_dir, log, std::max<std::int64_t>(counted.line() - most + 1, 1));
  std::vector<LogLine> all;
  do {
    ORC_TRY(std::vector<LogLine> lines, tail.read(true));
    std::move(lines.begin(), lines.end(), std::back_inserter(all));
  } while (!tail.is_at_end());
  return all;
}

}  // namespace orc::http
