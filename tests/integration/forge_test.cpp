// SPDX-License-Identifier: Apache-2.0
// Landing through the API of a forge, with the answers that Gitea and GitHub really give. Whatever
// the answer says, what the repository holds decides.
#include "integration/merge_test.h"
#include "process/process.h"
#include "support/paths.h"

namespace orc::test {

namespace {

struct Fault {
  const char* name;
  const char* fault;
  int updates;  // of main: ours, and somebody else's where the fault brings one
};

class ForgeApi : public Merge, public ::testing::WithParamInterface<Fault> {
 protected:
  void land_through(const std::string& kind, const Fault& fault) {
    write_text(host.root() / "token", "sesame\n");
    std::filesystem::permissions(host.root() / "token", std::filesystem::perms::owner_read);
    if (*fault.fault != '\0') write_text(host.root() / "fault", fault.fault);
    process::SpawnSpec spec;
    spec.argv = {"/usr/bin/python3", "-B", test::source_dir() + "/tests/support/fake_forge.py",
                 host.root().string()};
    if (kind == "github") spec.argv.push_back(kind);
    spec.env = {{"PATH", "/usr/bin:/bin"}};
    spec.cwd = host.root();
    auto started = process::spawn(spec);
    ASSERT_NE(std::get_if<process::Child>(&started), nullptr);
    ASSERT_TRUE(wait_for_text(host.root() / "port", "\n"));
    std::string port = read_text(host.root() / "port");
    port.pop_back();
    serve_forge("    forge:\n      kind: " + kind + "\n      api: http://127.0.0.1:" + port +
                "\n      repository: team/shop\n      token: { file: " +
                (host.root() / "token").string() + " }\n");
    const Json end = run_task("IT-50");
    EXPECT_EQ(end.at("stage"), "deploy") << end.dump(2) << host.log()
                                         << read_text(host.root() / "calls");
    EXPECT_EQ(head_of("main"), end.at("head_commit"));
    EXPECT_EQ(end.at("counters").at("code_fail"), 0);
    EXPECT_EQ(updates(), fault.updates) << read_text(host.root() / "calls");
    EXPECT_EQ(forced(), 0);
    EXPECT_EQ(host.log().find("sesame"), std::string::npos) << "the token was logged";
  }
};

TEST_P(ForgeApi, GiteaLandsTheTestedCommitOnce) {
  land_through("gitea", GetParam());
}

TEST_P(ForgeApi, GithubLandsTheTestedCommitOnce) {
  land_through("github", GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    Each, ForgeApi,
    ::testing::Values(Fault{"AnsweredWell", "", 1}, Fault{"HeadOutOfDate", "409", 1},
                      Fault{"NotMergeableYet", "405-later", 1},
                      Fault{"MergedBefore", "405-merged", 1},
                      Fault{"DivergedMeanwhile", "500-diverged", 2},
                      Fault{"BadGatewayAfterLanding", "502-after", 1},
                      Fault{"AnswerLostAfterLanding", "drop-after", 1},
                      Fault{"CutBeforeLanding", "drop-before", 1}),
    [](const auto& each) { return std::string(each.param.name); });

}  // namespace

}  // namespace orc::test
