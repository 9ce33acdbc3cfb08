// SPDX-License-Identifier: Apache-2.0
// The suite's report as evidence of one run: it must have been written during it. The tree is
// hostile: links, pipes and devices are refused, never followed. Any thread; blocks on the disk
// only.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <filesystem>
#include <map>
#include <string>
#include <variant>

#include "junit.h"
#include "output_report.h"
#include "suite.h"

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
using Evidence = std::variant<TestReport, NoEvidence>;

// One file.
class ReportFile {
 public:
  // Remembers the file as it is now, before the run.
  ReportFile(std::filesystem::path root, std::filesystem::path relative);
  // After the run. A file that did not change since the constructor is stale.
  Evidence read();
  // The same without asking how old it is.
  Evidence read_now();
  // The bytes that read() judged, for keeping; empty if there were none.
  const std::string& bytes() const { return bytes_; }

 private:
  std::filesystem::path root_;
  std::filesystem::path relative_;
  FileMark before_;
  std::string bytes_;
};

// Every TEST-*.xml of the surefire folders below `root`; those that were there before the run do
// not count.
class ReportFolders {
 public:
  explicit ReportFolders(std::filesystem::path root);
  Evidence read() const;

 private:
  std::filesystem::path root_;
  std::map<std::filesystem::path, FileMark> before_;
};

// Where the evidence of one run of this suite comes from. Made before the run; fed with its output
// while it runs; read after it.
class EvidenceSource {
 public:
  EvidenceSource(const Suite& suite, const std::filesystem::path& checkout,
                 const std::string& scratch);
  void take(orchestrator::plugin::Stream stream, std::string_view bytes);
  // `out`: what was kept of the standard output, where some runners name what they ran again.
  Evidence read(std::string_view out);
  // A JUnit file to keep beside the artifact; empty: there is none.
  const std::string& junit_bytes() const;

 private:
  Runner runner_;
  std::variant<ReportFile, ReportFolders, OutputReport> source_;
};

// Tests that failed first and passed when they were run again, where only the output says so:
// pytest's reruns and ctest --repeat. Exposed for its tests.
void note_reruns(Runner runner, std::string_view out, TestReport& report);

}  // namespace test_runner
