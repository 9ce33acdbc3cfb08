// SPDX-License-Identifier: Apache-2.0
#include "process/capture.h"

#include <gtest/gtest.h>

namespace orc::process {
namespace {

std::string captured(std::size_t cap, const std::vector<std::string>& pieces) {
  Capture capture(cap);
  for (const std::string& piece : pieces) capture.append(piece);
  return std::move(capture).text();
}

TEST(Capture, KeepsEverythingUpToTheCap) {
  EXPECT_EQ(captured(8, {"abcd", "efgh"}), "abcdefgh");
  EXPECT_EQ(captured(8, {"abcdefgh"}), "abcdefgh");
  EXPECT_EQ(captured(8, {}), "");
}

TEST(Capture, KeepsHeadAndTailAndSaysWhatIsMissing) {
  const std::string expected = "abcd\n[... 3 bytes cut ...]\nhijk";
  EXPECT_EQ(captured(8, {"abcdefghijk"}), expected);
  EXPECT_EQ(captured(8, {"abcde", "fg", "hijk"}), expected);
  EXPECT_EQ(captured(8, {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"}), expected);
}

TEST(Capture, CountsWhatIsCutAcrossManyPieces) {
  Capture capture(8);
  for (int i = 0; i < 1000; ++i) capture.append("0123456789");
  capture.append("wxyz");
  EXPECT_TRUE(capture.truncated());
  EXPECT_EQ(std::move(capture).text(), "0123\n[... 9996 bytes cut ...]\nwxyz");
}

TEST(Capture, KeepsNothingWithoutACap) {
  EXPECT_EQ(captured(0, {"abc"}), "\n[... 3 bytes cut ...]\n");
}

}  // namespace
}  // namespace orc::process
