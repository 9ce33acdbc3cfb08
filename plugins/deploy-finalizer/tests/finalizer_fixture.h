// SPDX-License-Identifier: Apache-2.0
// A finalizer whose wrapper really runs and whose every attempt is a fresh instance.
#pragma once

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <orchestrator/plugin/testing.hpp>

#include "deploy_finalizer.h"
#include "shell.h"

namespace deploy_finalizer {

namespace fs = std::filesystem;
namespace sdk = orchestrator::plugin;
using namespace orchestrator::plugin::test;  // NOLINT(google-build-using-namespace): for tests

inline constexpr char k_commit[] = "0123456789abcdef0123456789abcdef01234567";
inline constexpr char k_other_commit[] = "fedcba9876543210fedcba9876543210fedcba98";

// Every attempt is a fresh instance, as after a crash or a restart; only the state folder goes on.
class Finalizer : public testing::Test {
 protected:
  Finalizer() {
    request.stage = "deploy";
    request.role = "deployer";
    request.verdict_key = "deploy_status";
    request.tokens = {"SUCCESS", "FAILED"};
    request.commit = k_commit;
    state = host.state_dir();
    deploys("true");
    host.when("sh", [this](const sdk::Process& process) { return start(process); });
    host.when("revision", [this](const sdk::Process&) { return exited(0, request.commit + "\n"); });
  }

  // The deploy command leaves a byte for every execution, then does `what`.
  void deploys(const std::string& what) {
    settings = R"({"command":["/bin/sh","-c","printf x >> )" + marks().string() + "; " + what +
               R"(","sh","{commit}"],"revision_command":["revision","--of={work_item}"],)" +
               R"("timeout":"60s","poll":"2s"})";
  }
  // The host's detached start: the wrapper runs to its end before the next attempt looks.
  sdk::ProcessResult start(const sdk::Process& process) {
    EXPECT_TRUE(process.detached);
    EXPECT_TRUE(process.mutating);
    if (starts_reach_the_shell) test::Started(process.argv).wait();
    return exited(0);
  }

  sdk::Outcome attempt() {
    DeployFinalizer finalizer;
    EXPECT_EQ(finalizer.configure(settings), std::nullopt) << settings;
    request.run_id = "run-" + std::to_string(++runs);
    const sdk::Outcome outcome = finalizer.produce(request.build(), host);
    ++request.attempt;
    if (const auto* defer = std::get_if<sdk::Defer>(&outcome))
      request.resume_token = defer->resume_token;
    return outcome;
  }
  void new_visit() {
    request.attempt = 1;
    request.resume_token.clear();
  }

  fs::path marks() const { return folder.path() / "marks"; }
  std::size_t executed() const {
    std::error_code none;
    const auto size = fs::file_size(marks(), none);
    return none ? 0 : size;
  }
  fs::path current() const {
    for (int i = runs; i > 0; --i) {
      const fs::path path = state / ("deploy-run-" + std::to_string(i));
      if (fs::exists(path)) return path;
    }
    return {};
  }
  static sdk::Why why(const sdk::Outcome& outcome) {
    if (const auto* defer = std::get_if<sdk::Defer>(&outcome)) return defer->why;
    if (const auto* hold = std::get_if<sdk::Hold>(&outcome)) return hold->why;
    return sdk::Why::out_of_scope;
  }
  static std::string token(const sdk::Outcome& outcome) {
    const auto* verdict = std::get_if<sdk::Verdict>(&outcome);
    return verdict == nullptr ? "none" : verdict->token;
  }

  ScratchFolder folder;
  FakeHost host;
  fs::path state;
  RequestBuilder request;
  std::string settings;
  bool starts_reach_the_shell = true;
  int runs = 0;
};

}  // namespace deploy_finalizer
