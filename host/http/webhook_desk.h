// SPDX-License-Identifier: Apache-2.0
// What the webhook listener knows: the forges' secrets, and how many of their calls came to what.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace orc::http {

enum class WebhookResult : std::uint8_t {
  accepted,
  duplicate,  // the same bytes came before: nothing was done
  ignored,    // about no configured repository
  refused,    // not signed as it should be, or not readable
};
inline constexpr std::array k_webhook_results{WebhookResult::accepted, WebhookResult::duplicate,
                                              WebhookResult::ignored, WebhookResult::refused};
std::string_view to_string(WebhookResult result);

class WebhookDesk {
 public:
  using Counts = std::map<std::pair<std::string, WebhookResult>, std::int64_t>;

  // By forge; those without one are refused whatever they send.
  explicit WebhookDesk(std::map<std::string, std::string> secrets_of_forges);
  void add(std::string_view forge, WebhookResult result);  // [any thread]
  // A configured forge has every result, from 0. [any thread]
  Counts counts() const;

  const std::map<std::string, std::string> secrets;

 private:
  mutable std::mutex mutex_;
  Counts counts_;  // guarded by mutex_
};

}  // namespace orc::http
