// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/text.h"
#include "config/options.h"
#include "config/yaml_node.h"

namespace orc::config {

namespace {

using Segments = std::vector<std::string_view>;

const std::vector<Segments>& patterns() {
  static const std::vector<Segments> split_keys = [] {
    std::vector<Segments> keys;
    for (const Option& option : options()) keys.push_back(split(option.key, '.'));
    return keys;
  }();
  return split_keys;
}

// True where the first `length` segments of `pattern` match those of `path`.
bool matches(const Segments& pattern, const std::vector<std::string>& path, std::size_t length) {
  if (pattern.size() < length || path.size() < length) return false;
  for (std::size_t i = 0; i < length; ++i) {
    if (pattern[i] != "*" && pattern[i] != path[i]) return false;
  }
  return true;
}

}  // namespace

const Option* find_option(const std::vector<std::string>& path) {
  for (std::size_t i = 0; i < options().size(); ++i) {
    const Segments& pattern = patterns()[i];
    const bool open_below =
        options()[i].type == Type::free_map || options()[i].type == Type::text_map;
    if (pattern.size() != path.size() && !(open_below && pattern.size() < path.size())) continue;
    if (matches(pattern, path, pattern.size())) return &options()[i];
  }
  return nullptr;
}

std::vector<std::string> known_children(const std::vector<std::string>& path) {
  std::vector<std::string> names;
  for (const Segments& pattern : patterns()) {
    if (pattern.size() <= path.size() || !matches(pattern, path, path.size())) continue;
    const std::string_view name = pattern[path.size()];
    if (name != "*" && std::find(names.begin(), names.end(), name) == names.end()) {
      names.emplace_back(name);
    }
  }
  return names;
}

bool needs_restart(std::string_view key) {
  const Option* option = find_option(split_path(key));
  return option != nullptr && option->takes == Takes::restart;
}

std::string env_name(std::string_view pattern, std::string_view plugin) {
  std::string name;
  for (const char c : pattern) {
    if (c != '*') {
      name += c;
      continue;
    }
    for (const char p : plugin) {
      const bool letter = p >= 'a' && p <= 'z';
      if (letter) name += static_cast<char>(p - 'a' + 'A');
      if (!letter) name += p == '-' || p == '/' ? '_' : p;
    }
  }
  return name;
}

}  // namespace orc::config
