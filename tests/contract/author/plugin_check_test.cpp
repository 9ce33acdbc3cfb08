// SPDX-License-Identifier: Apache-2.0
// What `plugin check` finds out about a library, and that finding it out hurts nobody.
#include <orchestrator/plugin/abi.h>

#include <cstring>

#include "author_fixture.h"
#include "base/file.h"

namespace orc::test {
namespace {

class PluginCheck : public AuthorTest {
 protected:
  Json check(const std::filesystem::path& library) {
    return ask({"plugin", "check", library.string(), "--fixture", write("task.yaml", "{}\n")});
  }
  // The state of a check and its text; empty if it was not made.
  static std::string line(const Json& answer, const std::string& check) {
    for (const Json& each : answer.at("checks")) {
      if (each.at("check") == check)
        return each.at("state").get<std::string>() + " " + each.at("text").get<std::string>();
    }
    return "";
  }
};

TEST_F(PluginCheck, FindsEveryPromiseKept) {
  const Json answer = check(promises("kept"));
  EXPECT_EQ(exit_code_, 0) << answer.dump(2);
  EXPECT_EQ(answer.at("passed"), true);
  EXPECT_EQ(line(answer, "load"),
            "ok ABI 1.0, entry orch_plugin_query, name promises-kept, version 1.0.0");
  EXPECT_EQ(line(answer, "schema"),
            "ok its settings schema is draft-07; its 1 defaults and examples validate");
  EXPECT_EQ(line(answer, "empty task"),
            "ok it declines an empty task at testing: there is nothing to look at");
  EXPECT_TRUE(line(answer, "cancel").starts_with("ok it answers cancel within 5 s")) << answer;
  EXPECT_EQ(line(answer, "processes"), "ok it leaves no process behind");
}

struct Broken {
  const char* library;
  const char* check;
  const char* text;
};
class BrokenPromise : public PluginCheck, public ::testing::WithParamInterface<Broken> {};

TEST_P(BrokenPromise, IsNamedAndNotSuffered) {
  const Broken& row = GetParam();
  const Json answer = check(promises(row.library));
  EXPECT_EQ(exit_code_, 1);
  EXPECT_EQ(answer.at("passed"), false);
  const std::string said = line(answer, row.check);
  EXPECT_TRUE(said.starts_with("fail ")) << answer.dump(2);
  EXPECT_NE(said.find(row.text), std::string::npos) << said;
}

INSTANTIATE_TEST_SUITE_P(
    Each, BrokenPromise,
    ::testing::Values(Broken{"load", "load", "crashed while it was loaded (signal 6)"},
                      Broken{"schema", "schema",
                             "minimun: unknown keyword, did you mean \"minimum\"?"},
                      Broken{"settings", "settings", "the cellar is flooded"},
                      Broken{"accepts", "empty task", "crashed while it was asked (signal 9)"},
                      Broken{"empty", "empty task", "it accepts an empty task at testing"},
                      Broken{"processes", "processes", "leaves processes behind"},
                      Broken{"cancel", "cancel", "does not answer cancel within 5 s"}),
    [](const auto& each) { return std::string(each.param.library); });

TEST_F(PluginCheck, RefusesAnotherAbiByItsFileAlone) {
  std::string bytes = read_file(promises("kept"), 64 << 20).value();
  const std::size_t at = bytes.find(std::string_view(ORCH_IDENT_MAGIC));
  ASSERT_NE(at, std::string::npos);
  reinterpret_cast<orch_ident*>(bytes.data() + at)->abi_major = 2;
  const Json answer = check(write("promises-kept.so", bytes));
  EXPECT_EQ(exit_code_, 1);
  EXPECT_EQ(line(answer, "load"),
            "fail is refused: promises-kept.so: needs plugin ABI 2.0, this host speaks 1.0; "
            "rebuild it with SDK 1.x");
  EXPECT_EQ(answer.at("checks").size(), 1U) << "what cannot be loaded is asked nothing more";
}

TEST_F(PluginCheck, RefusesALibraryUnderAnotherName) {
  const std::string bytes = read_file(promises("kept"), 64 << 20).value();
  const Json answer = check(write("other.so", bytes));
  EXPECT_EQ(exit_code_, 1);
  EXPECT_NE(line(answer, "load").find("has to be promises-kept.so, not other.so"),
            std::string::npos)
      << answer;
}

TEST_F(PluginCheck, WarnsOfALibraryThatOthersMayWrite) {
  const auto file = write("promises-kept.so", read_file(promises("kept"), 64 << 20).value());
  std::filesystem::permissions(file, std::filesystem::perms::others_write,
                               std::filesystem::perm_options::add);
  const Json answer = check(file);
  EXPECT_EQ(exit_code_, 0);
  EXPECT_TRUE(line(answer, "file").starts_with("warn ")) << answer;
}

TEST_F(PluginCheck, ExitsWith64WithoutALibraryAndSays) {
  const CommandResult absent = orchestrator({"plugin", "check", "none.so"});
  EXPECT_EQ(absent.exit_code, 64);
  EXPECT_NE(absent.err.find("none.so"), std::string::npos) << absent.err;
  const CommandResult none = orchestrator({"plugin", "check", promises("kept").string()});
  EXPECT_EQ(none.exit_code, 0);
  EXPECT_NE(none.out.find("warn  not tried: --fixture FILE"), std::string::npos) << none.out;
}

TEST_F(PluginCheck, TheShippedPluginsKeepEveryPromise) {
  for (const std::string name :
       {"llm-spawner", "test-runner", "staging-runner", "deploy-finalizer"}) {
    const Json answer = ask({"plugin", "check", plugin_dir() + "/" + name + ".so"});
    EXPECT_EQ(exit_code_, 0) << answer.dump(2);
  }
}

}  // namespace
}  // namespace orc::test
