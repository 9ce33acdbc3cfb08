// SPDX-License-Identifier: Apache-2.0
#include "worker/plugin.h"

#include "base/text.h"

namespace orc::worker {

namespace {

std::string_view name_of(orch_status status) {
  switch (status) {
    case ORCH_OK:
      return "ok";
    case ORCH_E_CONFIG:
      return "its settings are refused";
    case ORCH_E_STATE:
      return "called at the wrong time";
    case ORCH_E_ARGUMENT:
      return "an answer outside the contract";
    case ORCH_E_FAILED:
      return "failed";
    case ORCH_E_EXCEPTION:
      return "an exception";
    case ORCH_E_MEMORY:
      return "out of memory";
    default:
      return "an unknown status";
  }
}

// An error of the call `what`; exceptions have their own kind so that the record can name them.
template <typename Call>
Status checked(std::string_view what, Call&& call) {
  return guard(what, [&]() -> Status {
    const orch_status status = call();
    if (status == ORCH_OK) return Done{};
    return Error{status == ORCH_E_EXCEPTION ? ErrorKind::internal : ErrorKind::malformed,
                 std::string(what) + ": " + std::string(name_of(status))};
  });
}

}  // namespace

Status Plugin::create(const orch_host& host) {
  Status created = checked("create", [&] { return descriptor().create(&host, &instance_); });
  if (created.ok() && instance_ == nullptr) {
    return Error{ErrorKind::malformed, "create: made no instance"};
  }
  return created;
}

Status Plugin::configure(const std::string& settings) {
  return checked("configure", [&] { return descriptor().configure(instance_, to_abi(settings)); });
}

PluginAnswer Plugin::accepts(const orch_request& request) {
  std::int32_t accepted = 0;
  std::int32_t why = 0;
  orch_str text{};
  const Status answered = checked(
      "accepts", [&] { return descriptor().accepts(instance_, &request, &accepted, &why, &text); });
  if (!answered.ok()) return StepFault{"exception", answered.error().message};
  if (accepted != 0) return Accepts{};
  return Declines{why, printable(to_utf8(view(text).substr(0, 4096)))};
}

Status Plugin::produce(const orch_request& request) {
  return checked("produce", [&] { return descriptor().produce(instance_, &request); });
}

Result<std::string> Plugin::preflight() {
  if (descriptor().preflight == nullptr) return std::string();
  orch_str text{};
  orch_status status = ORCH_OK;
  const Status asked = guard("preflight", [&]() -> Status {
    status = descriptor().preflight(instance_, &text);
    return Done{};
  });
  if (!asked.ok()) return asked.error();
  if (status == ORCH_OK) return std::string();
  if (status != ORCH_E_FAILED)
    return Error{ErrorKind::internal, "preflight: " + std::string(name_of(status))};
  std::string wrong = printable(to_utf8(view(text).substr(0, 4096)));
  return wrong.empty() ? "it gave no reason" : wrong;
}

void Plugin::cancel() const {
  if (descriptor().cancel != nullptr && instance_ != nullptr) descriptor().cancel(instance_);
}

}  // namespace orc::worker
