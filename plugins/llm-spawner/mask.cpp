// SPDX-License-Identifier: Apache-2.0
#include "mask.h"

#include <array>

#include "text.h"

namespace llm_spawner {
namespace {

constexpr std::size_t k_least_length = 8;
constexpr std::string_view k_mask = "***";

bool names_a_secret(std::string_view name) {
  constexpr std::array<std::string_view, 5> k_words{"key", "token", "secret", "password",
                                                    "credential"};
  const std::string small = lower(name);
  for (const std::string_view word : k_words) {
    if (small.find(word) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

SecretMask::SecretMask(const std::vector<std::pair<std::string, std::string>>& env) {
  for (const auto& [name, value] : env) {
    if (value.size() >= k_least_length && names_a_secret(name)) secrets_.push_back(value);
  }
}

std::string SecretMask::apply(std::string_view text) const {
  std::string out(text);
  for (const std::string& secret : secrets_) {
    for (std::size_t at = out.find(secret); at != std::string::npos;
         at = out.find(secret, at + k_mask.size())) {
      out.replace(at, secret.size(), k_mask);
    }
  }
  return out;
}

}  // namespace llm_spawner
