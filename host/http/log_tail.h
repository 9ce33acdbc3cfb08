// SPDX-License-Identifier: Apache-2.0
// A run's log, read while it is written: whole lines with their numbers, a bounded piece at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "domain/records.h"

namespace orc::http {

// Below the state folder.
std::filesystem::path log_path(JobId run, int attempt);

struct LogLine {
  std::int64_t number = 0;  // from 1
  std::string text;         // without its newline; a longer one than k_longest is cut there
};

// One thread. Holds one descriptor from the first read that found the file.
class LogTail {
 public:
  static constexpr std::size_t k_piece = 16 * 1024;
  static constexpr std::size_t k_longest = 64 * 1024;

  // Lines before `from` are counted and left out.
  LogTail(std::filesystem::path state_dir, std::filesystem::path log, std::int64_t from)
      : state_dir_(std::move(state_dir)), log_(std::move(log)), from_(from) {}

  // The lines of the next piece. `is_whole`: nothing more is written, so that the last line counts
  // without its newline. A log that is not there yet has no lines.
  Result<std::vector<LogLine>> read(bool is_whole);
  // The last read() met the end of what was written by then.
  bool is_at_end() const { return at_end_; }
  // The last line that was met, given out or not.
  std::int64_t line() const { return line_; }

 private:
  void take(std::string_view piece, std::vector<LogLine>& lines);
  void end_line(std::vector<LogLine>& lines);

  std::filesystem::path state_dir_;
  std::filesystem::path log_;
  std::int64_t from_;
  UniqueFd fd_;
  std::int64_t offset_ = 0;
  std::int64_t line_ = 0;
  std::string open_line_;  // its newline is still to come
  bool has_open_line_ = false;
  bool at_end_ = false;
};

// The last lines of what is written by now.
Result<std::vector<LogLine>> last_lines(const std::filesystem::path& state_dir,
                                        const std::filesystem::path& log, std::int64_t most);

}  // namespace orc::http
