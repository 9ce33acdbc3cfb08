// SPDX-License-Identifier: Apache-2.0
#include "app/selftest/plugin_cases.h"

#include <array>

namespace orc::app {

namespace {

constexpr std::string_view k_green_report =
    R"({"test":{"timeout":"20s","evidence":{"junit":"r.xml"},"command":["/bin/sh","-c",)"
    R"("echo '<testsuite><testcase name=\"a\"/></testsuite>' > r.xml"]}})";
constexpr std::string_view k_red_report =
    R"({"test":{"timeout":"20s","evidence":{"junit":"r.xml"},"command":["/bin/sh","-c",)"
    R"("echo '<testsuite><testcase name=\"a\"><failure/></testcase></testsuite>' > r.xml; exit 1"]}})";
constexpr std::string_view k_red_report_exit_0 =
    R"({"test":{"timeout":"20s","evidence":{"junit":"r.xml"},"command":["/bin/sh","-c",)"
    R"("echo '<testsuite><testcase name=\"a\"><failure/></testcase></testsuite>' > r.xml"]}})";
constexpr std::string_view k_truncated_report =
    R"({"test":{"timeout":"20s","evidence":{"junit":"r.xml"},"command":["/bin/sh","-c",)"
    R"("echo '<testsuite><testcase name=\"a\"/>' > r.xml"]}})";
constexpr std::string_view k_empty_report =
    R"({"test":{"timeout":"20s","evidence":{"junit":"r.xml"},"command":["/bin/sh","-c",)"
    R"("echo '<testsuite/>' > r.xml"]}})";
constexpr std::string_view k_no_report =
    R"({"test":{"timeout":"20s","evidence":{"junit":"r.xml"},"command":["/bin/true"]}})";
constexpr std::string_view k_red_without_report =
    R"({"test":{"timeout":"20s","evidence":{"junit":"r.xml"},"command":["/bin/false"]}})";
constexpr std::string_view k_killed =
    R"({"test":{"timeout":"20s","evidence":{"junit":"r.xml"},"command":["/bin/sh","-c","kill -9 $$"]}})";
constexpr std::string_view k_no_program =
    R"({"test":{"timeout":"20s","evidence":{"junit":"r.xml"},"command":["/no/such/program"]}})";

#define STAGING(command) \
  R"({"timeout":"20s","success_codes":[0],"failed_codes":[1],"command":)" command "}"
// What is deployed was decided before: each case finds a deployment and says how it stands.
#define DEPLOY(looks) \
  R"({"command":["/bin/false"],"timeout":"20s","poll":"1s","revision_command":)" looks "}"
constexpr std::string_view k_intent =
    R"({"id":"deploy-1","commit":"{commit}","job":"1","created_ms":1})";

constexpr std::array k_cases{
    PluginCase{"test-runner", "green", "testing", "{}", k_green_report, "", "", false, "pass"},
    PluginCase{"test-runner", "red", "testing", "{}", k_red_report, "", "", false, "fail"},
    PluginCase{"test-runner", "red, and exit code 0", "testing", "{}", k_red_report_exit_0, "", "",
               false, "fail"},
    PluginCase{"test-runner", "cut off report", "testing", "{}", k_truncated_report, "", "", false,
               "held"},
    PluginCase{"test-runner", "empty report", "testing", "{}", k_empty_report, "", "", false,
               "held"},
    PluginCase{"test-runner", "no report", "testing", "{}", k_no_report, "", "", false, "held"},
    PluginCase{"test-runner", "stale report", "testing", "{}", k_no_report, "work/r.xml",
               "<testsuite><testcase name=\"a\"/></testsuite>", false, "held"},
    PluginCase{"test-runner", "failing code, no report", "testing", "{}", k_red_without_report, "",
               "", false, "held"},
    PluginCase{"test-runner", "killed", "testing", "{}", k_killed, "", "", false, "deferred"},
    PluginCase{"test-runner", "program missing", "testing", "{}", k_no_program, "", "", false,
               "held"},

    PluginCase{"staging-runner", "green", "deploy-staging", STAGING(R"(["/bin/true"])"), "{}", "",
               "", false, "pass"},
    PluginCase{"staging-runner", "red", "deploy-staging", STAGING(R"(["/bin/false"])"), "{}", "",
               "", false, "fail"},
    PluginCase{"staging-runner", "unknown code", "deploy-staging",
               STAGING(R"(["/bin/sh","-c","exit 3"])"), "{}", "", "", false, "held"},
    PluginCase{"staging-runner", "killed", "deploy-staging",
               STAGING(R"(["/bin/sh","-c","kill -9 $$"])"), "{}", "", "", false, "deferred"},
    PluginCase{"staging-runner", "program missing", "deploy-staging",
               STAGING(R"(["/no/such/program"])"), "{}", "", "", false, "held"},

    PluginCase{"deploy-finalizer", "green", "deploy", DEPLOY(R"(["/bin/echo","{commit}"])"), "{}",
               "state/deploy-1/result", "deploy-1 exit 0\n", true, "pass"},
    PluginCase{"deploy-finalizer", "red", "deploy", DEPLOY(R"(["/bin/echo","{commit}"])"), "{}",
               "state/deploy-1/result", "deploy-1 exit 1\n", true, "fail"},
    PluginCase{"deploy-finalizer", "another revision runs", "deploy",
               DEPLOY(R"(["/bin/echo","0123456789abcdef"])"), "{}", "state/deploy-1/result",
               "deploy-1 exit 0\n", true, "deferred"},
    PluginCase{"deploy-finalizer", "cut off result", "deploy",
               DEPLOY(R"(["/bin/echo","{commit}"])"), "{}", "state/deploy-1/result",
               "deploy-1 exit", true, "held"},
    PluginCase{"deploy-finalizer", "result of another deployment", "deploy",
               DEPLOY(R"(["/bin/echo","{commit}"])"), "{}", "state/deploy-1/result",
               "deploy-2 exit 0\n", true, "held"},
    PluginCase{"deploy-finalizer", "no commit", "deploy", DEPLOY(R"(["/bin/echo","{commit}"])"),
               "{}", "", "", false, "held"},
};

#undef STAGING
#undef DEPLOY

}  // namespace

std::span<const PluginCase> plugin_cases() {
  return k_cases;
}

std::string_view deploy_intent() {
  return k_intent;
}

}  // namespace orc::app
