// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include "contract/store/fixture.h"
#include "store/sqlite/file_checks.h"
#include "store/sqlite/migrations.h"
#include "unit/store/raw.h"

namespace orc::store {

class OpenSqlite : public StoreContract {
 protected:
  std::filesystem::path file() const { return folder() / "orchestrator.db"; }
  Error refused() const { return error_of(backend::open(folder())); }

  // The file is as it was after it was refused with this kind and these words.
  void expect_refused_untouched(ErrorKind kind, const std::string& words) {
    const std::string before = bytes_of(file());
    const Error error = refused();
    EXPECT_EQ(error.kind, kind) << error.message;
    EXPECT_NE(error.message.find(words), std::string::npos) << error.message;
    EXPECT_NE(error.message.find(file().string()), std::string::npos) << error.message;
    EXPECT_EQ(bytes_of(file()), before);
    EXPECT_TRUE(bytes_of(file().string() + "-wal").empty());
  }
  mode_t mode_of(const std::filesystem::path& path) const {
    struct stat info {};
    EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
    return info.st_mode & 07777U;
  }
};

TEST_F(OpenSqlite, MakesFolderAndFilesForTheOwnerAlone) {
  new_task("ORCH-1");
  EXPECT_EQ(mode_of(folder()), 0700U);
  EXPECT_EQ(mode_of(file()), 0600U);
  EXPECT_EQ(mode_of(file().string() + "-wal"), 0600U);
  EXPECT_EQ(mode_of(file().string() + ".lock"), 0600U);
}

TEST_F(OpenSqlite, MarksTheFileAsItsOwnInTheModeItRelies) {
  Raw raw(file());
  EXPECT_EQ(raw.value("PRAGMA application_id"), std::to_string(k_application_id));
  const std::string newest = std::to_string(known_migrations().size());
  EXPECT_EQ(raw.value("PRAGMA user_version"), newest);
  EXPECT_EQ(raw.value("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(raw.value("SELECT count(*) FROM schema_migrations"), newest);
  EXPECT_EQ(raw.value("SELECT count(*) FROM sqlite_schema WHERE type='table' AND sql NOT LIKE "
                      "'%STRICT%'"),
            "0");
}

TEST_F(OpenSqlite, RefusesANewerSchema) {
  close();
  Raw(file()).run("PRAGMA user_version=99");
  expect_refused_untouched(ErrorKind::refused, "has schema 99, this program knows " +
                                                   std::to_string(known_migrations().size()));
}

TEST_F(OpenSqlite, RefusesASchemaOfAnotherText) {
  close();
  Raw(file()).run("UPDATE schema_migrations SET sha256='of another build'");
  expect_refused_untouched(ErrorKind::refused, "migration 1 is not the one");
}

TEST_F(OpenSqlite, RefusesTheDatabaseOfAnotherProgram) {
  close();
  Raw(file()).run("PRAGMA application_id=7");
  expect_refused_untouched(ErrorKind::refused, "belongs to another program");
}

TEST_F(OpenSqlite, RefusesAFileThatIsNoDatabase) {
  close();
  put_bytes(file(), std::string(8192, 'x'));
  expect_refused_untouched(ErrorKind::malformed, "not an SQLite database");
  put_bytes(file(), "");
  expect_refused_untouched(ErrorKind::malformed, "is empty");
  put_bytes(file(), "SQLite format 3");
  expect_refused_untouched(ErrorKind::malformed, "not an SQLite database");
}

TEST_F(OpenSqlite, RefusesADamagedFileWithAnInstruction) {
  for (int i = 0; i < 200; ++i) new_task("ORCH-" + std::to_string(i));
  close();
  std::string bytes = bytes_of(file());
  // Every page but the first: the header still looks right.
  for (std::size_t at = 4096; at < bytes.size(); at += 512) bytes[at] = static_cast<char>(0xA5);
  put_bytes(file(), bytes);
  expect_refused_untouched(ErrorKind::malformed, "restore a backup");
}

TEST_F(OpenSqlite, RefusesALogWithoutItsDatabase) {
  close();
  std::filesystem::remove(file());
  put_bytes(file().string() + "-wal", "what is left of a database");
  EXPECT_EQ(refused().kind, ErrorKind::malformed);
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(OpenSqlite, RefusesALinkAndAFileWithASecondName) {
  close();
  std::filesystem::create_hard_link(file(), folder() / "other.db");
  EXPECT_EQ(refused().kind, ErrorKind::refused);
  std::filesystem::remove(file());
  std::filesystem::create_symlink(folder() / "other.db", file());
  EXPECT_FALSE(backend::open(folder()).ok());
}

TEST_F(OpenSqlite, FollowsALinkedFolder) {
  new_task("ORCH-1");
  close();
  const auto link = folder().parent_path() / "link";
  std::filesystem::create_directory_symlink(folder(), link);
  EXPECT_TRUE(must(must(backend::open(link))->task("ORCH-1")));
}

TEST_F(OpenSqlite, ANewOneThatWasCutShortIsMadeAgain) {
  close();
  std::filesystem::remove_all(folder());
  std::filesystem::create_directory(folder());
  put_bytes(file().string() + ".new", "half of a database");
  put_bytes(file().string() + ".new-wal", "half of a log");
  open();
  new_task("ORCH-1");
  EXPECT_FALSE(std::filesystem::exists(file().string() + ".new"));
  EXPECT_FALSE(std::filesystem::exists(file().string() + ".new-wal"));
}

TEST_F(OpenSqlite, ReportsAWriterThatHoldsTheFileInTime) {
  Raw other(file());
  ASSERT_EQ(other.run("BEGIN IMMEDIATE"), "");
  close();
  const auto store = must(open_sqlite(file(), Millis{20}));
  const Status begun = store->begin();
  EXPECT_EQ(error_of(begun).kind, ErrorKind::unavailable);
  ASSERT_EQ(other.run("ROLLBACK"), "");
  EXPECT_TRUE(store->begin().ok());
}

TEST_F(OpenSqlite, AReaderNeverCreatesAndNeverTakesAForeignFile) {
  EXPECT_FALSE(open_sqlite_reader(folder() / "none.db", Millis{20}).ok());
  EXPECT_FALSE(std::filesystem::exists(folder() / "none.db"));
  Raw(folder() / "foreign.db").run("CREATE TABLE t (x)");
  EXPECT_EQ(error_of(open_sqlite_reader(folder() / "foreign.db", Millis{20})).kind,
            ErrorKind::refused);
}

TEST(NetworkFileSystem, IsKnownByItsNumber) {
  EXPECT_TRUE(is_remote(0x6969));       // NFS
  EXPECT_TRUE(is_remote(0xFF534D42));   // CIFS
  EXPECT_TRUE(is_remote(0x65735546));   // FUSE
  EXPECT_FALSE(is_remote(0xEF53));      // ext4
  EXPECT_FALSE(is_remote(0x01021994));  // tmpfs
}

}  // namespace orc::store
