// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <string>

#include "cli/session.h"

namespace orc::cli {

struct SubmitOptions {
  std::string repo;  // a configured name, or the path of a local repository
  std::string title;
  std::string file;  // "-": stdin; empty: no request beyond the title
  std::string work_item;
  std::string branch;
  std::string from;
};

ExitCode submit_task(const Session& session, const SubmitOptions& options, std::istream& in);

}  // namespace orc::cli
