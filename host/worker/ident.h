// SPDX-License-Identifier: Apache-2.0
// A plugin's identity, read from its file. No code of the plugin runs, and a hostile file is at
// worst refused: every offset is checked against the file's size before it is used. Any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/result.h"

namespace orc::worker {

struct Ident {
  std::uint32_t abi_major = 0;
  std::uint32_t abi_minor = 0;
  std::string id;
  std::string version;
  std::string sdk_version;
  std::string toolchain;
};

// `malformed`: not a plugin; `refused`: a plugin of a version that this host does not serve. The
// text begins with the file's name and says what to do.
Result<Ident> read_ident(const std::filesystem::path& library);

}  // namespace orc::worker
