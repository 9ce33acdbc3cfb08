// SPDX-License-Identifier: Apache-2.0
#include "worker/secrets.h"

#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <set>

#include "base/unique_fd.h"

namespace orc::worker {

using nlohmann::json;

namespace {

constexpr std::size_t k_secrets_limit = 1 << 20;
const std::set<std::string> k_kinds{"credential", "env", "file"};

// "credential:NAME" if the value is a reference, else empty.
std::string reference_in(const json& value) {
  if (!value.is_object() || value.size() != 1) return "";
  const auto member = value.begin();
  if (!k_kinds.contains(member.key()) || !member->is_string()) return "";
  return member.key() + ":" + member->get<std::string>();
}

Status replace(json& value, const Secrets& secrets, MissingSecret missing) {
  if (const std::string reference = reference_in(value); !reference.empty()) {
    const auto found = secrets.find(reference);
    if (found == secrets.end() && missing == MissingSecret::refuse) {
      return Error{ErrorKind::not_found, "the secret " + reference + " was not handed over"};
    }
    value = found == secrets.end() ? std::string("secret") : found->second;
    return Done{};
  }
  if (!value.is_structured()) return Done{};
  for (json& child : value) ORC_CHECK_OK(replace(child, secrets, missing));
  return Done{};
}

}  // namespace

Result<Secrets> read_secrets(int fd) {
  const UniqueFd owner(fd);
  std::string text(k_secrets_limit, '\0');
  const ssize_t got = ::pread(fd, text.data(), text.size(), 0);
  if (got < 0) return Error{ErrorKind::io, "the secrets cannot be read"};
  text.resize(static_cast<std::size_t>(got));
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object()) return Error{ErrorKind::malformed, "the secrets are not a JSON object"};
  Secrets secrets;
  for (const auto& [reference, value] : object.items()) {
    if (value.is_string()) secrets[reference] = value.get<std::string>();
  }
  return secrets;
}

Result<std::string> fill_in(const std::string& settings, const Secrets& secrets,
                            MissingSecret missing) {
  json object = json::parse(settings, nullptr, false);
  if (!object.is_object()) return Error{ErrorKind::malformed, "the settings are not a JSON object"};
  ORC_CHECK_OK(replace(object, secrets, missing));
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace orc::worker
