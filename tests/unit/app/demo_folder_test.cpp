// SPDX-License-Identifier: Apache-2.0
#include "app/demo_folder.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <fstream>
#include <regex>
#include <string>

#include "base/file.h"
#include "support/host_harness.h"
#include "support/temp_dir.h"

namespace orc::app {
namespace {

namespace fs = std::filesystem;

std::string config_of(const DemoFolder& folder) {
  return read_file(folder.config(), 1 << 20).value();
}

TEST(DemoFolder, HoldsARepositoryForEveryFolderOfTheMaterial) {
  const test::TempDir temp;
  const auto folder = DemoFolder::make(temp.path() / "demo");
  ASSERT_TRUE(folder.ok()) << folder.error().message;
  for (const char* name : {"shop", "ledger", "courier"}) {
    const test::CommandResult main =
        test::run_program({"git", "--git-dir=" + folder.value().upstream(name).string(),
                           "rev-parse", "--verify", "--quiet", "refs/heads/main"},
                          temp.path());
    EXPECT_EQ(main.exit_code, 0) << name;
  }
}

TEST(DemoFolder, FillsInEveryMarkOfTheConfiguration) {
  const test::TempDir temp;
  const auto folder = DemoFolder::make(temp.path() / "demo");
  ASSERT_TRUE(folder.ok()) << folder.error().message;
  const std::string text = config_of(folder.value());
  EXPECT_FALSE(std::regex_search(text, std::regex("@[A-Z_]+@"))) << text;
  EXPECT_NE(text.find(folder.value().socket().string()), std::string::npos);
}

TEST(DemoFolder, KeepsAPortThatRefusesConnections) {
  const test::TempDir temp;
  const auto folder = DemoFolder::make(temp.path() / "demo");
  ASSERT_TRUE(folder.ok()) << folder.error().message;
  const std::string text = config_of(folder.value());
  std::smatch found;
  ASSERT_TRUE(std::regex_search(text, found, std::regex(R"(port: (\d+))")));
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(found[1])));
  EXPECT_EQ(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), -1);
  EXPECT_EQ(errno, ECONNREFUSED);
}

TEST(DemoFolder, RefusesAFolderThatIsNotEmptyAndLeavesItAlone) {
  const test::TempDir temp;
  std::ofstream(temp.path() / "mine.txt") << "mine";
  const auto folder = DemoFolder::make(temp.path());
  ASSERT_FALSE(folder.ok());
  EXPECT_EQ(folder.error().kind, ErrorKind::conflict);
  EXPECT_TRUE(fs::exists(temp.path() / "mine.txt"));
  EXPECT_FALSE(fs::exists(temp.path() / "repositories"));
}

TEST(DemoFolder, RefusesAPathThatIsTooLongForASocket) {
  const test::TempDir temp;
  const auto folder = DemoFolder::make(temp.path() / std::string(100, 'x'));
  ASSERT_FALSE(folder.ok());
  EXPECT_EQ(folder.error().kind, ErrorKind::refused);
}

TEST(DemoFolder, IsGoneAfterRemove) {
  auto folder = DemoFolder::make({});
  ASSERT_TRUE(folder.ok()) << folder.error().message;
  EXPECT_TRUE(folder.value().made_up());
  const fs::path root = folder.value().root();
  ASSERT_TRUE(folder.value().remove().ok());
  EXPECT_FALSE(fs::exists(root));
}

}  // namespace
}  // namespace orc::app
