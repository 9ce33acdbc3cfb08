// SPDX-License-Identifier: Apache-2.0
#include "config/secrets.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/redact.h"
#include "base/text.h"
#include "config/generation.h"

namespace orc::config {

namespace {

constexpr std::size_t k_max_secret_bytes = 64 * 1024;

// A token is one line and its last newline is an accident; a key file is many and needs it.
std::string without_accidental_newline(std::string text) {
  if (!text.empty() && text.find('\n') == text.size() - 1) text.pop_back();
  return text;
}

// A secret that others may read is none, one that others may change is theirs to choose.
Status check_keeping(const std::filesystem::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return Done{};  // reading it will say why
  const auto refuse = [&path](const std::string& why) {
    return Error{ErrorKind::refused, path.string() + " " + why};
  };
  if (!S_ISREG(info.st_mode)) return refuse("is not a regular file");
  if (info.st_uid != 0 && info.st_uid != ::geteuid()) {
    return refuse("belongs to another user; run: chown " + std::to_string(::geteuid()) + " " +
                  path.string());
  }
  if ((info.st_mode & (S_IWGRP | S_IRWXO)) != 0) {
    return refuse("is open to other users; run: chmod 600 " + path.string());
  }
  return Done{};
}

Result<std::string> read_secret(const std::filesystem::path& path) {
  ORC_CHECK_OK(check_keeping(path));
  ORC_TRY(std::string text, read_file(path, k_max_secret_bytes));
  text = without_accidental_newline(std::move(text));
  if (text.empty()) return Error{ErrorKind::refused, path.string() + " is empty"};
  return text;
}

Result<std::string> from_credential(const std::string& name) {
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr || *folder == '\0') {
    return Error{ErrorKind::not_found, "CREDENTIALS_DIRECTORY is not set"};
  }
  if (name.empty() || name[0] == '.' || name.find('/') != std::string::npos) {
    return Error{ErrorKind::refused, "not a credential's name"};
  }
  return read_secret(std::filesystem::path(folder) / name);
}

Result<std::string> from_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return Error{ErrorKind::not_found, "the variable is not set"};
  if (*value == '\0') return Error{ErrorKind::not_found, "the variable is empty"};
  return std::string(value);
}

Result<std::string> from_file(const std::string& name) {
  if (!name.starts_with('/')) return Error{ErrorKind::refused, "wanted an absolute path"};
  return read_secret(name);
}

struct Source {
  std::string_view key;
  Result<std::string> (*read)(const std::string& name);
};
constexpr std::array k_sources{Source{"credential", from_credential},
                               Source{"env", from_environment}, Source{"file", from_file}};

const Source* source_of(const nlohmann::json& json) {
  if (!json.is_object() || json.size() != 1 || !json.begin()->is_string()) return nullptr;
  for (const Source& source : k_sources) {
    if (json.begin().key() == source.key) return &source;
  }
  return nullptr;
}

Status collect(const nlohmann::json& json, nlohmann::json& found) {
  const auto label = secret_label(json);
  if (label) {
    auto value = source_of(json)->read(json.begin()->get<std::string>());
    if (!value.ok()) return std::move(value).error().while_doing("secret " + *label);
    if (!is_utf8(value.value()))
      return Error{ErrorKind::malformed, "secret " + *label + ": not UTF-8 text"};
    keep_secret(value.value());
    found[*label] = std::move(value).value();
    return Done{};
  }
  if (!json.is_structured()) return Done{};
  for (const nlohmann::json& part : json) ORC_CHECK_OK(collect(part, found));
  return Done{};
}

}  // namespace

std::optional<std::string> secret_label(const nlohmann::json& json) {
  const Source* source = source_of(json);
  if (source == nullptr) return std::nullopt;
  return std::string(source->key) + ":" + json.begin()->get<std::string>();
}

std::optional<std::string> secret_file(const nlohmann::json& json) {
  const Source* source = source_of(json);
  if (source == nullptr || source->read != from_file) return std::nullopt;
  return json.begin()->get<std::string>();
}

Result<std::string> resolve_secrets(const std::string& settings_json) {
  const auto settings = nlohmann::json::parse(settings_json, nullptr, false);
  if (settings.is_discarded()) return Error{ErrorKind::malformed, "settings: not JSON"};
  nlohmann::json found = nlohmann::json::object();
  ORC_CHECK_OK(collect(settings, found));
  return found.dump();
}

namespace {

Result<std::string> read_one(const std::string& key, const std::string& reference) {
  nlohmann::json found = nlohmann::json::object();
  Status read = collect(nlohmann::json::parse(reference, nullptr, false), found);
  if (!read.ok()) return std::move(read).error().while_doing(key);
  return found.begin()->get<std::string>();
}

}  // namespace

Result<ListenerSecrets> read_listener_secrets(const Config& config) {
  constexpr std::size_t k_shortest_token = 16;
  ListenerSecrets secrets;
  if (config.board.port >= 0 && !config.operator_token.empty()) {
    const std::string key = "http.board.operator_token";
    ORC_TRY(secrets.operator_token, read_one(key, config.operator_token));
    if (secrets.operator_token.size() < k_shortest_token) {
      return Error{ErrorKind::refused, key + ": shorter than " + std::to_string(k_shortest_token) +
                                           " characters; make one with: openssl rand -hex 32"};
    }
  }
  if (config.webhooks.port < 0) return secrets;
  for (const auto& [forge, reference] : config.webhook_secrets) {
    ORC_TRY(secrets.webhooks[forge], read_one("http.webhooks." + forge + ".secret", reference));
  }
  return secrets;
}

}  // namespace orc::config
