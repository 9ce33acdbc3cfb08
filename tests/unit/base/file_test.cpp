// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/temp_dir.h"

namespace orc {
namespace {

class FileTest : public testing::Test {
 protected:
  std::filesystem::path at(const std::string& name) const { return folder_.path() / name; }
  std::string content(const std::string& name) const {
    const Result<std::string> read = read_file(at(name), 1 << 20);
    return read.ok() ? read.value() : read.error().message;
  }
  test::TempDir folder_;
};

TEST_F(FileTest, IsReplacedAsAWholeAndLeavesNoTemporaryFile) {
  ASSERT_TRUE(write_file_atomically(at("a"), "first", Durability::process).ok());
  ASSERT_TRUE(write_file_atomically(at("a"), "second", Durability::power).ok());
  EXPECT_EQ(content("a"), "second");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 1);
}

TEST_F(FileTest, IsLeftAloneWhenItCannotBeReplaced) {
  EXPECT_EQ(write_file_atomically(at("missing/a"), "x", Durability::process).error().kind,
            ErrorKind::not_found);
}

TEST_F(FileTest, RewrittenInPlaceHoldsNoRestOfALongerText) {
  ASSERT_TRUE(RewrittenFile::open(at("p")).value().write(R"({"text":"a long text"})").ok());
  ASSERT_TRUE(RewrittenFile::open(at("p")).value().write(R"({"text":""})").ok());
  EXPECT_EQ(content("p").find("long"), std::string::npos);
  EXPECT_EQ(content("p").substr(0, 11), R"({"text":""})");
}

TEST_F(FileTest, ANewFileNeverReplacesOneThatIsThere) {
  ASSERT_TRUE(write_new_file(at("n"), "first").ok());
  EXPECT_EQ(write_new_file(at("n"), "second").error().kind, ErrorKind::conflict);
  EXPECT_EQ(content("n"), "first");
}

TEST_F(FileTest, AFolderIsEmptyUntilAnythingIsInIt) {
  ASSERT_TRUE(make_folder(at("folder")).ok());
  EXPECT_TRUE(is_empty_folder(at("folder")));
  ASSERT_TRUE(write_new_file(at("folder/.hidden"), "").ok());
  EXPECT_FALSE(is_empty_folder(at("folder")));
  EXPECT_FALSE(is_empty_folder(at("missing")));
}

TEST_F(FileTest, AFileThatSaysItIsEmptyIsReadWhole) {
  EXPECT_TRUE(read_file("/proc/self/stat", 4096).value().ends_with('\n'));
}

TEST_F(FileTest, LargerThanItsCapIsRefused) {
  ASSERT_TRUE(write_file_atomically(at("a"), std::string(100, 'x'), Durability::process).ok());
  EXPECT_EQ(read_file(at("a"), 99).error().kind, ErrorKind::refused);
  EXPECT_EQ(read_file(at("a"), 100).value().size(), 100u);
}

TEST_F(FileTest, ReadBeneathRefusesLinksPipesAndSecondNames) {
  ASSERT_TRUE(make_folder(at("tree/sub")).ok());
  ASSERT_TRUE(write_file_atomically(at("tree/sub/good"), "good", Durability::process).ok());
  ASSERT_TRUE(write_file_atomically(at("secret"), "secret", Durability::process).ok());
  std::filesystem::create_symlink(at("secret"), at("tree/link"));
  std::filesystem::create_directory_symlink(folder_.path(), at("tree/up"));
  std::filesystem::create_hard_link(at("secret"), at("tree/twin"));
  ASSERT_EQ(::mkfifo(at("tree/pipe").c_str(), 0600), 0);
  EXPECT_EQ(read_beneath(at("tree"), "sub/good", 100).value(), "good");
  for (const char* hostile :
       {"link", "up/secret", "twin", "pipe", "../secret", "/etc/passwd", "sub"}) {
    EXPECT_EQ(read_beneath(at("tree"), hostile, 100).error().kind, ErrorKind::refused) << hostile;
  }
}

TEST_F(FileTest, TreesGoWithoutFollowingLinks) {
  ASSERT_TRUE(write_file_atomically(at("kept"), "kept", Durability::process).ok());
  ASSERT_TRUE(make_folder(at("tree/sub")).ok());
  std::filesystem::create_directory_symlink(folder_.path(), at("tree/sub/up"));
  ASSERT_TRUE(remove_tree(at("tree")).ok());
  EXPECT_EQ(content("kept"), "kept");
  EXPECT_TRUE(remove_tree(at("tree")).ok());
}

}  // namespace
}  // namespace orc
