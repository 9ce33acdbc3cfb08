// SPDX-License-Identifier: Apache-2.0
// What is to be run for one repository: its test contract, or what a table of known project shapes
// finds in the checkout. Reads only; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "runners.h"

namespace test_runner {

using Environment = std::vector<std::pair<std::string, std::string>>;

struct Suite {
  Runner runner = Runner::generic;
  std::string source;                             // "contract", or the files it was found by
  std::vector<std::vector<std::string>> prepare;  // run first, in order; each must exit 0
  std::vector<std::string> command;
  std::string cwd;                             // relative to the checkout; empty: its root
  std::chrono::milliseconds timeout{900'000};  // of the command
  Environment env;
  std::vector<int> pass_codes;  // empty: the runner's own
  std::vector<int> fail_codes;
  ReportKind report = ReportKind::junit;
  std::string junit;  // of a JUnit report: relative to cwd, or "{scratch}/…", which the tested
                      // code's tree cannot hold
  std::int64_t min_tests = 1;
};

struct NoSuite {
  std::string reason;
};

// `contract` is the repository's block as JSON, `checkout` the tree with exactly the tested commit.
std::variant<Suite, NoSuite> find_suite(std::string_view contract,
                                        const std::filesystem::path& checkout);

// Replaces {scratch} in an argument, a value or a path.
std::string with_scratch(std::string text, std::string_view scratch);

}  // namespace test_runner
