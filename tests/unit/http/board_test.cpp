// SPDX-License-Identifier: Apache-2.0
// The pages for people: what they show, that nothing on them is taken for markup, and that they can
// be read.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <regex>

#include "base/text.h"
#include "http/html_page.h"
#include "unit/http/fakes.h"

namespace orc::test {
namespace {

constexpr const char* k_hostile = R"(<script>alert(1)</script>"'&<img src=x onerror=y>)";
constexpr const char* k_harmless =
    "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&apos;&amp;&lt;img src=x onerror=y&gt;";

class Board : public ::testing::Test {
 protected:
  void SetUp() override {
    Task task = sample_task();
    task.title = k_hostile;
    task.request = k_hostile;
    task.feedback = k_hostile;
    running_.rows.tasks = {task};
    Job job;
    job.id = JobId{88};
    job.task = task.id;
    job.stage = Stage::testing;
    job.state = JobState::running;
    job.producer = "test-runner";
    job.attempt = 2;
    job.started_at = wall_now();
    running_.rows.jobs = {job};
    running_.rows.counts = {{.stage = Stage::testing, .running = true, .count = 1}};
  }
  void put(const std::filesystem::path& below, const std::string& text) {
    const auto path = running_.dir.path() / below;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  RawReply read(const std::string& target, const std::string& fields = "") {
    return board(running_, "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n");
  }
  RunningServer running_;
};

TEST_F(Board, ShowsATaskInTheColumnOfItsStageWithWhoWorksOnIt) {
  running_.start();
  const std::string page = read("/").body;
  EXPECT_NE(page.find("1 running · 0 queued"), std::string::npos) << page;
  const std::size_t testing = page.find("<span>testing</span> <span>1</span>");
  ASSERT_NE(testing, std::string::npos) << page;
  const std::size_t card = page.find("href=\"/tasks/ORCH-116\"", testing);
  EXPECT_LT(card, page.find("<span>deploy-staging</span>"));
  EXPECT_NE(page.find("</span> running <time", card), std::string::npos) << "in words";
  EXPECT_NE(page.find("test-runner · attempt 2", card), std::string::npos);
  EXPECT_NE(page.find("no library"), std::string::npos) << "why a plugin is not loaded";
}

TEST_F(Board, SaysWhatIsWrongWithTheHostAndNothingOnAGoodDay) {
  running_.start();
  EXPECT_EQ(get(running_, "/").body.find("class=\"banner"), std::string::npos);
  running_.engine.history.last_successful = false;
  running_.engine.history.last_findings = {
      {.where = "/etc/orchestrator/orchestrator.yaml:4:3", .key = "enabld", .problem = k_hostile}};
  running_.publish([](engine::Snapshot& s) { s.draining = true; });
  const std::string page = get(running_, "/").body;
  EXPECT_NE(page.find("the last reload was refused; generation 4 stays in force"),
            std::string::npos);
  EXPECT_NE(page.find(std::string("orchestrator.yaml:4:3: enabld: ") + k_harmless),
            std::string::npos)
      << page;
  EXPECT_EQ(page.find("/etc/orchestrator"), std::string::npos);
  EXPECT_NE(page.find("nothing new starts"), std::string::npos);
}

TEST_F(Board, ShowsAKillInTheChainWithWhoWantedIt) {
  running_.rows.kills = {{.plugin = "test-runner", .actor = "alice", .reason = k_hostile}};
  running_.start();
  const std::string page = read("/").body;
  EXPECT_NE(page.find("test-runner <span class=\"off\"><span aria-hidden=\"true\">○</span> killed"),
            std::string::npos)
      << page;
  EXPECT_NE(page.find(std::string("alice: ") + k_harmless), std::string::npos);
}

TEST_F(Board, TakesNoTextForMarkup) {
  put("jobs/88-2/log", std::string("first\n") + k_hostile + "\n");
  put("evidence/report.md", std::string("---\nwork_item: ORCH-116\nresult: '") + "<b>PASS</b>" + "'\n---\n");
  put("evidence/broken.md", "---\nresult: [\n");
  ArtifactRecord report;
  report.task = TaskId{7};
  report.name = "13-test-report.md";
  report.path = "evidence/report.md";
  report.producer = k_hostile;
  ArtifactRecord broken = report;
  broken.name = "12-<i>review.md";
  broken.path = "evidence/broken.md";
  running_.rows.artifacts = {report, broken};
  Event event;
  event.id = EventId{1};
  event.task = TaskId{7};
  event.kind = "task.held";
  event.actor = k_hostile;
  event.text = k_hostile;
  running_.rows.events = {event};
  running_.start();
  for (const char* target : {"/", "/tasks/ORCH-116"}) {
    const std::string page = read(target).body;
    EXPECT_EQ(page.find("<script>"), std::string::npos) << page;
    EXPECT_EQ(page.find("<img"), std::string::npos);
    EXPECT_EQ(page.find("<b>"), std::string::npos);
    EXPECT_EQ(page.find("<i>"), std::string::npos);
    EXPECT_NE(page.find(k_harmless), std::string::npos) << page;
  }
  const std::string page = read("/tasks/ORCH-116").body;
  EXPECT_NE(page.find("<dt>result</dt><dd>&lt;b&gt;PASS&lt;/b&gt;"), std::string::npos) << page;
  EXPECT_NE(page.find("the machine cannot read it: "), std::string::npos);
  EXPECT_NE(page.find("<li id=\"L2\" value=\"2\">&lt;script&gt;"), std::string::npos);
  EXPECT_NE(page.find("data-topics=\"task:ORCH-116,log:88\""), std::string::npos);
  EXPECT_EQ(read("/tasks/ORCH-9").status, 404);
}

TEST_F(Board, AsksTheBrowserToTakeNothingFromElsewhere) {
  running_.start();
  for (const char* target : {"/", "/tasks/ORCH-116", "/board.css", "/board.js", "/board.svg"}) {
    const RawReply reply = read(target);
    EXPECT_EQ(reply.status, 200) << target;
    EXPECT_TRUE(reply.has_header(
        "Content-Security-Policy: default-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
        "form-action 'none'"))
        << reply.head;
    static const std::regex elsewhere("(src|href|url)\\s*[=(]\\s*[\"']?(https?:|//|data:)");
    EXPECT_FALSE(std::regex_search(reply.body, elsewhere)) << target;
    EXPECT_EQ(reply.body.find(" style="), std::string::npos) << target;
  }
}

TEST_F(Board, IsNotSentAgainToWhoHasIt) {
  running_.start();
  const RawReply first = read("/board.css");
  const std::size_t at = first.head.find("ETag: ");
  ASSERT_NE(at, std::string::npos);
  const std::string etag = first.head.substr(at + 6, first.head.find("\r\n", at) - at - 6);
  RawConnection connection = RawConnection::to_port(running_.server->board_port());
  connection.expect_no_bodies();
  for (int i = 0; i < 2; ++i) {
    connection.send("GET /board.css HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: " + etag + "\r\n\r\n");
    EXPECT_EQ(connection.receive().status, 304);
  }
  EXPECT_EQ(read("/board.css", "If-None-Match: \"other\"\r\n").status, 200);
}

TEST(BoardTemplates, HaveNoWayAroundTheEscaping) {
  for (const char* name : {"board.mustache", "task.mustache"}) {
    const std::string text(http::board_file(name));
    ASSERT_FALSE(text.empty());
    for (const char* tag : {"{{{", "{{&", "{{=", "{{>"}) EXPECT_EQ(text.find(tag), std::string::npos);
    // Within quotes, or between tags: nowhere else is the escaping enough.
    static const std::regex unquoted("=\\{\\{");
    EXPECT_FALSE(std::regex_search(text, unquoted)) << name;
  }
}

// Relative luminance and contrast: WCAG 2.2, "relative luminance" and "contrast ratio".
double luminance(const std::string& colour) {
  const double weights[] = {0.2126, 0.7152, 0.0722};
  double sum = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const double part = std::stoi(colour.substr(1 + 2 * i, 2), nullptr, 16) / 255.0;
    sum += weights[i] * (part <= 0.04045 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4));
  }
  return sum;
}

double contrast(const std::string& one, const std::string& other) {
  const double a = luminance(one);
  const double b = luminance(other);
  return (std::max(a, b) + 0.05) / (std::min(a, b) + 0.05);
}

TEST(BoardStyle, IsReadableInBothThemes) {
  const std::string css(http::board_file("board.css"));
  static const std::regex table(":root \\{([^}]*)\\}");
  static const std::regex row("--([a-z]+): (#[0-9a-f]{6});");
  int themes = 0;
  for (auto theme = std::sregex_iterator(css.begin(), css.end(), table);
       theme != std::sregex_iterator(); ++theme, ++themes) {
    const std::string rows = (*theme)[1];
    std::map<std::string, std::string> colours;
    for (auto each = std::sregex_iterator(rows.begin(), rows.end(), row);
         each != std::sregex_iterator(); ++each)
      colours[(*each)[1]] = (*each)[2];
    ASSERT_EQ(colours.size(), 11U);
    for (const auto& [name, colour] : colours) {
      if (name == "paper" || name == "panel" || name == "line") continue;
      for (const char* ground : {"paper", "panel"})
        EXPECT_GE(contrast(colour, colours.at(ground)), 4.5) << name << " on " << ground;
    }
  }
  EXPECT_EQ(themes, 2);
  // Every colour comes from the tables.
  static const std::regex elsewhere("[^-]color: *#|background: *#");
  EXPECT_FALSE(std::regex_search(css, elsewhere));
}

TEST(BoardScript, IsSmallAndPutsNoTextWhereMarkupIsRead) {
  const std::string script(http::board_file("board.js"));
  EXPECT_LE(std::count(script.begin(), script.end(), '\n'), 150);
  for (const char* way : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("})
    EXPECT_EQ(script.find(way), std::string::npos) << way;
}

}  // namespace
}  // namespace orc::test
