// SPDX-License-Identifier: Apache-2.0
// Where the installation keeps what it ships, found from the running program and never from the
// environment: beside a program in a build tree the tree's own files, else PREFIX/share and
// PREFIX/lib beside PREFIX/bin, else the folders named at build time. Any thread.
#pragma once

#include <filesystem>
#include <vector>

namespace orc::config {

std::filesystem::path shipped_prompts();
std::vector<std::filesystem::path> shipped_plugin_dirs();

}  // namespace orc::config
