// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>

#include "base/time.h"
#include "base/unique_fd.h"

namespace orc {
namespace {

// Stands in for stderr as long as it lives.
class Stderr {
 public:
  Stderr() : kept_(::dup(STDERR_FILENO)) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    reader_.reset(ends[0]);
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[1]);
  }
  ~Stderr() {
    ::unsetenv("JOURNAL_STREAM");
    give_back();
  }
  void call_it_the_journal(long long shift = 0) {
    struct stat info {};
    ::fstat(STDERR_FILENO, &info);
    const std::string stream = std::to_string(info.st_dev) + ":" +
                               std::to_string(static_cast<long long>(info.st_ino) + shift);
    ::setenv("JOURNAL_STREAM", stream.c_str(), 1);
  }
  // All that was written; nothing can be written any more.
  std::string text() {
    give_back();
    return read_to_end();
  }
  std::string read_to_end() {
    std::string all;
    std::array<char, 65536> piece{};
    for (ssize_t size = 0; (size = ::read(reader_.get(), piece.data(), piece.size())) > 0;)
      all.append(piece.data(), static_cast<std::size_t>(size));
    return all;
  }
  void give_back() {
    if (kept_) ::dup2(kept_.get(), STDERR_FILENO);
    kept_.reset();
    set_log(LogLevel::info, LogFormat::text);
  }

 private:
  UniqueFd kept_;
  UniqueFd reader_;
};

TEST(LogPriority, IsGivenToTheJournalForEachLine) {
  Stderr caught;
  caught.call_it_the_journal();
  set_log(LogLevel::debug, LogFormat::json);
  log(LogLevel::debug, "a", "x");
  log(LogLevel::info, "b", "x");
  log(LogLevel::warning, "c", "x");
  log(LogLevel::error, "d", "two\nlines");
  const std::string text = caught.text();
  std::string priorities;
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
    priorities += text.substr(at, 4);
  EXPECT_EQ(priorities, "<7>{<6>{<4>{<3>{") << text;
}

TEST(LogPriority, IsGivenToNobodyElse) {
  Stderr caught;
  caught.call_it_the_journal(1);
  set_log(LogLevel::info, LogFormat::json);
  log(LogLevel::error, "d", "x");
  EXPECT_TRUE(caught.text().starts_with("{\"time\":"));
}

TEST(LogWriter, HoldsNobodyUpWhereNobodyReadsAndTellsWhatItDropped) {
  Stderr caught;
  set_log(LogLevel::info, LogFormat::text);
  const std::string long_text(1500, 'x');
  constexpr int k_lines = 4000;  // more than pipe and queue hold
  std::optional<LogWriter> writer(std::in_place);
  const MonoTime began = mono_now();
  for (int i = 0; i < k_lines; ++i) log(LogLevel::info, "flood", long_text);
  EXPECT_LT(mono_now() - began, Millis{5000});
  std::thread reader([&] {
    writer.reset();  // waits for what is left, as long as somebody reads
    caught.give_back();
  });
  const std::string text = caught.read_to_end();
  reader.join();
  EXPECT_NE(text.find("log.dropped: lines were dropped"), std::string::npos);
  EXPECT_EQ(text.substr(0, text.find('\n')).size(), text.find("xxx") + long_text.size());
}

TEST(LogWriter, EndsThoughNobodyEverReads) {
  Stderr caught;
  set_log(LogLevel::info, LogFormat::text);
  const std::string long_text(1500, 'x');
  const MonoTime began = mono_now();
  {
    const LogWriter writer;
    for (int i = 0; i < 200; ++i) log(LogLevel::info, "flood", long_text);
  }
  EXPECT_LT(mono_now() - began, Millis{5000});
}

}  // namespace
}  // namespace orc
