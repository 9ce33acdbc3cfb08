// SPDX-License-Identifier: Apache-2.0
// A second opinion on a branch that changes what configures its own tests: a conftest.py can turn
// every failure into a pass, report and exit code alike. The branch's code and tests run with the
// base's configuration, in a copy of the checkout and before the branch's own run, so that nothing
// of the latter can reach it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>

#include "classify.h"
#include "orchestrator/plugin/sdk.hpp"
#include "surface.h"

namespace test_runner {

struct NotNeeded {};  // the branch leaves it alone, or there is no base
struct Agrees {
  std::int64_t executed = 0;
};
struct Doubt {
  std::string text;  // what differs, for people
};
using Opinion = std::variant<NotNeeded, Agrees, Doubt, Ending>;

// An Ending where it could not be run now and may be later. `scratch` is a private folder of this
// look alone. Content that a human approved is named and not run again.
Opinion recheck(const orchestrator::plugin::Request& request, const Surface& surface,
                const std::filesystem::path& checkout, const std::string& scratch,
                orchestrator::plugin::Host& host);

}  // namespace test_runner
