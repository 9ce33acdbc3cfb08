// SPDX-License-Identifier: Apache-2.0
// Settings name secrets as {"credential"|"env"|"file": NAME}; the values come over a sealed memory
// file and are put in only here, directly before configure.
#pragma once

#include <map>
#include <string>

#include "base/result.h"

namespace orc::worker {

using Secrets = std::map<std::string, std::string>;  // "credential:NAME" → value

// Reads the JSON object behind `fd` and closes it.
Result<Secrets> read_secrets(int fd);

enum class MissingSecret : unsigned char {
  refuse,      // `not_found` names it
  placeholder  // the word "secret" stands in: for a look at settings that starts nothing
};
// The settings with every reference replaced by its value.
Result<std::string> fill_in(const std::string& settings, const Secrets& secrets,
                            MissingSecret missing);

}  // namespace orc::worker
