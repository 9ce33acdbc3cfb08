// SPDX-License-Identifier: Apache-2.0
#include "base/redact.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

#include "base/log.h"

namespace orc {
namespace {

// Secrets stay known to the end of the process: each test has its own.
TEST(Redact, LeavesATextWithoutSecretsAsItIs) {
  EXPECT_EQ(redacted("nothing here"), "nothing here");
}

TEST(Redact, MasksEveryFormOfASecret) {
  keep_secret("s3cr:et/\"va lue\"\\x");
  // printf '%s' 's3cr:et/"va lue"\x' | base64, with 0, 1 and 2 bytes in front.
  for (const char* text :
       {"s3cr:et/\"va lue\"\\x", R"({"k":"s3cr:et/\"va lue\"\\x"})",
        R"({"k":"s3cr:et\/\"va lue\"\\x"})", "s3cr%3Aet%2F%22va%20lue%22%5Cx",
        "s3cr%3aet%2f%22va+lue%22%5cx", "733363723a65742f227661206c7565225c78",
        "czNjcjpldC8idmEgbHVlIlx4", "YXMzY3I6ZXQvInZhIGx1ZSJceA==",
        "YWFzM2NyOmV0LyJ2YSBsdWUiXHg="}) {
    const std::string masked = redacted(std::string("<") + text + ">");
    EXPECT_NE(masked.find("***"), std::string::npos) << text;
    EXPECT_EQ(masked.find("lue"), std::string::npos) << masked;
    EXPECT_EQ(masked.find("NjcjpldC8"), std::string::npos) << masked;
    EXPECT_EQ(masked.find("MzY3I6ZXQv"), std::string::npos) << masked;
    EXPECT_EQ(masked.find("zM2NyOmV0L"), std::string::npos) << masked;
  }
}

TEST(Redact, KeepsJsonWellFormed) {
  keep_secret("quoted\"secret");
  EXPECT_EQ(redacted(R"({"a":"quoted\"secret","b":1})"), R"({"a":"***","b":1})");
}

TEST(Redact, MasksTheLinesOfAKeyFileOneByOne) {
  keep_secret("-----BEGIN KEY-----\nMIIEowIBAAKCAQEA7\nq4Zr8Tn0yLk\n-----END KEY-----\n");
  EXPECT_EQ(redacted("line 2: q4Zr8Tn0yLk"), "line 2: ***");
  EXPECT_EQ(redacted("-----BEGIN KEY-----"), "-----BEGIN KEY-----");
}

TEST(Redact, LeavesShortValuesAlone) {
  keep_secret("on");
  EXPECT_EQ(redacted("turn it on"), "turn it on");
}

TEST(RedactedStream, FindsASecretThatIsCutAnywhere) {
  const std::string secret = "cut-into-two-pieces";
  keep_secret(secret);
  for (std::size_t at = 1; at < secret.size(); ++at) {
    RedactedStream stream;
    std::string out = stream.append("before " + secret.substr(0, at));
    EXPECT_EQ(out, "before ") << at;
    out += stream.append(secret.substr(at) + " after");
    out += stream.finish();
    EXPECT_EQ(out, "before *** after");
  }
}

TEST(RedactedStream, PassesOnWhatCannotBeASecretAtOnce) {
  keep_secret("zzzz-long-secret");
  RedactedStream stream;
  EXPECT_EQ(stream.append("a line\n"), "a line\n");
  EXPECT_EQ(stream.append("zzzz-lo"), "");
  EXPECT_EQ(stream.append("gical"), "zzzz-logical");
  EXPECT_EQ(stream.finish(), "");
}

TEST(Log, NeverHoldsASecret) {
  keep_secret("logged-canary");
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const int standard_error = ::dup(STDERR_FILENO);
  ::dup2(ends[1], STDERR_FILENO);
  log(LogLevel::error, "test.line", "with logged-canary", {{"field", "logged-canary"}});
  ::dup2(standard_error, STDERR_FILENO);
  std::array<char, 1000> bytes{};
  const ssize_t got = ::read(ends[0], bytes.data(), bytes.size());
  for (const int fd : {ends[0], ends[1], standard_error}) ::close(fd);
  const std::string line(bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  EXPECT_NE(line.find("field=***"), std::string::npos) << line;
  EXPECT_EQ(line.find("canary"), std::string::npos) << line;
}

}  // namespace
}  // namespace orc
