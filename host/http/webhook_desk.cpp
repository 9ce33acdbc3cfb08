// SPDX-License-Identifier: Apache-2.0
#include "http/webhook_desk.h"

#include "base/enum_names.h"

namespace orc::http {

namespace {

constexpr EnumNames<WebhookResult, 4> k_result_names{{{WebhookResult::accepted, "accepted"},
                                                      {WebhookResult::duplicate, "duplicate"},
                                                      {WebhookResult::ignored, "ignored"},
                                                      {WebhookResult::refused, "refused"}}};

}  // namespace

std::string_view to_string(WebhookResult result) {
  return name_in(k_result_names, result);
}

WebhookDesk::WebhookDesk(std::map<std::string, std::string> secrets_of_forges)
    : secrets(std::move(secrets_of_forges)) {
  for (const auto& [forge, secret] : secrets) {
    for (const WebhookResult result : k_webhook_results) counts_[{forge, result}] = 0;
  }
}

void WebhookDesk::add(std::string_view forge, WebhookResult result) {
  const std::scoped_lock lock(mutex_);
  ++counts_[{std::string(forge), result}];
}

WebhookDesk::Counts WebhookDesk::counts() const {
  const std::scoped_lock lock(mutex_);
  return counts_;
}

}  // namespace orc::http
