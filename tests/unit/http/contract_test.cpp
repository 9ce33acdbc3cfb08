// SPDX-License-Identifier: Apache-2.0
// What holds for every row of the route table.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>

#include "base/text.h"
#include "http/routes.h"
#include "support/paths.h"
#include "unit/http/fakes.h"

namespace orc::test {
namespace {

class EveryRoute : public ::testing::Test {
 protected:
  void SetUp() override {
    Job job;
    job.id = JobId{88};
    job.task = TaskId{7};
    running_.rows.tasks = {sample_task()};
    running_.rows.jobs = {job};
    running_.start();
  }
  // The pattern with a name of each kind that there is, or that there is not.
  static std::string path_of(const http::Route& route) {
    std::string path(route.pattern);
    for (const auto& [placeholder, name] :
         {std::pair{"/tasks/{id}", "/tasks/ORCH-116"}, {"/runs/{id}", "/runs/88"},
          {"/leases/{id}", "/leases/ORCH-116"}, {"{name*}", "none.md"}, {"{name}", "test-runner"}}) {
      const std::size_t at = path.find(placeholder);
      if (at != std::string::npos) path.replace(at, std::string(placeholder).size(), name);
    }
    return path;
  }
  static bool is_of_webhooks(const http::Route& route) {
    return route.pattern.starts_with("/webhooks/");
  }
  RawReply ask(const std::string& method, const std::string& target) {
    RawConnection connection = RawConnection::to_unix(running_.socket());
    if (method == "HEAD") connection.expect_no_bodies();
    connection.send(method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return connection.receive();
  }
  RunningServer running_;
};

TEST_F(EveryRoute, ThatIsReadAnswersHeadAsItAnswersGet) {
  for (const http::Route& route : http::routes()) {
    if (route.method != "GET") continue;
    EXPECT_EQ(ask("HEAD", path_of(route)).status, ask("GET", path_of(route)).status)
        << route.pattern;
  }
}

TEST_F(EveryRoute, SaysWhichMethodsItsPathKnows) {
  for (const http::Route& route : http::routes()) {
    if (is_of_webhooks(route)) continue;
    const RawReply reply = ask("PATCH", path_of(route));
    EXPECT_EQ(reply.status, 405) << route.pattern;
    EXPECT_EQ(reply.json()["code"], "method_not_allowed");
    EXPECT_NE(reply.head.find(std::string(route.method)), std::string::npos) << reply.head;
    EXPECT_EQ(reply.head.find("HEAD") != std::string::npos,
              reply.head.find("GET") != std::string::npos)
        << reply.head;
  }
}

TEST_F(EveryRoute, RefusesAMistypedParameterByItsName) {
  for (const http::Route& route : http::routes()) {
    if (route.query == "*") continue;
    const std::string first = split_csv(route.query).empty() ? "none" : split_csv(route.query)[0];
    const RawReply reply = ask(std::string(route.method), path_of(route) + "?" + first + "x=1");
    EXPECT_EQ(reply.status, 400) << route.pattern;
    EXPECT_EQ(reply.json()["code"], "unknown_parameter");
    EXPECT_NE(reply.json()["detail"].get<std::string>().find(first + "x"), std::string::npos);
    EXPECT_FALSE(reply.json()["hint"].get<std::string>().empty());
  }
  EXPECT_EQ(ask("GET", "/api/v1/tasks?stat=held").json()["detail"],
            "unknown parameter \"stat\"; did you mean \"state\"?");
}

TEST_F(EveryRoute, ThatTakesABodyRefusesAnUnknownFieldByItsName) {
  for (const http::Route& route : http::routes()) {
    if (route.method == "GET" || is_of_webhooks(route)) continue;
    const RawReply reply =
        send_json(running_, std::string(route.method), path_of(route), R"({"reasn":"x"})");
    EXPECT_EQ(reply.status, 422) << route.pattern << reply.body;
    EXPECT_EQ(reply.json()["code"], "unknown_field") << route.pattern;
  }
  EXPECT_TRUE(running_.engine.requests.empty());
}

TEST_F(EveryRoute, ThatChangesSomethingIsShutOnTheBoard) {
  for (const http::Route& route : http::routes()) {
    if (route.method == "GET") continue;
    const RawReply reply =
        board(running_, std::string(route.method) + " " + path_of(route) +
                            " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}");
    EXPECT_EQ(reply.status, 403) << route.pattern;
  }
  EXPECT_TRUE(running_.engine.requests.empty());
}

TEST_F(EveryRoute, SaysWhatIsWrongAsAProblem) {
  for (const char* target : {"/nothing", "/api/v1/tasks/ORCH-9", "/api/v1/tasks?limit=x",
                             "/api/v1/runs/99", "/api/v1/plugins/none"}) {
    const RawReply reply = ask("GET", target);
    EXPECT_TRUE(reply.has_header("Content-Type: application/problem+json")) << target;
    const Json problem = reply.json();
    for (const char* key : {"type", "title", "status", "code", "instance", "detail"})
      EXPECT_TRUE(problem.contains(key)) << target << " " << key;
    EXPECT_EQ(problem["status"], reply.status);
  }
}

TEST_F(EveryRoute, ThatIsADownloadSaysHowTheFileIsCalled) {
  EXPECT_TRUE(ask("GET", "/api/v1/runs/88/log?raw=1")
                  .has_header("Content-Disposition: attachment; filename=\"run-88.log\""));
}

// ORCH_ACCEPT=1 writes the table anew.
TEST(HttpReference, IsTheRouteTable) {
  const std::filesystem::path path = std::filesystem::path(source_dir()) / "docs/operations/http.md";
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  std::string page = text.str();
  const std::string begin = "<!-- routes:begin -->\n";
  const std::size_t from = page.find(begin);
  const std::size_t to = page.find("<!-- routes:end -->");
  ASSERT_NE(from, std::string::npos);
  ASSERT_NE(to, std::string::npos);
  const std::size_t start = from + begin.size();
  const std::string wanted = "\n" + http::routes_markdown() + "\n";
  if (std::getenv("ORCH_ACCEPT") != nullptr) {  // NOLINT(concurrency-mt-unsafe)
    page.replace(start, to - start, wanted);
    std::ofstream(path) << page;
    return;
  }
  EXPECT_EQ(page.substr(start, to - start), wanted)
      << "run unit_http with ORCH_ACCEPT=1 and commit the page";
}

}  // namespace
}  // namespace orc::test
