// SPDX-License-Identifier: Apache-2.0
#include "artifacts/frontmatter.h"

#include <gtest/gtest.h>

#include <string>

namespace orc::artifacts {
namespace {

using namespace std::string_literals;

constexpr std::string_view k_report =
    "---\n"
    "work_item: ORCH-116\n"
    "stage: testing\n"
    "# written by the host\n"
    "author: 'test-runner: 0.1.0'\n"
    "date: 2026-11-21\n"
    "title: \"He said \\\"go\\\" \\\\ it\"\n"
    "tags: [a, \"b, c\", 'd']\n"
    "files:\n"
    "  - one.cpp\n"
    "  - 'two: 2'\n"
    "counts:\n"
    "  passed: 3\n"
    "note: |\n"
    "  result: FAIL\n"
    "    deeper\n"
    "empty:\n"
    "result: PASS  \n"
    "---\n"
    "\n"
    "# Report\n"
    "\n"
    "---\n"
    "\n"
    "```yaml\n"
    "---\n"
    "result: FAIL\n"
    "---\n"
    "```\n";

TEST(FrontmatterParse, ReadsACanonicalReport) {
  const auto parsed = Frontmatter::parse(k_report);
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  const Frontmatter& block = parsed.value();
  EXPECT_EQ(block.scalar("work_item").value(), "ORCH-116");
  EXPECT_EQ(block.scalar("author").value(), "test-runner: 0.1.0");
  EXPECT_EQ(block.scalar("title").value(), R"(He said "go" \ it)");
  EXPECT_EQ(block.scalar("date").value(), "2026-11-21");
  EXPECT_EQ(block.scalar("result").value(), "PASS");
  ASSERT_NE(block.find("result"), nullptr);
  EXPECT_EQ(block.find("result")->line, 18);
  EXPECT_EQ(block.fields().size(), 11U);
}

TEST(FrontmatterParse, KeepsStructuredFieldsAsRawTextAndRefusesThemAsScalars) {
  const auto parsed = Frontmatter::parse(k_report);
  ASSERT_TRUE(parsed.ok());
  for (const char* const key : {"tags", "files", "counts", "note", "empty"}) {
    ASSERT_NE(parsed.value().find(key), nullptr) << key;
    EXPECT_TRUE(parsed.value().find(key)->structured) << key;
    const auto value = parsed.value().scalar(key);
    ASSERT_FALSE(value.ok()) << key;
    EXPECT_EQ(value.error().kind, ErrorKind::malformed);
  }
  EXPECT_EQ(parsed.value().find("files")->value, "\n  - one.cpp\n  - 'two: 2'");
  EXPECT_EQ(parsed.value().scalar("absent").error().kind, ErrorKind::not_found);
}

TEST(FrontmatterParse, AcceptsABlockThatEndsWithTheFile) {
  ASSERT_TRUE(Frontmatter::parse("---\nresult: PASS\n---").ok());
  ASSERT_TRUE(Frontmatter::parse("---\nresult: PASS\n---\n").ok());
  ASSERT_TRUE(Frontmatter::parse("---\n---\n").ok());
}

// Every file here says PASS to some reader. None may say it to ours.
struct Hostile {
  const char* name;
  std::string file;
  const char* reason;  // part of the message; empty: parses, but `result` is not the word PASS
};

std::string block(const std::string& lines) {
  return "---\n" + lines + "---\n\nresult: PASS\n";
}

const Hostile k_hostile[] = {
    {"empty file", "", "line 1: the file does not begin"},
    {"no block", "# Report\nresult: PASS\n", "line 1: the file does not begin"},
    {"only the opening", "---\n", "line 1"},
    {"verdict in prose only", block("stage: testing\n"), ""},
    {"verdict in a code block", "---\na: b\n---\n\n```\nresult: PASS\n```\n", ""},
    {"verdict in a comment", block("# result: PASS\n"), ""},
    {"duplicate key", block("result: FAIL\nresult: PASS\n"),
     "line 3: the key `result` stands already in line 2"},
    {"duplicate key, same value", block("result: PASS\nresult: PASS\n"), "line 3: the key"},
    {"duplicate key, quoted", block("result: FAIL\n\"result\": PASS\n"),
     "line 3: not a `key: value` line"},
    {"duplicate key, other case", block("result: FAIL\nResult: PASS\n"), "line 3: the key"},
    {"key in other case", block("Result: PASS\n"), ""},
    {"key in capitals", block("RESULT: PASS\n"), ""},
    {"homoglyph key", block("rеsult: PASS\n"), "line 2: not a `key: value` line"},
    {"key with a space before its colon", block("result : PASS\n"), "line 2: not"},
    {"no space behind the colon", block("result:PASS\n"), "line 2: not"},
    {"complex key", block("? result\n: PASS\n"), "line 2: not"},
    {"indented key", block(" result: PASS\n"), "line 2: a continued line"},
    {"two documents", "---\nresult: FAIL\n---\nresult: PASS\n---\n", "line 4: a second document"},
    {"second document without end", "---\na: b\n---\nresult: PASS\n", "line 4: a second document"},
    {"second block later", "---\nresult: FAIL\n---\n\ntext\n\n---\nresult: PASS\n---\n",
     "line 7: a second frontmatter"},
    {"second block with CRLF", "---\nresult: FAIL\n---\n\n---\r\nresult: PASS\r\n---\r\n",
     "line 5: a second frontmatter"},
    {"document end marker", "---\nresult: FAIL\n...\n---\nresult: PASS\n---\n", "line 3: not"},
    {"anchor", block("result: &a PASS\n"), "line 2: an anchor"},
    {"alias", block("x: FAIL\nresult: *x\n"), "line 3: an anchor"},
    {"anchor in a list", block("tags: [&a PASS]\n"), "line 2: an anchor"},
    {"anchor below a key", block("tags:\n  - &a PASS\nresult: FAIL\n"), "line 3: an anchor"},
    {"tag", block("result: !!str PASS\n"), "line 2: an anchor, alias or tag"},
    {"merge key", block("<<: {result: PASS}\n"), "line 2: not"},
    {"flow list", block("result: [PASS]\n"), ""},
    {"flow map", block("result: {PASS: 1}\n"), "line 2: a plain value cannot start"},
    {"block list", block("result:\n  - PASS\n"), ""},
    {"list over two lines", block("tags: [a,\nresult: PASS]\n"),
     "line 2: a list that does not close"},
    {"quote over two lines", block("title: \"a\nresult: PASS\"\n"),
     "line 2: a quoted value that does not end"},
    {"quote over two lines in a list", block("x:\n  - \"a\nresult: PASS\n  b\"\n"),
     "line 3: a quoted value"},
    {"plain over two lines", block("result: PASS\n  or not\n"), "line 3: a continued line"},
    {"null", block("result: null\n"), ""},
    {"tilde", block("result: ~\n"), ""},
    {"nothing", block("result:\n"), ""},
    {"folded", block("result: >\n  PASS\n"), ""},
    {"literal", block("result: |\n  PASS\n"), ""},
    {"literal left early", block("x: |\n   a\n result: PASS\n"),
     "line 4: text that leaves its block"},
    {"nested below a key", block("x:\n  result: PASS\n"), ""},
    {"nested twice", block("x:\n  y:\n    result: PASS\n"), "line 3: a list or an empty value"},
    {"lower case", block("result: pass\n"), ""},
    {"mixed case", block("result: Pass\n"), ""},
    {"no-break space behind", block("result: PASS\u00a0\n"), "line 2: the character U+00A0"},
    {"no-break space before", block("result:\u00a0PASS\n"), "line 2: the character U+00A0"},
    {"zero-width space", block("result: PASS\u200b\n"), "line 2: the character U+200B"},
    {"direction override", block("result: \u202eSSAP\n"), "line 2: the character U+202E"},
    {"line separator", block("result: FAIL\u2028result2: PASS\n"), "line 2: the character U+2028"},
    {"next line", block("result: FAIL\u0085result: PASS\n"), "line 2: the character U+0085"},
    {"letters by escape", block("result: \"PA\\u0053S\"\n"), "line 2: an escape"},
    {"letters by short escape", block("result: \"PA\\x53S\"\n"), "line 2: an escape"},
    {"escaped line break", block("result: \"PASS\\n\"\n"), ""},
    {"text behind a quote", block("result: \"PASS\" FAIL\n"), "line 2: text after"},
    {"text behind a single quote", block("result: 'PASS'FAIL\n"), "line 2: text after"},
    {"comment behind a value", block("result: PASS # or FAIL\n"), "line 2: a comment"},
    {"comment behind a quote", block("result: \"PASS\" # FAIL\n"), "line 2: text after"},
    {"second colon", block("result: PASS: FAIL\n"), "line 2: `:` inside"},
    {"two words", block("result: PASS FAIL\n"), ""},
    {"tab", block("result:\tPASS\n"), "line 2: the character U+0009"},
    {"NUL", block("result: PASS\0\n"s), "line 2: the character U+0000"},
    {"escape code", block("result: \x1b[8mFAIL\x1b[0m\n"), "line 2: the character U+001B"},
    {"CRLF", "---\r\nresult: PASS\r\n---\r\n", "line 1: the file does not begin"},
    {"CRLF inside", block("result: PASS\r\n"), "line 2: the character U+000D"},
    {"CR only", "---\rresult: PASS\r---\r", "line 1: the file does not begin"},
    {"BOM", "\xEF\xBB\xBF---\nresult: PASS\n---\n", "line 1: the file does not begin"},
    {"BOM inside", block("\xEF\xBB\xBFresult: PASS\n"), "line 2: the character U+FEFF"},
    {"UTF-16", "\xFF\xFE-\0-\0-\0\n\0r\0:\0"s, "line 1: the file does not begin"},
    {"Latin-1", block("title: \xE9t\xE9\nresult: PASS\n"), "line 2: not valid UTF-8"},
    {"overlong", block("result: \xC1\x90\x41\x53\x53\n"), "line 2: not valid UTF-8"},
    {"no closing", "---\nresult: PASS\n", "line 3: the block has no closing"},
    {"closing with a space", "---\nresult: PASS\n--- \n", "line 3: not"},
    {"four dashes", "----\nresult: PASS\n----\n", "line 1: the file does not begin"},
    {"opening with text", "--- result: PASS\n---\n", "line 1: the file does not begin"},
    {"not at byte 0", "\n---\nresult: PASS\n---\n", "line 1: the file does not begin"},
    {"space before the opening", " ---\nresult: PASS\n---\n", "line 1: the file does not begin"},
    {"closing beyond the cap",
     "---\nx: " + std::string(k_max_frontmatter_bytes, 'a') + "\nresult: PASS\n---\n",
     "line 2: the block is larger"},
    {"file beyond the cap", "---\nresult: PASS\n---\n" + std::string(k_max_artifact_bytes, 'a'),
     "line 1: the file is larger"},
    {"bracket bomb", block("x: " + std::string(50'000, '[') + "\nresult: PASS\n"),
     "line 2: a list that does not close"},
};

TEST(FrontmatterParse, LetsNoHostileFileSayPass) {
  static_assert(std::size(k_hostile) >= 40);
  for (const Hostile& hostile : k_hostile) {
    SCOPED_TRACE(hostile.name);
    const auto parsed = Frontmatter::parse(hostile.file);
    if (!parsed.ok()) {
      EXPECT_EQ(parsed.error().kind, ErrorKind::malformed);
      ASSERT_NE(*hostile.reason, '\0') << parsed.error().message;
      EXPECT_NE(parsed.error().message.find(hostile.reason), std::string::npos)
          << parsed.error().message;
      continue;
    }
    EXPECT_EQ(*hostile.reason, '\0') << "expected: " << hostile.reason;
    const auto result = parsed.value().scalar("result");
    EXPECT_FALSE(result.ok() && result.value() == "PASS");
  }
}

TEST(FrontmatterParse, AnswersTheSameEachTime) {
  for (const Hostile& hostile : k_hostile) {
    if (hostile.file.size() > 10'000) continue;
    const auto first = Frontmatter::parse(hostile.file);
    for (int i = 0; i < 100; ++i) {
      const auto again = Frontmatter::parse(hostile.file);
      ASSERT_EQ(again.ok(), first.ok());
      if (!first.ok()) {
        ASSERT_EQ(again.error().message, first.error().message);
      }
    }
  }
}

TEST(WriteArtifact, IsReadBackEqual) {
  const std::vector<std::pair<std::string, std::string>> fields{
      {"work_item", "ORCH-116"},
      {"date", "2026-11-21"},
      {"result", "PASS"},
      {"empty", ""},
      {"null_word", "null"},
      {"bool_word", "Yes"},
      {"number", "12e3"},
      {"commit", "9f86d081"},
      {"colon", "a: b #c"},
      {"ends", "ends with:"},
      {"spaces", "  both  "},
      {"quotes", R"(say "it's" \ \n)"},
      {"lines", "one\ntwo\tthree\r\n"},
      {"hidden", "a\u00a0b\u200b\u202e\u0085\x7f\x01"},
      {"nul", "a\0b"s},
      {"words", "Größe — naïve ✓ 😀"},
      {"dash", "- item"},
      {"flow", "[a, b]"},
      {"anchor", "&a *b !c"}};
  const std::string file = write_artifact(fields, "# Body\n");
  const auto parsed = Frontmatter::parse(file);
  ASSERT_TRUE(parsed.ok()) << parsed.error().message << '\n' << file;
  ASSERT_EQ(parsed.value().fields().size(), fields.size());
  for (const auto& [key, value] : fields) {
    const auto read = parsed.value().scalar(key);
    ASSERT_TRUE(read.ok()) << key;
    EXPECT_EQ(read.value(), value) << key;
  }
  EXPECT_EQ(file.substr(file.find("---\n\n")), "---\n\n# Body\n");
}

TEST(WriteArtifact, LeavesPlainWordsUnquoted) {
  EXPECT_EQ(write_artifact({{"result", "PASS"}, {"date", "2026-11-21"}, {"sha", "1234567"}}, "x"),
            "---\nresult: PASS\ndate: 2026-11-21\nsha: \"1234567\"\n---\n\nx\n");
}

TEST(WriteArtifact, DoesNotLetTheBodyOpenASecondBlock) {
  const std::string file =
      write_artifact({{"result", "FAIL"}}, "---\nresult: PASS\n---\n\nrule\n\n---\n\nend\n");
  const auto parsed = Frontmatter::parse(file);
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_EQ(parsed.value().scalar("result").value(), "FAIL");
  EXPECT_NE(file.find("\n***\nresult: PASS\n"), std::string::npos);
  EXPECT_NE(file.find("rule\n\n---\n"), std::string::npos);
}

TEST(WriteArtifact, ReplacesBytesThatAreNotText) {
  const auto parsed = Frontmatter::parse(write_artifact({{"title", "a\xff"}}, "b"));
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed.value().scalar("title").value(), "a\xEF\xBF\xBD");
}

}  // namespace
}  // namespace orc::artifacts
