// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "support/host_harness.h"

namespace orc::test {

// Changes the database while no host runs.
inline void change_database(const HostHarness& host, const std::string& statement) {
  const CommandResult result = run_program({"/usr/bin/python3", "-c",
                                            "import sqlite3, sys\n"
                                            "with sqlite3.connect(sys.argv[1]) as db:\n"
                                            "    db.execute(sys.argv[2])\n",
                                            (host.state() / "orchestrator.db").string(), statement},
                                           host.root());
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

}  // namespace orc::test
