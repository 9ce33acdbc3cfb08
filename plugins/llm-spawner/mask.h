// SPDX-License-Identifier: Apache-2.0
// Keeps the secrets of the agent's environment out of the log, should the agent print them. Not
// thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace llm_spawner {

class SecretMask {
 public:
  // The values whose names say that they are secret (…KEY, …TOKEN, …SECRET, …PASSWORD) and that are
  // long enough not to occur by chance.
  explicit SecretMask(const std::vector<std::pair<std::string, std::string>>& env);
  std::string apply(std::string_view text) const;

 private:
  std::vector<std::string> secrets_;
};

}  // namespace llm_spawner
