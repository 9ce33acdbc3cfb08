// SPDX-License-Identifier: Apache-2.0
// The SDK's side of the C line, called as the host calls it.
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <orchestrator/plugin/testing.hpp>
#include <stdexcept>

namespace orchestrator::plugin {
namespace {

// What the next instance does.
struct Script {
  std::function<std::optional<std::string>()> configure = [] { return std::nullopt; };
  std::function<Answer()> accepts = [] { return Accept{}; };
  std::function<Outcome(Host&)> produce = [](Host&) { return Verdict{"PASS", "fine", "body"}; };
};
Script script;

class Scripted : public Producer {
 public:
  std::optional<std::string> configure(std::string_view) override { return script.configure(); }
  Answer accepts(const Request&) override { return script.accepts(); }
  Outcome produce(const Request&, Host& host) override { return script.produce(host); }
};

class WithCancel : public Scripted {
 public:
  void cancel() noexcept override {}
};

class WithPreflight : public Scripted {
 public:
  std::optional<std::string> preflight(Host&) override { return "no docker"; }
};

constexpr Meta k_meta{.id = "scripted",
                      .name = "Scripted",
                      .version = "1.0.0",
                      .license = "Apache-2.0",
                      .description = "",
                      .settings_schema = "{}",
                      .stages = {{"testing", "result"}, {"review", "verdict"}},
                      .capabilities = ORCH_CAP_RESUMABLE | ORCH_CAP_CANCEL};
constexpr auto k_claims = line::make_claims(k_meta);

// The host's table, reduced to what these tests look at.
struct RawHost {
  std::vector<std::string> logs;
  std::vector<orch_outcome> submitted;
  orch_status run_answer = ORCH_OK;

  orch_host table() {
    orch_host host{};
    host.struct_size = sizeof(host);
    host.context = this;
    host.log = [](void* context, int32_t, orch_str text) {
      static_cast<RawHost*>(context)->logs.emplace_back(text.data, text.size);
    };
    host.submit = [](void* context, const orch_outcome* outcome) -> orch_status {
      static_cast<RawHost*>(context)->submitted.push_back(*outcome);
      return ORCH_OK;
    };
    host.run_process = [](void* context, const orch_process* spec,
                          orch_process_result* result) -> orch_status {
      if (spec->on_output != nullptr) spec->on_output(spec->on_output_context, 1, {"hi", 2});
      result->ended = ORCH_RUN_SIGNALLED;
      result->code = 9;
      return static_cast<RawHost*>(context)->run_answer;
    };
    host.get_extension = [](void*, orch_str) -> const void* { return nullptr; };
    return host;
  }
};

class SdkLine : public ::testing::Test {
 protected:
  SdkLine() {
    script = Script{};
    const orch_status made = descriptor_.create(&host_table_, &instance_);
    EXPECT_EQ(made, ORCH_OK);
  }
  ~SdkLine() override { descriptor_.destroy(instance_); }

  orch_status accepts() {
    return descriptor_.accepts(instance_, &request_, &accepted_, &why_, &text_);
  }
  orch_status produce() { return descriptor_.produce(instance_, &request_); }

  orch_descriptor descriptor_ = line::make_descriptor<Scripted>(k_meta, k_claims);
  RawHost host_;
  orch_host host_table_ = host_.table();
  orch_plugin* instance_ = nullptr;
  test::RequestBuilder builder_;
  orch_request request_ = builder_.raw();
  int32_t accepted_ = -1;
  int32_t why_ = -1;
  orch_str text_{};
};

TEST_F(SdkLine, PassesAVerdictOn) {
  EXPECT_EQ(produce(), ORCH_OK);
  ASSERT_EQ(host_.submitted.size(), 1u);
  EXPECT_EQ(host_.submitted[0].kind, ORCH_OUTCOME_VERDICT);
  EXPECT_EQ(host_.submitted[0].why, ORCH_WHY_NONE);
}

TEST_F(SdkLine, LetsNoExceptionThrough) {
  script.configure = []() -> std::optional<std::string> { throw std::runtime_error("bad"); };
  script.accepts = []() -> Answer { throw 42; };
  script.produce = [](Host&) -> Outcome { throw std::bad_alloc(); };
  EXPECT_EQ(descriptor_.configure(instance_, {"{}", 2}), ORCH_E_EXCEPTION);
  EXPECT_EQ(accepts(), ORCH_E_EXCEPTION);
  EXPECT_EQ(produce(), ORCH_E_MEMORY);
  EXPECT_TRUE(host_.submitted.empty());
  EXPECT_EQ(host_.logs.at(0), "configure: bad");
}

TEST_F(SdkLine, ARefusedConfigurationSaysWhy) {
  script.configure = []() -> std::optional<std::string> { return "port: too large"; };
  EXPECT_EQ(descriptor_.configure(instance_, {"{}", 2}), ORCH_E_CONFIG);
  EXPECT_EQ(host_.logs.at(0), "port: too large");
}

TEST_F(SdkLine, ADeclineLendsItsText) {
  script.accepts = [] { return Decline{Why::no_contract, "nothing to run"}; };
  EXPECT_EQ(accepts(), ORCH_OK);
  EXPECT_EQ(accepted_, 0);
  EXPECT_EQ(why_, ORCH_WHY_NO_CONTRACT);
  EXPECT_EQ(std::string(text_.data, text_.size), "nothing to run");
}

TEST_F(SdkLine, AnswersOutsideTheContractAreNotPassedOn) {
  script.accepts = [] { return Decline{Why::network, ""}; };
  EXPECT_EQ(accepts(), ORCH_E_ARGUMENT);
  const std::vector<Outcome> wrong{Verdict{"PASS", "", std::string((1 << 20) + 1, 'x')},
                                   Defer{Why::config, ""}, Hold{Why::timeout, ""},
                                   Defer{Why::busy, "", Milliseconds(0), std::string(4097, 'x')}};
  for (const Outcome& outcome : wrong) {
    script.produce = [&](Host&) { return outcome; };
    EXPECT_EQ(produce(), ORCH_E_ARGUMENT);
  }
  EXPECT_TRUE(host_.submitted.empty());
}

TEST_F(SdkLine, AnExceptionInAnOutputCallbackArrivesAtTheCallersFrame) {
  std::string caught;
  script.produce = [&](Host& host) -> Outcome {
    Process process{.argv = {"x"}};
    process.on_output = [](Stream, std::string_view) { throw std::runtime_error("from below"); };
    try {
      host.run(process);
    } catch (const std::runtime_error& e) {
      caught = e.what();
    }
    return Hold{Why::unknown, ""};
  };
  EXPECT_EQ(produce(), ORCH_OK);
  EXPECT_EQ(caught, "from below");
}

TEST_F(SdkLine, ARunThatTheHostRefusesIsNotStarted) {
  host_.run_answer = ORCH_E_STATE;
  ProcessResult result;
  script.produce = [&](Host& host) -> Outcome {
    result = host.run({.argv = {"x"}});
    return Hold{Why::unknown, ""};
  };
  EXPECT_EQ(produce(), ORCH_OK);
  EXPECT_TRUE(std::holds_alternative<NotStarted>(result.end));
}

TEST_F(SdkLine, AHostWithoutExtensionsIsServedAsWell) {
  script.produce = [](Host& host) -> Outcome {
    EXPECT_EQ(host.state_dir(), "");
    EXPECT_FALSE(host.write_aux("a", "b"));
    EXPECT_FALSE(host.record_agent_run({}));
    host.progress("nobody listens");
    return Hold{Why::unknown, ""};
  };
  EXPECT_EQ(produce(), ORCH_OK);
}

TEST(SdkDescriptor, KnowsByItselfWhatAProducerOverrides) {
  const orch_descriptor plain = line::make_descriptor<Scripted>(k_meta, k_claims);
  EXPECT_EQ(plain.capabilities, std::uint32_t{ORCH_CAP_RESUMABLE});
  EXPECT_EQ(plain.cancel, nullptr);
  EXPECT_EQ(plain.preflight, nullptr);
  const orch_descriptor cancel = line::make_descriptor<WithCancel>(k_meta, k_claims);
  EXPECT_EQ(cancel.capabilities,
            std::uint32_t{ORCH_CAP_RESUMABLE} | std::uint32_t{ORCH_CAP_CANCEL});
  EXPECT_NE(cancel.cancel, nullptr);
  const orch_descriptor preflight = line::make_descriptor<WithPreflight>(k_meta, k_claims);
  EXPECT_NE(preflight.preflight, nullptr);
  EXPECT_EQ(preflight.stage_count, 2u);
}

TEST(SdkRequest, ReadsAnOlderHostsShorterStruct) {
  test::RequestBuilder builder;
  orch_request raw = builder.raw();
  raw.struct_size = offsetof(orch_request, title);
  const Request request(raw);
  EXPECT_EQ(request.work_item(), "DEMO-1");
  EXPECT_EQ(request.title(), "");
  EXPECT_TRUE(request.tokens().empty());
}

TEST(SdkRequest, StepsThroughANewerHostsLongerRows) {
  struct LongerRow {
    orch_artifact row;
    char more[24];
  };
  LongerRow rows[2]{};
  for (LongerRow& row : rows) row.row.struct_size = sizeof(LongerRow);
  rows[0].row.file = line::to_abi(std::string_view("a.md"));
  rows[1].row.file = line::to_abi(std::string_view("b.md"));
  rows[1].row.required = 1;
  test::RequestBuilder builder;
  orch_request raw = builder.raw();
  raw.artifacts = &rows[0].row;
  raw.artifact_count = 2;
  raw.artifact_stride = sizeof(LongerRow);
  const std::vector<ArtifactRule> artifacts = Request(raw).artifacts();
  ASSERT_EQ(artifacts.size(), 2u);
  EXPECT_EQ(artifacts[1].file, "b.md");
  EXPECT_TRUE(artifacts[1].required);
}

}  // namespace
}  // namespace orchestrator::plugin
