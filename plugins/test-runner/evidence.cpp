// SPDX-License-Identifier: Apache-2.0
#include "evidence.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <system_error>
#include <utility>

namespace test_runner {

namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Descriptor open_beneath(const std::filesystem::path& root, const std::filesystem::path& relative) {
  const Descriptor folder(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) return Descriptor(-1);
  open_how how{};
  how.flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const long fd = ::syscall(SYS_openat2, folder.get(), relative.c_str(), &how, sizeof how);
  return Descriptor(static_cast<int>(fd));
}

std::string error_text() {
  return std::system_category().message(errno);
}

FileMark mark(const std::filesystem::path& root, const std::filesystem::path& relative) {
  struct stat status {};
  if (::lstat((root / relative).c_str(), &status) != 0) return {};
  return {true, status.st_ino, status.st_ctim};
}

bool same(const FileMark& a, const FileMark& b) {
  return a.existed && b.existed && a.inode == b.inode && a.changed.tv_sec == b.changed.tv_sec &&
         a.changed.tv_nsec == b.changed.tv_nsec;
}

}  // namespace

std::variant<std::string, Unreadable> read_beneath(const std::filesystem::path& root,
                                                   const std::filesystem::path& relative,
                                                   std::size_t max_bytes) {
  const Descriptor file = open_beneath(root, relative);
  if (file.get() < 0) return Unreadable{errno == ENOENT, error_text()};
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return Unreadable{false, error_text()};
  if (!S_ISREG(status.st_mode) || status.st_nlink != 1)
    return Unreadable{false, "it is not a plain file with one name"};
  std::string bytes;
  std::array<char, 64 * 1024> chunk{};
  while (true) {
    const ssize_t got = ::read(file.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Unreadable{false, error_text()};
    if (got == 0) return bytes;
    bytes.append(chunk.data(), static_cast<std::size_t>(got));
    if (bytes.size() > max_bytes) return Unreadable{false, "it is too large"};
  }
}

ReportFile::ReportFile(std::filesystem::path root, std::filesystem::path relative)
    : root_(std::move(root)), relative_(std::move(relative)), before_(mark(root_, relative_)) {}

Evidence ReportFile::read() {
  if (same(before_, mark(root_, relative_)))
    return NoEvidence{Missing::stale,
                      "the report was there before the run and was not written by it"};
  return read_now();
}

Evidence ReportFile::read_now() {
  auto read = read_beneath(root_, relative_, k_max_report_bytes);
  if (const auto* unreadable = std::get_if<Unreadable>(&read)) {
    if (unreadable->absent) return NoEvidence{Missing::absent, "the run wrote no report"};
    return NoEvidence{Missing::malformed, "the report cannot be read: " + unreadable->reason};
  }
  bytes_ = std::get<std::string>(std::move(read));
  auto parsed = read_junit(bytes_);
  if (const auto* bad = std::get_if<BadReport>(&parsed))
    return NoEvidence{Missing::malformed, "the report is no JUnit file: " + bad->reason};
  return std::get<TestReport>(std::move(parsed));
}

namespace {

namespace fs = std::filesystem;

constexpr int k_deepest_module = 8;
constexpr std::size_t k_most_reports = 5000;

// The TEST-*.xml of every folder target/surefire-reports, relative to `root`.
std::vector<fs::path> surefire_files(const fs::path& root) {
  std::vector<fs::path> files;
  std::error_code error;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator at(root, options, error), end; !error && at != end;
       at.increment(error)) {
    if (at.depth() > k_deepest_module) at.disable_recursion_pending();
    const fs::path relative = at->path().lexically_relative(root);
    const std::string name = relative.filename().string();
    const bool is_report = name.rfind("TEST-", 0) == 0 && relative.extension() == ".xml" &&
                           relative.parent_path().filename() == "surefire-reports";
    if (is_report && files.size() < k_most_reports) files.push_back(relative);
  }
  std::sort(files.begin(), files.end());
  return files;
}

ReportFile junit_file(const Suite& suite, const fs::path& checkout, const std::string& scratch) {
  const std::string full = with_scratch(suite.junit, scratch);
  if (full != suite.junit) return {scratch, fs::path(full).lexically_relative(scratch)};
  return {checkout, (fs::path(suite.cwd) / suite.junit).lexically_normal()};
}

std::variant<ReportFile, ReportFolders, OutputReport> source_of(const Suite& suite,
                                                                const fs::path& checkout,
                                                                const std::string& scratch) {
  if (suite.report == ReportKind::junit) return junit_file(suite, checkout, scratch);
  if (suite.report == ReportKind::surefire) return ReportFolders(checkout / suite.cwd);
  return OutputReport(suite.report);
}

}  // namespace

ReportFolders::ReportFolders(fs::path root) : root_(root.lexically_normal()) {
  for (const fs::path& file : surefire_files(root_)) before_[file] = mark(root_, file);
}

Evidence ReportFolders::read() const {
  TestReport all;
  bool is_fresh = false;
  for (const fs::path& path : surefire_files(root_)) {
    const auto before = before_.find(path);
    if (before != before_.end() && same(before->second, mark(root_, path))) continue;
    ReportFile file(root_, path);
    Evidence one = file.read_now();
    if (std::holds_alternative<NoEvidence>(one)) return one;
    all.add(std::get<TestReport>(one));
    is_fresh = true;
  }
  if (is_fresh) return all;
  if (before_.empty()) return NoEvidence{Missing::absent, "the run wrote no surefire report"};
  return NoEvidence{Missing::stale, "the surefire reports were there before the run"};
}

EvidenceSource::EvidenceSource(const Suite& suite, const fs::path& checkout,
                               const std::string& scratch)
    : runner_(suite.runner), source_(source_of(suite, checkout, scratch)) {}

void EvidenceSource::take(orchestrator::plugin::Stream stream, std::string_view bytes) {
  if (auto* const output = std::get_if<OutputReport>(&source_)) output->take(stream, bytes);
}

Evidence EvidenceSource::read(std::string_view out) {
  Evidence evidence = NoEvidence{Missing::absent, ""};
  if (auto* const file = std::get_if<ReportFile>(&source_)) evidence = file->read();
  if (auto* const folders = std::get_if<ReportFolders>(&source_)) evidence = folders->read();
  if (auto* const output = std::get_if<OutputReport>(&source_)) {
    auto read = output->finish();
    if (const auto* bad = std::get_if<BadReport>(&read)) {
      evidence =
          NoEvidence{Missing::malformed, "its output is no report of what ran: " + bad->reason};
    } else {
      evidence = std::get<TestReport>(std::move(read));
    }
  }
  if (auto* const report = std::get_if<TestReport>(&evidence)) note_reruns(runner_, out, *report);
  return evidence;
}

const std::string& EvidenceSource::junit_bytes() const {
  static const std::string k_none;
  const auto* const file = std::get_if<ReportFile>(&source_);
  return file == nullptr ? k_none : file->bytes();
}

void note_reruns(Runner runner, std::string_view out, TestReport& report) {
  if (runner != Runner::pytest && runner != Runner::ctest) return;
  std::set<std::string> failed;  // of ctest, so far
  while (!out.empty()) {
    const std::size_t end = std::min(out.find('\n'), out.size());
    const std::string_view line = out.substr(0, end);
    out.remove_prefix(std::min(end + 1, out.size()));
    constexpr std::string_view k_rerun = "RERUN ";
    if (runner == Runner::pytest) {
      if (line.substr(0, k_rerun.size()) == k_rerun)
        report.add_flaky(std::string(line.substr(k_rerun.size(), k_max_name)));
      continue;
    }
    // "1/2 Test #1: name ....***Failed    0.03 sec"
    const std::size_t number = line.find("Test ");
    const std::size_t colon = number == line.npos ? line.npos : line.find(": ", number);
    if (colon == line.npos || line.find('#', number) > colon) continue;
    const std::string name(line.substr(colon + 2, line.find(' ', colon + 2) - colon - 2));
    if (line.find("***") != line.npos) failed.insert(name);
    if (line.find("   Passed ") != line.npos && failed.count(name) > 0) report.add_flaky(name);
  }
}

}  // namespace test_runner
