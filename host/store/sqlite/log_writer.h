// SPDX-License-Identifier: Apache-2.0
// A SQLite file system layer that differs from the default one in two points. What a commit appends
// to the write-ahead log reaches the kernel in pieces of 64 KiB: SQLite itself makes two calls for
// each page, a few dozen pages for a batch, and they cost more than the rest of the commit
// together. And the log grows ahead of its commits, a MiB at once: a sync of a file that has not
// grown is one write for the disk.
//
// What was written is kept in memory until SQLite syncs or looks at the log, so it must sync with
// each commit, before other connections are told of it: synchronous=FULL.
#pragma once

namespace orc::store {

// The name to open a writer's database with; null if the layer could not be made, which means
// SQLite's own. [any thread]
const char* log_writer_vfs();

}  // namespace orc::store
