// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_node.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.h"

namespace orc::config {

namespace {

constexpr std::array<std::string_view, 4> k_null_words{"", "~", "null", "Null"};
constexpr std::array<std::string_view, 3> k_true_words{"true", "True", "TRUE"};
constexpr std::array<std::string_view, 3> k_false_words{"false", "False", "FALSE"};
constexpr std::size_t k_shown_length = 60;

template <std::size_t N>
bool one_of(const std::array<std::string_view, N>& words, std::string_view text) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

std::optional<std::int64_t> core_integer(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x")) base = 16;
  if (text.starts_with("0o")) base = 8;
  if (base != 10) text.remove_prefix(2);
  if (base == 10 && text.starts_with('+')) text.remove_prefix(1);
  if (base != 10 && text.starts_with('-')) return std::nullopt;
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
std::optional<double> core_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  const bool starts_right =
      !digits.empty() && (digits[0] == '.' || (digits[0] >= '0' && digits[0] <= '9'));
  if (!starts_right || digits.find_first_of("0123456789") == std::string_view::npos)
    return std::nullopt;
  if (digits.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return std::nullopt;
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

nlohmann::json scalar_to_json(const Node& node) {
  switch (scalar_kind(node)) {
    case ScalarKind::null:
      return nullptr;
    case ScalarKind::boolean:
      return one_of(k_true_words, node.text);
    case ScalarKind::integer:
      return core_integer(node.text).value_or(0);
    case ScalarKind::number:
      return core_number(node.text).value_or(0);
    case ScalarKind::text:
      return node.text;
  }
  return nullptr;
}

std::string describe_scalar(const Node& node) {
  std::string shown = node.text.substr(0, k_shown_length);
  if (shown.size() < node.text.size()) shown += "…";
  switch (scalar_kind(node)) {
    case ScalarKind::null:
      return "nothing";
    case ScalarKind::boolean:
      return "the boolean " + shown;
    case ScalarKind::integer:
    case ScalarKind::number:
      return "the number " + shown;
    case ScalarKind::text:
      return "the text \"" + shown + "\"";
  }
  return "nothing";
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const Entry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &found->value;
}

Node* Node::find(std::string_view key) {
  return const_cast<Node*>(static_cast<const Node*>(this)->find(key));
}

ScalarKind scalar_kind(const Node& scalar) {
  if (scalar.kind == Node::Kind::null) return ScalarKind::null;
  if (scalar.quoted) return ScalarKind::text;
  if (one_of(k_null_words, scalar.text) || scalar.text == "NULL") return ScalarKind::null;
  if (one_of(k_true_words, scalar.text) || one_of(k_false_words, scalar.text)) {
    return ScalarKind::boolean;
  }
  if (core_integer(scalar.text)) return ScalarKind::integer;
  return core_number(scalar.text) ? ScalarKind::number : ScalarKind::text;
}

nlohmann::json to_json(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return nullptr;
    case Node::Kind::scalar:
      return scalar_to_json(node);
    case Node::Kind::list: {
      nlohmann::json list = nlohmann::json::array();
      for (const Node& item : node.items) list.push_back(to_json(item));
      return list;
    }
    case Node::Kind::map: {
      nlohmann::json map = nlohmann::json::object();
      for (const Node::Entry& entry : node.entries) map[entry.key] = to_json(entry.value);
      return map;
    }
  }
  return nullptr;
}

std::string describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::scalar:
      return describe_scalar(node);
    case Node::Kind::list:
      return "a list";
    case Node::Kind::map:
      return "a mapping";
  }
  return "nothing";
}

void overlay(Node& base, Node over) {
  if (base.kind == Node::Kind::map && over.kind == Node::Kind::null) return;
  if (base.kind != Node::Kind::map || over.kind != Node::Kind::map) {
    base = std::move(over);
    return;
  }
  for (Node::Entry& entry : over.entries) {
    if (Node* below = base.find(entry.key); below != nullptr) {
      overlay(*below, std::move(entry.value));
    } else {
      base.entries.push_back(std::move(entry));
    }
  }
}

std::string join_path(const std::vector<std::string>& path) {
  std::string joined;
  for (const std::string& segment : path) {
    if (!joined.empty()) joined += '.';
    const bool ambiguous = segment.empty() || segment.find('.') != std::string::npos;
    joined += ambiguous ? "\"" + segment + "\"" : segment;
  }
  return joined;
}

std::vector<std::string> split_path(std::string_view text) {
  std::vector<std::string> path(1);
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == '.' && !quoted) {
      path.emplace_back();
    } else {
      path.back() += c;
    }
  }
  return path;
}

}  // namespace orc::config
