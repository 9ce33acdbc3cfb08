// SPDX-License-Identifier: Apache-2.0
#include "config/secrets.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/redact.h"
#include "config/generation.h"
#include "support/temp_dir.h"

namespace orc::config {
namespace {

namespace fs = std::filesystem;

TEST(OperatorToken, IsReadBehindItsReferenceAndNeverShort) {
  const test::TempDir folder;
  const auto config_with = [&](const std::string& token) {
    const fs::path path = folder.path() / "token";
    std::ofstream(path) << token << "\n";
    ::chmod(path.c_str(), 0600);
    Config config;
    config.operator_token = nlohmann::json{{"file", path.string()}}.dump();
    return config;
  };
  Config config = config_with("0123456789abcdef");
  EXPECT_EQ(read_listener_secrets(config).value().operator_token, "0123456789abcdef");
  config.board.port = -1;
  EXPECT_EQ(read_listener_secrets(config).value().operator_token, "") << "there is no board";
  const auto refused = read_listener_secrets(config_with("0123456789abcde"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message,
            "http.board.operator_token: shorter than 16 characters; make one with: openssl rand "
            "-hex 32");
}

class SecretFile : public ::testing::Test {
 protected:
  fs::path file(const std::string& content, mode_t mode = 0600) const {
    const fs::path path = folder_.path() / "key";
    std::ofstream(path) << content;
    ::chmod(path.c_str(), mode);
    return path;
  }
  static Result<std::string> read(const fs::path& path) {
    return resolve_secrets(nlohmann::json{{"token", {{"file", path.string()}}}}.dump());
  }
  static std::string value(const fs::path& path) {
    const auto resolved = read(path);
    if (!resolved.ok()) return "refused: " + resolved.error().message;
    return nlohmann::json::parse(resolved.value()).at("file:" + path.string());
  }

  test::TempDir folder_;
};

TEST_F(SecretFile, LosesOneFinalNewlineAndNothingElse) {
  EXPECT_EQ(value(file("a-token\n")), "a-token");
  EXPECT_EQ(value(file(" a token ")), " a token ");
  EXPECT_EQ(value(file("line\nline\n")), "line\nline\n");
}

TEST_F(SecretFile, ThatOthersCanReachIsRefusedWithItsRemedy) {
  for (const mode_t mode : {0644, 0604, 0660, 0620, 0602}) {
    const auto resolved = read(file("a-token", mode));
    ASSERT_FALSE(resolved.ok()) << mode;
    EXPECT_NE(resolved.error().message.find("chmod 600 "), std::string::npos);
    EXPECT_EQ(resolved.error().message.find("a-token"), std::string::npos);
  }
  EXPECT_EQ(value(file("a-token", 0640)), "a-token") << "a group may read it";
}

TEST_F(SecretFile, OfAnotherUserIsRefused) {
  const fs::path path = file("a-token");
  if (::chown(path.c_str(), 65534, static_cast<gid_t>(-1)) != 0) {
    GTEST_SKIP() << "only root can give a file away";
  }
  ASSERT_FALSE(read(path).ok());
  EXPECT_NE(read(path).error().message.find("belongs to another user"), std::string::npos);
}

TEST_F(SecretFile, ThatIsNoneIsRefusedAtOnce) {
  const fs::path fifo = folder_.path() / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  for (const fs::path& path : {fifo, folder_.path(), folder_.path() / "missing", file("")}) {
    EXPECT_FALSE(read(path).ok()) << path;
  }
}

TEST_F(SecretFile, MayBeNamedByALink) {
  fs::create_symlink(file("a-token"), folder_.path() / "link");
  EXPECT_EQ(value(folder_.path() / "link"), "a-token");
}

TEST_F(SecretFile, IsKeptOutOfEveryTextFromThenOn) {
  EXPECT_EQ(value(file("resolved-once-canary")), "resolved-once-canary");
  EXPECT_EQ(redacted("a resolved-once-canary b"), "a *** b");
}

TEST(SecretVariable, ThatIsEmptyIsNoSecret) {
  ::setenv("ORCH_TEST_EMPTY_SECRET", "", 1);
  EXPECT_FALSE(resolve_secrets(R"({"token":{"env":"ORCH_TEST_EMPTY_SECRET"}})").ok());
  ::unsetenv("ORCH_TEST_EMPTY_SECRET");
}

}  // namespace
}  // namespace orc::config
