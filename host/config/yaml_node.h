// SPDX-License-Identifier: Apache-2.0
// A YAML value as it was written, with its place. Plain data: the typed layer decides what a scalar
// means, because yaml-cpp reads `yes`, `NO` and even a quoted "true" as booleans. Pure; any thread.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "config/origin.h"

namespace orc::config {

struct Node {
  enum class Kind : std::uint8_t { null, scalar, list, map };
  struct Entry;

  Kind kind = Kind::null;
  bool quoted = false;  // scalar: written in quotes or as a block, so always a text
  std::string text;     // scalar: as written, unescaped
  std::vector<Node> items;
  std::vector<Entry> entries;  // in file order, keys unique
  Origin origin;

  const Node* find(std::string_view key) const;
  Node* find(std::string_view key);
};

struct Node::Entry {
  std::string key;
  Origin origin;  // of the key
  Node value;
};

// What the YAML 1.2 core schema makes of a scalar.
enum class ScalarKind : std::uint8_t { null, boolean, integer, number, text };
ScalarKind scalar_kind(const Node& scalar);

// The node as JSON by the core schema. A whole number beyond 64 bits becomes a double.
nlohmann::json to_json(const Node& node);

// "the text \"two\"", "the number 5", "a list": for "found …, wanted …".
std::string describe(const Node& node);

// Lays `over` above `base`: mappings merge by key, anything else replaces. An empty section
// (`daemon:` with nothing below) takes nothing away.
void overlay(Node& base, Node over);

// A key path as operators write it: segments joined by '.', a segment with a '.' in double quotes.
std::string join_path(const std::vector<std::string>& path);
std::vector<std::string> split_path(std::string_view text);

}  // namespace orc::config
