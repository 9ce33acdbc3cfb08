// SPDX-License-Identifier: Apache-2.0
#include "settings.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "report_text.h"

namespace staging_runner {

namespace {

using Json = nlohmann::json;

struct Refused {
  std::string why;
};

std::chrono::milliseconds duration(const Json& json, const char* key, const char* fallback) {
  const auto value = report_text::parse_duration(json.value(key, fallback));
  if (!value || value->count() == 0)
    throw Refused{std::string(key) + ": not a duration such as 900s"};
  return *value;
}

bool is_target(std::string_view target) {
  constexpr std::string_view k_letters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-:";
  const std::size_t at = target.find('@');
  if (at == 0 || at == std::string_view::npos || at + 1 == target.size()) return false;
  const std::string_view user = target.substr(0, at);
  const std::string_view host = target.substr(at + 1);
  // ssh would read a leading dash as an option.
  return user.front() != '-' && host.front() != '-' && user.find(':') == std::string_view::npos &&
         user.find_first_not_of(k_letters) == std::string_view::npos &&
         host.find_first_not_of(k_letters) == std::string_view::npos;
}

SshSettings read_ssh(const Json& json) {
  SshSettings ssh;
  ssh.target = json.value("target", "");
  if (!is_target(ssh.target)) throw Refused{"ssh.target: must be user@host"};
  ssh.port = json.value("port", 22);
  if (ssh.port < 1 || ssh.port > 65535) throw Refused{"ssh.port: out of range"};
  ssh.identity = json.value("identity", "");
  ssh.known_hosts = json.value("known_hosts", "");
  for (const std::string* const path : {&ssh.identity, &ssh.known_hosts}) {
    // ssh splits and expands the value of such an option.
    const bool is_path = !path->empty() && path->front() == '/';
    if (is_path && path->find_first_of("\"\\%$\n") != std::string::npos)
      throw Refused{"ssh: a path holds a character that ssh would expand"};
  }
  ssh.connect_timeout = duration(json, "connect_timeout", "10s");
  return ssh;
}

// Nothing: the configuration says that no proof is to be had.
std::optional<RevisionSettings> read_revision(const Json& json, bool over_ssh) {
  RevisionSettings revision;
  revision.command = json.value("command", std::vector<std::string>{});
  revision.file = json.value("file", "");
  const bool unproven = json.value("unproven", false);
  const int named = int{!revision.command.empty()} + int{!revision.file.empty()} + int{unproven};
  if (named != 1)
    throw Refused{"revision: needs exactly one of command, file and `unproven: true`"};
  if (unproven) return std::nullopt;
  if (!revision.command.empty() && revision.command.front().empty())
    throw Refused{"revision.command: names no program"};
  // Here the suite runs in a checkout of the branch, whose files are no proof of anything.
  if (!over_ssh && !revision.file.empty() && revision.file.front() != '/')
    throw Refused{"revision.file: must be an absolute path when the suite runs on this machine"};
  revision.before = json.value("check", "before_and_after") == "before_and_after";
  return revision;
}

Settings read(const Json& json) {
  if (!json.is_object()) throw Refused{"the settings are no object"};
  Settings settings;
  settings.command = json.value("command", std::vector<std::string>{});
  if (json.contains("command") && (settings.command.empty() || settings.command.front().empty()))
    throw Refused{"command: names no program"};
  settings.cwd = json.value("cwd", "");
  settings.requires_programs = json.value("requires", std::vector<std::string>{});
  settings.timeout = duration(json, "timeout", "1200s");
  settings.success_codes = json.value("success_codes", std::vector<int>{0});
  settings.failed_codes = json.value("failed_codes", std::vector<int>{1});
  for (const int code : settings.success_codes) {
    const auto& failed = settings.failed_codes;
    if (std::find(failed.begin(), failed.end(), code) != failed.end())
      throw Refused{"success_codes, failed_codes: " + std::to_string(code) + " is in both"};
  }
  const bool has_ssh = json.contains("ssh");
  const bool over_ssh = json.value("exec_host_side", has_ssh);
  if (over_ssh && !has_ssh) throw Refused{"exec_host_side: needs ssh.target"};
  if (over_ssh) settings.ssh = read_ssh(json.at("ssh"));
  if (json.contains("revision")) {
    settings.revision = read_revision(json.at("revision"), over_ssh);
  } else if (over_ssh && !settings.command.empty()) {
    throw Refused{
        "revision: say how the target tells which commit it has, such as { command: [git, "
        "rev-parse, HEAD] }, or { unproven: true }"};
  }
  return settings;
}

}  // namespace

std::variant<Settings, std::string> parse_settings(std::string_view json) {
  try {
    return read(Json::parse(json));
  } catch (const Refused& refused) {
    return refused.why;
  } catch (const Json::exception&) {
    // The library's message may quote the offending text, and that may be a key.
    return std::string("the settings do not fit settings.schema.json");
  }
}

}  // namespace staging_runner
