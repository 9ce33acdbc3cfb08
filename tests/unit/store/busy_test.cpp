// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "contract/store/fixture.h"
#include "unit/store/raw.h"

namespace orc::store {
namespace {

constexpr Millis k_patience{60};

TEST(BusyDatabase, IsWaitedForAsLongAsItWasSaidAndCounted) {
  const test::TempDir folder;
  const std::filesystem::path file = folder.path() / "orchestrator.db";
  const std::unique_ptr<Store> store = must(open_sqlite(file, k_patience));
  const std::int64_t before = busy_waits();
  Raw other(file);
  ASSERT_EQ(other.run("BEGIN IMMEDIATE"), "");
  const MonoTime began = mono_now();
  const Status refused = store->begin();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::unavailable);
  EXPECT_GE(mono_now() - began, k_patience);
  EXPECT_EQ(busy_waits(), before + 1) << "one wait, however often it looked";
  ASSERT_EQ(other.run("ROLLBACK"), "");
  store->rollback();
  must(store->begin());
  must(store->commit());
  EXPECT_EQ(busy_waits(), before + 1);
}

}  // namespace
}  // namespace orc::store
