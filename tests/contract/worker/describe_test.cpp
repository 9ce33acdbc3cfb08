// SPDX-License-Identifier: Apache-2.0
#include <orchestrator/plugin/abi.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <random>

#include "support/paths.h"
#include "worker_fixture.h"

namespace orc::worker {
namespace {

using nlohmann::json;

struct Described {
  int code = -1;
  json object;
};

class Describe : public ::testing::Test {
 protected:
  static Described describe(const std::filesystem::path& library,
                            const std::string& settings = "") {
    process::RunSpec spec;
    spec.spawn.argv = {test::bin_dir() + "/orchestrator-worker", "--describe", library.string()};
    spec.spawn.env = process::base_environment();
    spec.stdin_text = settings;
    if (!settings.empty()) spec.spawn.argv.insert(spec.spawn.argv.end(), {"--settings", "-"});
    const process::RunResult result = process::run(spec);
    const auto* exited = std::get_if<process::Exited>(&result.end);
    EXPECT_NE(exited, nullptr) << library;
    return {exited == nullptr ? -1 : exited->code, json::parse(result.out, nullptr, false)};
  }
  std::string read_plugin(const std::string& name) {
    return read_file(test_plugin(name), 64 << 20).value();
  }
  std::filesystem::path write(const std::string& bytes) {
    const auto path = temp_.path() / "changed.so";
    EXPECT_TRUE(write_file_atomically(path, bytes, Durability::process).ok());
    return path;
  }
  static orch_ident* ident_in(std::string& bytes) {
    const std::size_t at = bytes.find(std::string_view(ORCH_IDENT_MAGIC));
    EXPECT_NE(at, std::string::npos);
    return reinterpret_cast<orch_ident*>(bytes.data() + at);
  }

  test::TempDir temp_;
};

TEST_F(Describe, ShowsWhatAPluginIs) {
  const Described described = describe(test_plugin("probe"));
  ASSERT_EQ(described.code, 0);
  EXPECT_EQ(described.object["id"], "probe");
  EXPECT_EQ(described.object["version"], "1.2.3");
  EXPECT_EQ(described.object["abi"], "1.0");
  EXPECT_EQ(described.object["default_timeout_ms"], 60'000);
  EXPECT_EQ(described.object["capabilities"], json({"preflight", "cancel", "resumable"}));
  EXPECT_EQ(described.object["stages"], json::parse(R"([{"stage":"*","verdict_key":""}])"));
  EXPECT_EQ(described.object["settings_schema"]["type"], "object");
  EXPECT_FALSE(described.object.contains("configure"));
}

TEST_F(Describe, TriesTheSettings) {
  const Described good = describe(test_plugin("probe"), R"({"mode":"accept","token":{"env":"T"}})");
  EXPECT_EQ(good.code, 0);
  EXPECT_EQ(good.object["configure"]["ok"], true);
  const Described bad = describe(test_plugin("probe"), R"({"mode":"refuse_settings"})");
  EXPECT_EQ(bad.code, 0);
  EXPECT_EQ(bad.object["configure"]["ok"], false);
  EXPECT_EQ(bad.object["configure"]["messages"][0], "the mode is refused");
}

TEST_F(Describe, RefusesAnotherMajorWithoutRunningIt) {
  std::string bytes = read_plugin("static-abort");
  ident_in(bytes)->abi_major = 2;
  const Described described = describe(write(bytes));
  EXPECT_EQ(described.code, 1);
  EXPECT_EQ(described.object["refused"],
            "changed.so: needs plugin ABI 2.0, this host speaks 1.0; rebuild it with SDK 1.x");
}

TEST_F(Describe, RefusesAMinorThatIsTooNew) {
  std::string bytes = read_plugin("static-abort");
  ident_in(bytes)->abi_minor = 9;
  EXPECT_EQ(describe(write(bytes)).object["refused"],
            "changed.so: needs plugin ABI 1.9, this host speaks 1.0; rebuild it with SDK 1.x");
}

TEST_F(Describe, RefusesWhatIsNoPluginWithoutRunningIt) {
  std::string wrong_magic = read_plugin("static-abort");
  ident_in(wrong_magic)->magic[0] = 'X';
  const std::vector<std::string> files{wrong_magic, "", "#!/bin/sh\n",
                                       read_plugin("static-abort").substr(0, 3000),
                                       read_file("/bin/true", 64 << 20).value()};
  for (const std::string& bytes : files) {
    const Described described = describe(write(bytes));
    EXPECT_EQ(described.code, 1);
    EXPECT_TRUE(described.object.contains("refused")) << bytes.size();
  }
  EXPECT_EQ(describe(temp_.path() / "absent.so").code, 1);
}

TEST_F(Describe, RefusesAnIdentityThatTheDescriptorContradicts) {
  std::string bytes = read_plugin("probe");
  std::memcpy(ident_in(bytes)->id, "prove", 5);
  const Described described = describe(write(bytes));
  EXPECT_EQ(described.code, 1);
  EXPECT_NE(described.object["refused"].get<std::string>().find("prove"), std::string::npos);
}

// Damage in the ELF headers and the section table must end in a refusal, not in a crash of the
// reader.
TEST_F(Describe, SurvivesDamagedHeaders) {
  const std::string whole = read_plugin("static-abort");
  std::uint64_t table = 0;
  std::memcpy(&table, whole.data() + 40, sizeof(table));
  std::mt19937 random(20261121);
  for (int round = 0; round < 40; ++round) {
    std::string bytes = whole;
    ident_in(bytes)->abi_major = 7;  // whatever the damage, its code must not run
    for (int hit = 0; hit < 8; ++hit) {
      const std::size_t at =
          round % 2 == 0 ? random() % 64 : table + random() % (bytes.size() - table);
      bytes[at] = static_cast<char>(random());
    }
    EXPECT_EQ(describe(write(bytes)).code, 1) << "round " << round;
  }
}

}  // namespace
}  // namespace orc::worker
