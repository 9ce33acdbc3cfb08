// SPDX-License-Identifier: Apache-2.0
// The schema's history: ordered SQL files of host/store/migrations, embedded at build time. PRAGMA
// user_version is the number of the last one applied; the table schema_migrations says which text
// that was.
#pragma once

#include <span>

#include "base/result.h"
#include "store/sqlite/database.h"

namespace orc::store {

// What this program knows, oldest first.
std::span<const char* const> known_migrations();

// Brings the database to the newest of `known`. An existing one is copied into backup/ beside it
// first. Each migration is one transaction: on failure the schema is that of the last one that
// succeeded. `refused` if the database is newer than `known`, or was made by a migration of another
// text.
Status migrate(Database& db, std::span<const char* const> known, WallTime now);

// A copy of the whole database under its final name, or none. Works beside a writer.
Status copy_whole(Database& db, const std::filesystem::path& copy);

}  // namespace orc::store
