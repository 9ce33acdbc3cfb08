// SPDX-License-Identifier: Apache-2.0
#include "prompt.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <orchestrator/plugin/testing.hpp>

namespace llm_spawner {
namespace {

namespace fs = std::filesystem;
using orchestrator::plugin::test::RequestBuilder;
using orchestrator::plugin::test::ScratchFolder;

std::string render(const std::string& text, const Values& values) {
  auto rendered = render_prompt({"p.md", text}, values);
  EXPECT_TRUE(std::holds_alternative<std::string>(rendered));
  return std::holds_alternative<std::string>(rendered) ? std::get<std::string>(rendered) : "";
}

std::string fault(const std::string& text) {
  auto rendered = render_prompt({"p.md", text}, {});
  EXPECT_TRUE(std::holds_alternative<PromptFault>(rendered)) << text;
  return std::holds_alternative<PromptFault>(rendered) ? std::get<PromptFault>(rendered).text : "";
}

TEST(RenderPrompt, PutsHostileTextInAsItIs) {
  const std::string hostile = "<b>&\"'{{work_item}}{{{request}}}{{#title}}x{{/title}}";
  EXPECT_EQ(render("[{{request}}]", {{"request", hostile}, {"work_item", "W-1"}}),
            "[" + hostile + "]");
}

TEST(RenderPrompt, ShowsASectionOnlyIfItsVariableIsNotEmpty) {
  const std::string text = "a\n{{#feedback}}\nsent back: {{feedback}}\n{{/feedback}}\nb";
  EXPECT_EQ(render(text, {{"feedback", ""}}).find("sent back"), std::string::npos);
  EXPECT_EQ(render(text, {{"feedback", "no tests"}}), "a\nsent back: no tests\nb");
  EXPECT_EQ(render("{{^feedback}}first{{/feedback}}", {{"feedback", ""}}), "first");
}

TEST(RenderPrompt, NamesAnUnknownVariableItsLineAndTheNearestOne) {
  const std::string text = fault("one\ntwo {{work_itm}}");
  EXPECT_NE(text.find("p.md: line 2: unknown variable {{work_itm}}"), std::string::npos) << text;
  EXPECT_NE(text.find("did you mean \"work_item\""), std::string::npos) << text;
}

TEST(RenderPrompt, RefusesWhatItCannotCheck) {
  fault("{{> other}}");
  fault("{{=<% %>=}}");
  fault("{{title");
  fault("{{#title}} never closed");
  fault("{{{unknown}}}");
  fault("{{& unknown}}");
  fault("{{}}");
}

class ReadPrompt : public testing::Test {
 protected:
  ReadPrompt() {
    request.role = "reviewer";
    request.worktree = (folder.path() / "wt").string();
    request.prompt_file = (folder.path() / "default.md").string();
    fs::create_directories(folder.path() / "wt");
    std::ofstream(request.prompt_file) << "shipped";
  }
  fs::path own() const { return folder.path() / "wt/.openclaw/agents/reviewer.md"; }
  std::string fault_text() {
    auto read = read_prompt(request.build());
    EXPECT_TRUE(std::holds_alternative<PromptFault>(read));
    return std::holds_alternative<PromptFault>(read) ? std::get<PromptFault>(read).text : "";
  }

  ScratchFolder folder;
  RequestBuilder request;
};

TEST_F(ReadPrompt, TakesTheShippedDefaultWhereTheRepositoryHasNone) {
  EXPECT_EQ(std::get<PromptTemplate>(read_prompt(request.build())).text, "shipped");
}

TEST_F(ReadPrompt, PrefersTheRepositorysOwn) {
  fs::create_directories(own().parent_path());
  std::ofstream(own()) << "own";
  EXPECT_EQ(std::get<PromptTemplate>(read_prompt(request.build())).text, "own");
}

TEST_F(ReadPrompt, FollowsNoLinkOutOfTheWorktree) {
  fs::create_directories(own().parent_path());
  fs::create_symlink("/etc/hostname", own());
  EXPECT_NE(fault_text().find("link"), std::string::npos);
}

TEST_F(ReadPrompt, FollowsNoLinkedFolderEither) {
  fs::create_directories(folder.path() / "elsewhere/agents");
  std::ofstream(folder.path() / "elsewhere/agents/reviewer.md") << "planted";
  fs::create_directory_symlink(folder.path() / "elsewhere", folder.path() / "wt/.openclaw");
  EXPECT_NE(fault_text().find("link"), std::string::npos);
}

TEST_F(ReadPrompt, DoesNotWaitForAPipe) {
  fs::create_directories(own().parent_path());
  ASSERT_EQ(::mkfifo(own().c_str(), 0600), 0);
  EXPECT_NE(fault_text().find("not a regular file"), std::string::npos);
}

TEST_F(ReadPrompt, RefusesAFileAboveTheLimit) {
  fs::create_directories(own().parent_path());
  std::ofstream(own()) << std::string(k_max_prompt_template + 1, 'x');
  EXPECT_NE(fault_text().find("larger"), std::string::npos);
}

TEST_F(ReadPrompt, SaysThatThereIsNone) {
  request.prompt_file.clear();
  EXPECT_NE(fault_text().find("no prompt for the role reviewer"), std::string::npos);
}

TEST_F(ReadPrompt, TakesNoPathForARole) {
  request.role = "../../etc";
  EXPECT_NE(fault_text().find("is no name"), std::string::npos);
}

TEST(PromptValues, CoverExactlyTheKnownNames) {
  RequestBuilder request;
  const Values values = prompt_values(request.build());
  EXPECT_EQ(values.size(), prompt_names().size());
  for (const std::string_view name : prompt_names()) EXPECT_EQ(values.count(name), 1U) << name;
  EXPECT_EQ(values.at("tokens"), "PASS, FAIL, BLOCKED");
  EXPECT_EQ(values.at("artifacts"), "- `13-test-report.md` (required)");
}

}  // namespace
}  // namespace llm_spawner
