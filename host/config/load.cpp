// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <system_error>

#include "base/digest.h"
#include "config/config.h"
#include "config/decode.h"
#include "config/layers.h"

namespace orc::config {

namespace {

constexpr std::string_view k_env_prefix = "ORCH_";

std::filesystem::path folder_of(const std::filesystem::path& file) {
  std::error_code failed;
  return std::filesystem::absolute(file, failed).parent_path();
}

std::string hash_of(const std::map<std::string, std::string>& values) {
  std::string text;
  for (const auto& [key, value] : values) {
    text += key + '\0' + value + '\0';
  }
  return sha256_hex(text);
}

// What the files alone would say, where a variable or --set says something else.
std::vector<Masked> masked_values(const Node& files, const std::filesystem::path& folder,
                                  const Decoded& in_force, Findings findings) {
  std::vector<Masked> masked;
  const Decoded without = decode(files, folder, findings);
  for (const auto& [key, source] : without.sources) {
    const auto winner = in_force.sources.find(key);
    if (source == "default" || winner == in_force.sources.end() || winner->second == source)
      continue;
    const std::string& value = in_force.values.at(key);
    if (without.values.at(key) == value) continue;
    masked.push_back({.key = key,
                      .file_value = without.values.at(key),
                      .file_source = source,
                      .value = value,
                      .source = winner->second});
  }
  return masked;
}

}  // namespace

Loaded load(const Sources& sources) {
  Findings findings;
  Loaded loaded;
  auto root = read_files(sources, findings);
  if (root) {
    const std::filesystem::path folder = folder_of(sources.file);
    const bool has_layers = !sources.environment.empty() || !sources.set.empty();
    const Node files = has_layers ? *root : Node{};
    apply_environment(*root, sources, folder, findings);
    apply_set(*root, sources, findings);
    Findings of_files = findings;
    Decoded decoded = decode(*root, folder, findings);
    cross_check(decoded, findings);
    if (has_layers) {
      loaded.masked = masked_values(files, folder, decoded, std::move(of_files));
    }
    for (const auto& [key, origin] : decoded.origins)
      loaded.positions[key] = findings.where(origin);
    loaded.sha256 = hash_of(decoded.values);
    loaded.values = std::move(decoded.values);
    loaded.sources = std::move(decoded.sources);
    if (!findings.has_errors()) loaded.config = std::move(decoded.config);
  }
  loaded.findings = findings.sorted();
  return loaded;
}

std::map<std::string, std::string> orch_environment() {
  std::map<std::string, std::string> found;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const std::size_t equals = text.find('=');
    if (!text.starts_with(k_env_prefix) || equals == std::string_view::npos) continue;
    found.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return found;
}

}  // namespace orc::config
