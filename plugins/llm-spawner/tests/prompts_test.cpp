// SPDX-License-Identifier: Apache-2.0
// The shipped prompts, and this repository's own, keep the canon and can be rendered.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <orchestrator/plugin/testing.hpp>
#include <regex>

#include "prompt.h"

namespace llm_spawner {
namespace {

using orchestrator::plugin::test::RequestBuilder;

const std::filesystem::path k_root = std::filesystem::path(PLUGIN_SOURCE_DIR) / "../..";

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path);
  EXPECT_TRUE(in.good()) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> matches(const std::string& text, const char* pattern) {
  const std::regex expression(pattern, std::regex::ECMAScript | std::regex::multiline);
  std::vector<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), expression), end; it != end; ++it) {
    found.push_back((*it)[1]);
  }
  return found;
}

struct Role {
  const char* name;
  bool decides;
  std::vector<std::string> artifacts;
};

const std::vector<Role>& roles() {
  static const std::vector<Role> all{
      {"analyst",
       false,
       {"01-brd.md", "02-trz.md", "03-acceptance-criteria.md", "04-test-plan.yaml"}},
      {"architect", false, {"06-adr/ADR-", "10-tech-risks.md"}},
      {"developer", false, {}},
      {"reviewer", true, {"12-review.md"}},
      {"tester", true, {"13-test-report.md"}},
      {"deployer", true, {}}};
  return all;
}

class ShippedPrompt : public testing::TestWithParam<const char*> {
 protected:
  std::string text(const Role& role) const {
    return read(k_root / GetParam() / (role.name + std::string(".md")));
  }
};

TEST_P(ShippedPrompt, HasTheFiveSectionsInOrder) {
  const std::vector<std::string> order{"context", "task", "deliverables", "constraints",
                                       "output_format"};
  for (const Role& role : roles()) {
    EXPECT_EQ(matches(text(role), "^<([a-z_]+)>$"), order) << role.name;
    EXPECT_EQ(matches(text(role), "^</([a-z_]+)>$"), order) << role.name;
  }
}

TEST_P(ShippedPrompt, SaysWhatToDoInsteadOfWhatItForbids) {
  for (const Role& role : roles()) {
    const std::string prompt = text(role);
    EXPECT_GE(matches(prompt, "^- (❌ .+ → ✅ .+)$").size(), 4U) << role.name;
    EXPECT_EQ(matches(prompt, "(❌)").size(), matches(prompt, "❌.+→ (✅)").size()) << role.name;
  }
}

TEST_P(ShippedPrompt, TellsARoleThatDecidesWhenToEscalate) {
  for (const Role& role : roles()) {
    EXPECT_EQ(!matches(text(role), "^### (Escalation)$").empty(), role.decides) << role.name;
  }
}

TEST_P(ShippedPrompt, NamesTheFieldsOfTheFrontmatterAndTheFiles) {
  for (const Role& role : roles()) {
    const std::string prompt = text(role);
    for (const std::string& file : role.artifacts) {
      EXPECT_NE(prompt.find(file), std::string::npos) << role.name << " " << file;
    }
    if (std::string(role.name) == "developer") continue;
    for (const char* field : {"work_item: {{work_item}}", "stage: {{stage}}", "author: {{role}}",
                              "\nstatus: ", "\ndate: ", "\nmodel: "}) {
      EXPECT_NE(prompt.find(field), std::string::npos) << role.name << " " << field;
    }
  }
}

TEST_P(ShippedPrompt, CanBeRenderedAndFencesTheRequest) {
  RequestBuilder request;
  request.request = "please {{title}}";
  for (const Role& role : roles()) {
    request.role = role.name;
    const auto rendered = render_prompt({role.name, text(role)}, prompt_values(request.build()));
    ASSERT_TRUE(std::holds_alternative<std::string>(rendered))
        << std::get<PromptFault>(rendered).text;
    EXPECT_NE(std::get<std::string>(rendered).find("<<<REQUEST\nplease {{title}}\nREQUEST>>>"),
              std::string::npos);
    EXPECT_EQ(std::get<std::string>(rendered).find("<<<FEEDBACK"), std::string::npos);
  }
}

TEST_P(ShippedPrompt, ChoosesNoModelOrEffort) {
  for (const Role& role : roles()) {
    EXPECT_TRUE(matches(text(role), "(claude-|gpt-|effort)").empty()) << role.name;
  }
}

INSTANTIATE_TEST_SUITE_P(In, ShippedPrompt, testing::Values("config/prompts", ".openclaw/agents"),
                         [](const testing::TestParamInfo<const char*>& place) {
                           return std::string(place.index == 0 ? "Shipped" : "OwnRepository");
                         });

}  // namespace
}  // namespace llm_spawner
