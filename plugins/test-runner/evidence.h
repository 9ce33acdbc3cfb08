// SPDX-License-Identifier: Apache-2.0
// The suite's report as evidence of one run: the file must have been written during it. The tree is
// hostile: links, pipes and devices are refused, never followed. Any thread; blocks on the disk
// only.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <filesystem>
#include <string>
#include <variant>

#include "junit.h"

namespace test_runner {

struct Unreadable {
  bool absent = false;
  std::string reason;
};

// The whole of a regular file below `root`, without following a link anywhere.
std::variant<std::string, Unreadable> read_beneath(const std::filesystem::path& root,
                                                   const std::filesystem::path& relative,
                                                   std::size_t max_bytes);

// What a file looked like before the run.
struct FileMark {
  bool existed = false;
  ino_t inode = 0;
  timespec changed{};
};

enum class Missing : std::uint8_t { absent, stale, malformed };
struct NoEvidence {
  Missing kind;
  std::string reason;
};
using Evidence = std::variant<JunitReport, NoEvidence>;

class ReportFile {
 public:
  // Remembers the file as it is now, before the run.
  ReportFile(std::filesystem::path root, std::filesystem::path relative);
  // After the run. A file that did not change since the constructor is stale.
  Evidence read();
  // The bytes that read() judged, for keeping; empty if there were none.
  const std::string& bytes() const { return bytes_; }

 private:
  std::filesystem::path root_;
  std::filesystem::path relative_;
  FileMark before_;
  std::string bytes_;
};

}  // namespace test_runner
