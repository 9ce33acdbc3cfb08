// SPDX-License-Identifier: Apache-2.0
// Looks at files below a folder that an agent may have filled: no link is followed on the way,
// nothing but regular files is opened, nothing blocks. And writes what only we may read. [any
// thread]
#pragma once

#include <cstddef>
#include <string>
#include <variant>

namespace llm_spawner {

struct Absent {};
struct Unreadable {
  std::string text;
};
using FileText = std::variant<std::string, Absent, Unreadable>;

// `path` relative to `root`; at most `cap` bytes, a longer file is Unreadable.
FileText read_below(const std::string& root, const std::string& path, std::size_t cap);

// A file that the operator named; links are his own.
FileText read_trusted(const std::string& path, std::size_t cap);

// A private file (0600) in a folder of ours: created or overwritten, never through a link. False:
// what is there is not whole; errno says why.
bool write_file(const std::string& path, const std::string& text);

// An open descriptor of the folder `path` below `root`, or -1.
int open_folder_below(const std::string& root, const std::string& path);

}  // namespace llm_spawner
