// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/migrations.h"

#include <array>

#include "contract/store/fixture.h"
#include "unit/store/raw.h"

namespace orc::store {

namespace {

constexpr std::array<const char*, 3> k_history{"CREATE TABLE a (x TEXT) STRICT;",
                                               "ALTER TABLE a ADD COLUMN y INTEGER;",
                                               "CREATE TABLE b (z TEXT) STRICT;"};
constexpr std::array<const char*, 2> k_broken{
    k_history[0], "CREATE TABLE c (x TEXT) STRICT; CREATE TABLE a (x);"};

}  // namespace

class Migrations : public ::testing::Test {
 protected:
  Migrations() { reopen(); }
  void reopen() {
    db_.reset();
    const Access access = std::filesystem::exists(file()) ? Access::write : Access::create;
    db_ = must(Database::open(file(), access, Millis{1000}));
    must(db_->pragma("PRAGMA journal_mode=WAL"));
  }
  std::filesystem::path file() const { return folder_.path() / "state.db"; }
  std::vector<std::filesystem::path> backups() const {
    std::vector<std::filesystem::path> found;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path() / "backup", none)) {
      found.push_back(entry.path());
    }
    return found;
  }
  Status bring_to(std::span<const char* const> known) { return migrate(*db_, known, k_now); }
  std::int64_t version() { return must(db_->number("PRAGMA user_version", -1)); }
  static std::span<const char* const> first(std::size_t count) {
    return std::span(k_history).first(count);
  }

 private:
  test::TempDir folder_;
  std::unique_ptr<Database> db_;
};

TEST_F(Migrations, ANewFileNeedsNoBackup) {
  must(bring_to(k_history));
  EXPECT_EQ(version(), 3);
  EXPECT_TRUE(backups().empty());
}

TEST_F(Migrations, AnExistingFileIsCopiedFirst) {
  must(bring_to(first(1)));
  ASSERT_EQ(Raw(file()).run("INSERT INTO a VALUES ('kept')"), "");
  must(bring_to(k_history));
  EXPECT_EQ(version(), 3);
  EXPECT_EQ(Raw(file()).value("SELECT x FROM a WHERE y IS NULL"), "kept");

  ASSERT_EQ(backups().size(), 1U);
  Raw copy(backups().front());
  EXPECT_EQ(copy.value("PRAGMA user_version"), "1");
  EXPECT_EQ(copy.value("PRAGMA integrity_check"), "ok");
  EXPECT_EQ(copy.value("SELECT x FROM a"), "kept");
  EXPECT_EQ(backups().front().extension(), ".db");
  EXPECT_NE(backups().front().filename().string().find("state-v1-20270115T080000Z"),
            std::string::npos)
      << backups().front();
}

TEST_F(Migrations, AnUpToDateFileIsLeftAlone) {
  must(bring_to(k_history));
  reopen();
  must(bring_to(k_history));
  EXPECT_TRUE(backups().empty());
  EXPECT_EQ(Raw(file()).value("SELECT count(*) FROM schema_migrations"), "3");
}

TEST_F(Migrations, AFailingOneLeavesTheSchemaBeforeIt) {
  must(bring_to(first(1)));
  const Error error = error_of(bring_to(k_broken));
  EXPECT_NE(error.message.find("migration 2"), std::string::npos) << error.message;
  EXPECT_EQ(version(), 1);
  EXPECT_EQ(Raw(file()).value("SELECT count(*) FROM sqlite_schema WHERE name='c'"), "0");
  EXPECT_EQ(backups().size(), 1U);
}

TEST_F(Migrations, ANewerFileIsRefused) {
  must(bring_to(k_history));
  EXPECT_EQ(error_of(bring_to(first(2))).kind, ErrorKind::refused);
  EXPECT_EQ(version(), 3);
}

}  // namespace orc::store
