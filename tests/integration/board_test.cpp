// SPDX-License-Identifier: Apache-2.0
// What a browser and a script rely on, with the real program: the board, and the schemas.
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include <sys/stat.h>

#include "artifacts/frontmatter.h"
#include "integration/host_test.h"

namespace orc::test {
namespace {

class BoardInABrowser : public HostTest {
 protected:
  // The port that the kernel gave it, as the log says.
  std::string board_url() const {
    const std::string log = host.log();
    const std::string mark = " and http://127.0.0.1:";
    const std::size_t at = log.find(mark);
    if (at == std::string::npos) return "";
    return log.substr(at + 5, log.find_first_not_of("0123456789", at + mark.size()) - at - 5);
  }
};

TEST_F(BoardInABrowser, ShowsWhatHappensWhenItHappensAndAsksNobodyElse) {
  if (!std::filesystem::exists("/usr/bin/chromium")) GTEST_SKIP() << "needs Chromium: ./setup ci";
  const auto repository = make_repository("plain", {{"README.md", "plain\n"}});
  hook("analysis", "print('what the agent says', flush=True)\n");
  serve({.board = "127.0.0.1:0"});
  const CommandResult looked = run_program(
      {"/usr/bin/python3", "-B", source_dir() + "/tests/integration/browser.py", "look", board_url(),
       bin_dir() + "/orchestrator", "task", "submit", "--id", "T-1", "--title", "Seen live",
       "--repo", repository},
      host.root(),
      {{"TMPDIR", host.root().string()},
       {"HOME", host.root().string()},
       {"ORCH_SOCKET", (host.root() / "control.sock").string()}},
      std::chrono::seconds(100));
  ASSERT_EQ(looked.exit_code, 0) << looked.out << looked.err;
  const Json seen = Json::parse(looked.out);
  EXPECT_EQ(seen["sentence"], "0 running · 0 queued");
  for (const char* what : {"live", "updated", "same_page", "task_page", "task_live", "log_lines"})
    EXPECT_EQ(seen[what], true) << what << ": " << seen.dump(2);
  for (const char* what : {"too_wide", "task_too_wide"}) EXPECT_EQ(seen[what], false) << what;
  EXPECT_NE(seen["ground_light"], seen["ground_dark"]);
  EXPECT_NE(seen["outline"], "none") << "where the keyboard is";
  EXPECT_EQ(seen["foreign"], Json::array());
  EXPECT_EQ(seen["complaints"], Json::array());
}

class LogFollower : public HostTest {};

// The agent goes on only after its first line was read: a follower that is told late is never told.
TEST_F(LogFollower, ReadsALineWhileTheAgentWaitsForIt) {
  const auto repository = make_repository("plain", {{"README.md", "plain\n"}});
  const std::string pipe = (host.root() / "read").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  hook("analysis", "print('the first line', flush=True)\nopen('" + pipe +
                       "').read()\nprint('the last line', flush=True)\n");
  serve();
  submit("T-1", {"--repo", repository});
  const auto has_run = [&] { return !timeline("T-1").empty() && timeline("T-1").back().contains("run"); };
  ASSERT_TRUE(eventually(has_run));
  const std::string command = bin_dir() + "/orchestrator task logs T-1 --follow | while read -r line; do "
                              "echo \"$line\"; case $line in *first*) echo go >" + pipe + ";; esac; done";
  const CommandResult followed =
      run_program({"/bin/sh", "-c", command}, host.root(),
                  {{"ORCH_SOCKET", (host.root() / "control.sock").string()}}, std::chrono::seconds(40));
  EXPECT_EQ(followed.exit_code, 0) << followed.err;
  const std::size_t first = followed.out.find("the first line\n");
  EXPECT_NE(first, std::string::npos) << followed.out << followed.err;
  EXPECT_NE(followed.out.find("the last line\n", first), std::string::npos) << followed.out;
}

class Schema {
 public:
  explicit Schema(const Json& text) : text_(text) {
    valijson::SchemaParser(valijson::SchemaParser::kDraft7)
        .populateSchema(valijson::adapters::NlohmannJsonAdapter(text_), schema_);
  }
  bool fits(const Json& value) const {
    valijson::Validator validator(valijson::Validator::kStrongTypes);
    return validator.validate(schema_, valijson::adapters::NlohmannJsonAdapter(value), nullptr);
  }

 private:
  Json text_;
  valijson::Schema schema_;
};

Json frontmatter_of(const std::string& artifact) {
  Json fields = Json::object();
  const auto block = artifacts::Frontmatter::parse(artifact);
  if (!block.ok()) return fields;
  for (const artifacts::Field& field : block.value().fields()) fields[field.key] = field.value;
  return fields;
}

class Schemas : public ::testing::Test {
 protected:
  // Everything that the demo wrote.
  static void SetUpTestSuite() {
    const TempDir folder;
    const CommandResult demo = run_program(
        {"/usr/bin/python3", "-B", source_dir() + "/tests/integration/demo_facts.py",
         bin_dir() + "/orchestrator", folder.path().string()},
        folder.path(), {{"TMPDIR", folder.path().string()}}, std::chrono::seconds(100));
    ASSERT_EQ(demo.exit_code, 0) << demo.out << demo.err;
    facts_ = Json::parse(demo.out);
  }
  static inline Json facts_;
};

TEST_F(Schemas, TakeEveryArtifactThatTheDemoWroteAndNoneThatAGateWouldRefuse) {
  const Schema schema(facts_.at("artifact"));
  int seen = 0;
  std::set<std::string> verdicts;
  for (const Json& artifact : facts_.at("artifacts")) {
    if (!artifact.at("name").get<std::string>().ends_with(".md")) continue;
    Json fields = frontmatter_of(artifact.at("text"));
    EXPECT_TRUE(schema.fits(fields)) << artifact.at("name") << fields.dump(2);
    ++seen;
    for (const char* key : {"work_item", "stage"}) {
      Json without = fields;
      without.erase(key);
      EXPECT_FALSE(schema.fits(without)) << artifact.at("name") << " without " << key;
    }
    for (const char* key : {"verdict", "result", "staging_status", "deploy_status"}) {
      if (!fields.contains(key) || (key == std::string("verdict") && fields["stage"] != "review")) continue;
      verdicts.insert(key);
      fields[key] = "MAYBE";
      EXPECT_FALSE(schema.fits(fields)) << key;
    }
  }
  EXPECT_GE(seen, 20);
  EXPECT_EQ(verdicts.size(), 4U) << "of each gate that reads one";
  const Json pass{{"work_item", "T-1"}, {"stage", "testing"}, {"result", "PASS"}};
  EXPECT_TRUE(schema.fits(pass));
  Json contradicted = pass;
  contradicted["status"] = "FAIL";
  EXPECT_FALSE(schema.fits(contradicted));
}

TEST_F(Schemas, TakeEveryEventThatTheDemoWroteAndNoOther) {
  const Schema schema(facts_.at("event"));
  std::set<std::string> kinds;
  for (const Json& event : facts_.at("events")) {
    EXPECT_TRUE(schema.fits(event)) << event.dump(2);
    kinds.insert(event.at("kind"));
  }
  EXPECT_GE(kinds.size(), 10U);
  Json event = facts_.at("events").at(0);
  event["kind"] = "task.danced";
  EXPECT_FALSE(schema.fits(event));
  event = facts_.at("events").at(0);
  event["task"] = nullptr;
  event["kind"] = "task.held";
  EXPECT_FALSE(schema.fits(event)) << "a hold is about a task and has its class";
}

}  // namespace
}  // namespace orc::test
