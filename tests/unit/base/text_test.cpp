// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/time.h"

namespace orc {
namespace {

TEST(Duration, NeedsAUnit) {
  EXPECT_EQ(parse_duration_ms("2h30m"), 9'000'000);
  EXPECT_EQ(parse_duration_ms("250ms"), 250);
  EXPECT_EQ(parse_duration_ms("14d"), 14 * 86'400'000LL);
  for (const char* bad : {"", "10", "s", "1x", "-1s", "1 s", "99999999999999999999s"}) {
    EXPECT_EQ(parse_duration_ms(bad), std::nullopt) << bad;
  }
}

TEST(Duration, ReadsBackAsWritten) {
  for (const long long ms : {0LL, 1LL, 999LL, 1000LL, 90'000LL, 3'600'000LL, 9'000'250LL}) {
    EXPECT_EQ(parse_duration_ms(format_duration_ms(ms)), ms);
  }
}

TEST(WallTime, IsWrittenInUtcWhateverTheYear) {
  EXPECT_EQ(to_iso8601_ms(WallTime{1'763'708'591'042}), "2025-11-21T07:03:11.042Z");
  EXPECT_EQ(to_iso8601(WallTime{951'827'696'789}), "2000-02-29T12:34:56Z");
  EXPECT_EQ(to_date(WallTime{-1}), "1969-12-31");
}

TEST(Utf8, RefusesOverlongFormsAndSurrogates) {
  EXPECT_TRUE(is_utf8("héllo → 世界"));
  for (const char* bad : {"\xC0\xAF", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xFF", "\xE4\xB8"}) {
    EXPECT_FALSE(is_utf8(bad));
  }
  EXPECT_EQ(to_utf8("a\xFFz"), "a\xEF\xBF\xBDz");
}

TEST(Printable, ShowsControlAndBidirectionalCharacters) {
  EXPECT_EQ(printable("a\x1B[31mb\r"), "a\\x1b[31mb\\x0d");
  EXPECT_EQ(printable("a\u202Eb"), "a\\u{202e}b");
  EXPECT_EQ(printable("line\n\ttab"), "line\n\ttab");
}

TEST(Nearest, FindsATypingMistakeAndNothingElse) {
  const std::vector<std::string> words{"enabled", "repos", "timeout"};
  EXPECT_EQ(nearest("enabld", words), "enabled");
  EXPECT_EQ(nearest("banana", words), std::nullopt);
  EXPECT_EQ(nearest("stauts", std::vector<std::string>{"stages", "status"}), "status");
}

TEST(FailureSignature, IsTheSameForTheSameFailure) {
  EXPECT_EQ(failure_signature("commit 4a2fe31c failed after 12 s"),
            failure_signature("commit 797f8b4d failed after 9 s"));
  EXPECT_NE(failure_signature("connection refused"), failure_signature("host key changed"));
}

TEST(Csv, TrimsBlanksAndDropsEmptyPieces) {
  EXPECT_EQ(split_csv(" a, ,b,"), (std::vector<std::string>{"a", "b"}));
}

}  // namespace
}  // namespace orc
