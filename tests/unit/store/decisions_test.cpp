// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/decisions.h"

#include "contract/store/fixture.h"
#include "store/sqlite/migrations.h"
#include "unit/store/raw.h"

namespace orc::store {
namespace {

TEST(DecisionLines, AreReadBackAsTheyWereWhateverTheTextHolds) {
  const std::string hostile = "a \"quoted\" \\ line\nand\ttwo \x01, [1,\"x\"]\n\xC3\xA4";
  const std::string lines =
      decision_lines({{0, "test-runner/web", Decision::declined, "no_contract", hostile},
                      {1, "llm-spawner", Decision::accepted, "in_scope", ""}});
  const auto rows = must(read_decision_lines(JobId{7}, lines));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].job, JobId{7});
  EXPECT_EQ(rows[0].decision.producer, "test-runner/web");
  EXPECT_EQ(rows[0].decision.decision, Decision::declined);
  EXPECT_EQ(rows[0].decision.text, hostile);
  EXPECT_EQ(rows[1].decision.position, 1);
  EXPECT_TRUE(must(read_decision_lines(JobId{7}, "")).empty());
}

TEST(DecisionLines, ThatCannotBeReadAreRefusedWithTheirJob) {
  for (const char* broken : {"[0,\"a\",\"accepted\",\"b\"]\n", "[0,\"a\",\"maybe\",\"b\",\"c\"]\n",
                             "[\"0\",\"a\",\"accepted\",\"b\",\"c\"]\n", "[0,\"a\""}) {
    const Error error = error_of(read_decision_lines(JobId{7}, broken));
    EXPECT_EQ(error.kind, ErrorKind::malformed) << broken;
    EXPECT_NE(error.message.find("jobs row 7"), std::string::npos) << error.message;
  }
}

// The schema before decisions stood in their job's row had a table of them.
TEST(DecisionLines, OfATableOfTheirOwnAreCarriedOver) {
  constexpr std::size_t k_with_table = 13;
  const test::TempDir folder;
  const std::filesystem::path file = folder.path() / "state.db";
  {
    const auto db = must(Database::open(file, Access::create, Millis{1000}));
    must(db->pragma("PRAGMA journal_mode=WAL"));
    must(migrate(*db, known_migrations().first(k_with_table), k_now));
  }
  ASSERT_EQ(
      Raw(file).run(
          "INSERT INTO tasks(id,work_item,title,repo,repo_url,branch,stage,state,rev,submitted_by,"
          "created_at,updated_at,stage_since) VALUES(1,'A-1','t','r','','b','testing','active',1,"
          "'me',1,1,1);"
          "INSERT INTO jobs(id,task_id,kind,stage,attempt,first_link,failed_runs,state,run_after,"
          "created_at) VALUES(5,1,'produce','testing',1,0,0,'queued',1,1);"
          "INSERT INTO chain_decisions VALUES(5,1,'llm','accepted','in_scope','says \"yes\"',1),"
          "(5,0,'test-runner','skipped','kill-switch','off',1)"),
      "");
  must(
      migrate(*must(Database::open(file, Access::write, Millis{1000})), known_migrations(), k_now));
  const auto rows =
      must(read_decision_lines(JobId{5}, Raw(file).value("SELECT decisions FROM jobs WHERE id=5")));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].decision.producer, "test-runner");
  EXPECT_EQ(rows[0].decision.decision, Decision::skipped);
  EXPECT_EQ(rows[1].decision.text, "says \"yes\"");
}

}  // namespace
}  // namespace orc::store
