// SPDX-License-Identifier: Apache-2.0
#include "config/values.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <system_error>

#include "base/text.h"
#include "config/yaml_reader.h"

namespace orc::config {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view k_sqlite = "sqlite://";
constexpr std::int64_t k_max_exit_code = 255;

// What one conversion works on; `refuse` records the finding and yields nothing.
struct Conversion {
  const Option& option;
  const Node& node;
  const std::string& key;
  const fs::path& folder;
  Findings& findings;

  std::nullopt_t refuse(const std::string& wanted, std::string fix = "") const {
    findings.error(node.origin, key, "found " + describe(node) + ", wanted " + wanted,
                   std::move(fix));
    return std::nullopt;
  }
  bool is(ScalarKind kind) const {
    return node.kind == Node::Kind::scalar && scalar_kind(node) == kind;
  }
  Conversion item(const Node& part, const std::string& part_key) const {
    return Conversion{option, part, part_key, folder, findings};
  }
};

std::string range_of(const Option& option, auto&& show) {
  if (option.most == std::numeric_limits<std::int64_t>::max())
    return show(option.least) + " or more";
  if (option.least == option.most) return show(option.least);
  return show(option.least) + " to " + show(option.most);
}

std::optional<std::string> text(const Conversion& c, const std::string& wanted = "a text") {
  if (c.is(ScalarKind::text)) return c.node.text;
  const bool scalar = c.node.kind == Node::Kind::scalar;
  return c.refuse(wanted, scalar ? "put it in quotes: \"" + c.node.text + "\"" : "");
}

std::optional<Value> boolean(const Conversion& c) {
  if (c.is(ScalarKind::boolean) && (c.node.text == "true" || c.node.text == "false")) {
    return c.node.text == "true";
  }
  const bool only_quoted = c.node.quoted && (c.node.text == "true" || c.node.text == "false");
  return c.refuse("true or false", only_quoted ? "remove the quotes" : "");
}

std::optional<Value> integer(const Conversion& c) {
  const std::string range = range_of(c.option, [](std::int64_t n) { return std::to_string(n); });
  if (!c.is(ScalarKind::integer)) return c.refuse("a whole number, " + range);
  const auto number = to_json(c.node).get<std::int64_t>();
  if (number < c.option.least || number > c.option.most) return c.refuse(range);
  return number;
}

std::optional<Value> duration(const Conversion& c) {
  const auto ms = c.is(ScalarKind::text) ? parse_duration_ms(c.node.text) : std::nullopt;
  if (!ms) return c.refuse("a duration with a unit, such as 90s, 15m or 2h30m");
  if (*ms < c.option.least || *ms > c.option.most) {
    return c.refuse(range_of(c.option, [](std::int64_t n) { return format_duration_ms(n); }));
  }
  return Millis{*ms};
}

// Exact: the digits as they stand, not the number that a float makes of them.
std::optional<Value> usd(const Conversion& c) {
  const bool number = c.is(ScalarKind::integer) || c.is(ScalarKind::number);
  const auto micro = number ? parse_usd(c.node.text) : std::nullopt;
  if (!micro) return c.refuse("US dollars, such as 25 or 0.50");
  if (*micro < c.option.least || *micro > c.option.most) return c.refuse(range_of(c.option, usd_text));
  return *micro;
}

std::optional<Value> word(const Conversion& c) {
  const std::vector<std::string> words(c.option.words.begin(), c.option.words.end());
  const std::string wanted = "one of " + join(words, ", ");
  const auto given = text(c, wanted);
  if (!given) return std::nullopt;
  if (std::find(words.begin(), words.end(), *given) != words.end()) return Value(*given);
  const auto near = nearest(*given, words);
  return c.refuse(wanted + (near ? ", did you mean \"" + *near + "\"?" : ""));
}

std::string absolute(const fs::path& folder, const std::string& path) {
  return (folder / path).lexically_normal().string();
}

std::optional<Value> path(const Conversion& c) {
  const auto given = text(c, "a path");
  if (!given) return std::nullopt;
  if (given->empty()) return c.refuse("a path");
  return Value(absolute(c.folder, *given));
}

std::optional<std::vector<std::string>> texts(const Conversion& c) {
  if (c.node.kind != Node::Kind::list) return c.refuse("a list of texts", "write [a, b]");
  std::vector<std::string> list;
  bool whole = true;
  for (std::size_t i = 0; i < c.node.items.size(); ++i) {
    const std::string item_key = c.key + "[" + std::to_string(i) + "]";
    auto item = text(c.item(c.node.items[i], item_key));
    whole = whole && item.has_value();
    if (item) list.push_back(std::move(*item));
  }
  return whole ? std::optional(std::move(list)) : std::nullopt;
}

std::optional<Value> text_list(const Conversion& c) {
  auto list = texts(c);
  return list ? std::optional<Value>(std::move(*list)) : std::nullopt;
}

// A name, or a link with its mark.
std::optional<std::string> chain_link(const Conversion& c) {
  constexpr const char* k_wanted = "a plugin's name or { plugin: NAME, shadow: true }";
  if (c.node.kind != Node::Kind::map) return text(c, k_wanted);
  const Node* name = c.node.find("plugin");
  const Node* shadow = c.node.find("shadow");
  for (const Node::Entry& entry : c.node.entries) {
    if (entry.key == "plugin" || entry.key == "shadow") continue;
    return c.refuse(k_wanted, "known here: plugin, shadow");
  }
  if (name == nullptr) return c.refuse(k_wanted);
  auto given = text(c.item(*name, c.key + ".plugin"));
  if (!given || shadow == nullptr) return given;
  const auto marked = boolean(c.item(*shadow, c.key + ".shadow"));
  if (!marked) return std::nullopt;
  return (std::get<bool>(*marked) ? std::string(k_shadow_mark) : "") + *given;
}

std::optional<Value> chain(const Conversion& c) {
  if (c.node.kind != Node::Kind::list) return c.refuse("a list of plugins", "write [a, b]");
  std::vector<std::string> links;
  bool whole = true;
  for (std::size_t i = 0; i < c.node.items.size(); ++i) {
    auto link = chain_link(c.item(c.node.items[i], c.key + "[" + std::to_string(i) + "]"));
    whole = whole && link.has_value();
    if (link) links.push_back(std::move(*link));
  }
  return whole ? std::optional<Value>(std::move(links)) : std::nullopt;
}

std::optional<Value> path_list(const Conversion& c) {
  auto list = texts(c);
  if (!list) return std::nullopt;
  for (std::string& folder : *list) folder = absolute(c.folder, folder);
  return Value(std::move(*list));
}

std::optional<Value> code_list(const Conversion& c) {
  if (c.node.kind != Node::Kind::list) return c.refuse("a list of exit codes", "write [0, 1]");
  std::vector<std::int64_t> codes;
  for (std::size_t i = 0; i < c.node.items.size(); ++i) {
    const std::string item_key = c.key + "[" + std::to_string(i) + "]";
    const Conversion item = c.item(c.node.items[i], item_key);
    const auto code = item.is(ScalarKind::integer) ? to_json(item.node).get<std::int64_t>() : -1;
    if (code < 0 || code > k_max_exit_code) return item.refuse("an exit code, 0 to 255");
    codes.push_back(code);
  }
  return Value(std::move(codes));
}

std::optional<Value> scope(const Conversion& c) {
  if (c.node.kind == Node::Kind::list) return text_list(c);
  const auto csv = text(c, "repositories as a CSV text or a list");
  return csv ? std::optional<Value>(split_csv(*csv)) : std::nullopt;
}

std::optional<Value> text_map(const Conversion& c) {
  if (c.node.kind != Node::Kind::map) return c.refuse("a mapping of names to texts");
  TextMap map;
  bool whole = true;
  for (const Node::Entry& entry : c.node.entries) {
    const std::string entry_key = c.key + "." + join_path({entry.key});
    const auto value = text(c.item(entry.value, entry_key));
    whole = whole && value.has_value();
    if (value) map[entry.key] = *value;
  }
  return whole ? std::optional<Value>(std::move(map)) : std::nullopt;
}

std::optional<Value> free_map(const Conversion& c) {
  if (c.node.kind == Node::Kind::null) return Value(std::string("{}"));
  if (c.node.kind != Node::Kind::map) return c.refuse("a mapping");
  return Value(to_json(c.node).dump());
}

std::optional<Value> octal(const Conversion& c) {
  const std::string wanted = "octal permissions in quotes, such as \"0660\"";
  const std::string& digits = c.node.text;
  const bool octal_text = c.is(ScalarKind::text) && digits.size() == 4 && digits[0] == '0' &&
                          digits.find_first_not_of("01234567") == std::string::npos;
  if (!octal_text) return c.refuse(wanted);
  return static_cast<std::int64_t>(std::stoul(digits, nullptr, 8));
}

std::optional<Value> listen(const Conversion& c) {
  const std::string wanted = "HOST:PORT or off";
  const auto given = text(c, wanted);
  if (!given) return std::nullopt;
  if (*given == "off") return Value(*given);
  const std::size_t colon = given->rfind(':');
  if (colon == std::string::npos || colon == 0) return c.refuse(wanted);
  const std::string host = given->substr(0, colon);
  const auto port = parse_integer(given->substr(colon + 1));
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (!bracketed && host.find(':') != std::string::npos) {
    return c.refuse(wanted, "put an IPv6 address in brackets: [::1]:8480");
  }
  if (!port || *port < 0 || *port > 65535) return c.refuse(wanted + " with a port from 0 to 65535");
  return Value(*given);
}

std::optional<Value> database(const Conversion& c) {
  const std::string wanted = "sqlite:///PATH";
  const auto url = text(c, wanted);
  if (!url) return std::nullopt;
  const std::string path_part = url->starts_with(k_sqlite) ? url->substr(k_sqlite.size()) : "";
  if (path_part.size() < 2 || path_part[0] != '/') return c.refuse(wanted);
  return Value(absolute("/", path_part));
}

// The transports that git is allowed to be asked for; ext:: and the like start programs.
constexpr std::array<std::string_view, 5> k_transports{"ssh://", "https://", "http://", "git://",
                                                       "file:///"};

bool is_scp_like(std::string_view url) {
  const std::size_t colon = url.find(':');
  if (colon == std::string_view::npos || colon == 0 || url.substr(colon).starts_with("::"))
    return false;
  return url.substr(0, colon).find('/') == std::string_view::npos;
}

// scheme://user:password@host
bool holds_password(std::string_view url) {
  const std::size_t start = url.find("://") + 3;
  const std::string_view authority = url.substr(start, url.find('/', start) - start);
  const std::size_t at = authority.rfind('@');
  return at != std::string_view::npos && authority.substr(0, at).find(':') != std::string_view::npos;
}

std::optional<Value> clone_url(const Conversion& c) {
  const std::string wanted = "a URL (ssh, https, http, git, file), user@host:path, or a path";
  const auto url = text(c, wanted);
  if (!url) return std::nullopt;
  if (url->empty()) return Value(*url);
  const bool hostile = url->starts_with('-') || printable(*url) != *url ||
                       url->find_first_of(" \n\t") != std::string::npos;
  if (hostile) return c.refuse(wanted);
  if (url->starts_with('/')) return Value(*url);
  if (url->starts_with("./") || url->starts_with("../")) return Value(absolute(c.folder, *url));
  const bool transport =
      std::any_of(k_transports.begin(), k_transports.end(),
                  [&](std::string_view scheme) { return url->starts_with(scheme); });
  if (transport && holds_password(*url)) {
    c.findings.error(c.node.origin, c.key, "a password has no place in a URL here: everybody sees it",
                     "use ssh, or leave user and password out");
    return std::nullopt;
  }
  const bool other_scheme = url->find("://") != std::string::npos;
  if (transport || (!other_scheme && is_scp_like(*url))) return Value(*url);
  return c.refuse(wanted);
}

std::optional<Value> plain_text(const Conversion& c) {
  const auto given = text(c);
  return given ? std::optional<Value>(*given) : std::nullopt;
}

std::string json_text(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string octal_text(std::int64_t mode) {
  std::string digits(4, '0');
  for (std::size_t i = 4; i-- > 0; mode /= 8) digits[i] = static_cast<char>('0' + mode % 8);
  return digits;
}

}  // namespace

std::optional<Value> convert(const Option& option, const Node& node, const std::string& key,
                             const fs::path& folder, Findings& findings) {
  const Conversion c{option, node, key, folder, findings};
  switch (option.type) {
    case Type::boolean:
      return boolean(c);
    case Type::integer:
      return integer(c);
    case Type::text:
      return plain_text(c);
    case Type::word:
      return word(c);
    case Type::path:
      return path(c);
    case Type::path_list:
      return path_list(c);
    case Type::duration:
      return duration(c);
    case Type::usd:
      return usd(c);
    case Type::text_list:
      return text_list(c);
    case Type::chain:
      return chain(c);
    case Type::code_list:
      return code_list(c);
    case Type::scope:
      return scope(c);
    case Type::text_map:
      return text_map(c);
    case Type::free_map:
      return free_map(c);
    case Type::octal:
      return octal(c);
    case Type::listen:
      return listen(c);
    case Type::database:
      return database(c);
    case Type::clone_url:
      return clone_url(c);
  }
  return std::nullopt;
}

std::optional<Value> default_of(const Option& option, const Config& so_far,
                                const std::string& name) {
  if (option.derive != nullptr) return option.derive(so_far, name);
  if (!option.fallback) return std::nullopt;
  // Parsing the few dozen defaults again for every repository and plugin would cost more than the
  // file.
  static const std::map<std::string_view, Value> parsed = [] {
    std::map<std::string_view, Value> values;
    for (const Option& row : options()) {
      if (!row.fallback) continue;
      Findings faults;
      const auto node = read_yaml(*row.fallback, -1, faults);
      auto value = node ? convert(row, *node, std::string(row.key), "/", faults) : std::nullopt;
      if (value) values.emplace(row.key, std::move(*value));
    }
    return values;
  }();
  const auto found = parsed.find(option.key);
  return found == parsed.end() ? std::nullopt : std::optional(found->second);
}

nlohmann::json to_json(const Option& option, const Value& value) {
  return std::visit(
      overloaded{[](bool flag) { return nlohmann::json(flag); },
                 [](std::int64_t number) { return nlohmann::json(number); },
                 [](Millis time) { return nlohmann::json(format_duration_ms(time.count())); },
                 [&](const std::string& given) {
                   return option.type == Type::free_map
                              ? nlohmann::json::parse(given, nullptr, false)
                              : nlohmann::json(given);
                 },
                 [](const std::vector<std::string>& list) { return nlohmann::json(list); },
                 [](const std::vector<std::int64_t>& codes) { return nlohmann::json(codes); },
                 [](const TextMap& map) { return nlohmann::json(map); }},
      value);
}

std::string to_text(const Option& option, const Value& value) {
  if (option.type == Type::octal) return octal_text(std::get<std::int64_t>(value));
  if (option.type == Type::usd) return usd_text(std::get<std::int64_t>(value));
  if (option.type == Type::database) return std::string(k_sqlite) + std::get<std::string>(value);
  if (option.type == Type::scope) return join(std::get<std::vector<std::string>>(value), ", ");
  const nlohmann::json json = to_json(option, value);
  return json.is_string() ? json.get<std::string>() : json_text(json);
}

}  // namespace orc::config
