// SPDX-License-Identifier: Apache-2.0
#include "config/decode.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "config/options.h"
#include "config/secrets.h"
#include "config/values.h"
#include "config/yaml_writer.h"
#include "domain/names.h"

namespace orc::config {

namespace {

using Path = std::vector<std::string>;

constexpr std::size_t k_max_plugin_name = 64;

bool is_plugin_word(std::string_view word) {
  return !word.empty() && word[0] >= 'a' && word[0] <= 'z' &&
         word.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

// TYPE or TYPE/NAME; TYPE is a library's file name.
bool is_plugin_name(std::string_view name) {
  const std::size_t slash = name.find('/');
  if (name.size() > k_max_plugin_name || !is_plugin_word(name.substr(0, slash))) return false;
  return slash == std::string_view::npos || is_plugin_word(name.substr(slash + 1));
}

template <typename Names, typename Show>
std::vector<std::string> listed(const Names& names, Show&& show) {
  std::vector<std::string> words;
  for (const auto& name : names) words.emplace_back(show(name));
  return words;
}

std::vector<std::string> stage_words() {
  return listed(STAGE_TRANSITIONS, [](const StageRule& rule) { return to_string(rule.stage); });
}

std::vector<std::string> role_words() {
  return listed(k_roles, [](Role role) { return to_string(role); });
}

bool contains(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Walks what was given: refuses what no option has, and remembers where each key stands.
class KeyWalk {
 public:
  KeyWalk(Decoded& decoded, Findings& findings) : decoded_(decoded), findings_(findings) {}

  void walk(const Node& map, Path& path) {
    for (const Node::Entry& entry : map.entries) {
      path.push_back(entry.key);
      if (is_known(entry, path)) visit(entry, path);
      path.pop_back();
    }
  }

 private:
  void visit(const Node::Entry& entry, Path& path) {
    remember(entry, path);
    if (find_option(path) != nullptr || entry.value.kind == Node::Kind::null) return;
    if (entry.value.kind == Node::Kind::map) return walk(entry.value, path);
    findings_.error(entry.value.origin, join_path(path),
                    "found " + describe(entry.value) + ", wanted a mapping");
  }

  bool is_known(const Node::Entry& entry, const Path& path) {
    const Path parent(path.begin(), path.end() - 1);
    if (parent.size() == 1 && takes_names(parent[0])) return is_name(entry, path);
    const std::vector<std::string> known = known_children(parent);
    if (contains(known, entry.key)) return true;
    refuse(entry, path, "unknown key", known);
    return false;
  }

  static bool takes_names(const std::string& key) {
    return key == "repos" || key == "plugins" || key == "stages" || key == "roles" ||
           key == "prices";
  }

  bool is_name(const Node::Entry& entry, const Path& path) {
    if (path[0] == "stages" && contains(stage_words(), entry.key)) return true;
    if (path[0] == "stages") return refuse(entry, path, "unknown stage", stage_words());
    if (path[0] == "roles" && contains(role_words(), entry.key)) return true;
    if (path[0] == "roles") return refuse(entry, path, "unknown role", role_words());
    if (path[0] == "plugins" && is_plugin_name(entry.key)) return true;
    if (path[0] == "plugins") {
      findings_.error(entry.origin, join_path(path), "not a plugin's name",
                      "TYPE or TYPE/NAME, in lower-case letters, digits and -");
      return false;
    }
    if (path[0] == "prices") return is_model_name(entry, path);
    const Status name = check_repo_name(entry.key);
    if (!name.ok()) findings_.error(entry.origin, join_path(path), name.error().message);
    return name.ok();
  }

  bool is_model_name(const Node::Entry& entry, const Path& path) {
    if (!trim(entry.key).empty() && printable(entry.key) == entry.key) return true;
    findings_.error(entry.origin, join_path(path), "not a model's name");
    return false;
  }

  bool refuse(const Node::Entry& entry, const Path& path, const std::string& problem,
              const std::vector<std::string>& known) {
    const auto near = nearest(entry.key, known);
    findings_.error(entry.origin, join_path(path),
                    problem + (near ? ", did you mean \"" + *near + "\"?" : ""),
                    near ? "" : "known here: " + join(known, ", "));
    return false;
  }

  void remember(const Node::Entry& entry, Path& path) {
    const bool is_map = entry.value.kind == Node::Kind::map;
    const std::string key = join_path(path);
    decoded_.origins[key] = is_map ? entry.origin : entry.value.origin;
    for (std::size_t i = 0; i < entry.value.items.size(); ++i) {
      decoded_.origins[key + "[" + std::to_string(i) + "]"] = entry.value.items[i].origin;
    }
    const Option* option = find_option(path);
    if (!is_map || option == nullptr) return;
    for (const Node::Entry& below : entry.value.entries) {
      path.push_back(below.key);
      remember(below, path);
      path.pop_back();
    }
  }

  Decoded& decoded_;
  Findings& findings_;
};

const Node* find_node(const Node& root, const Path& path) {
  const Node* node = &root;
  for (const std::string& segment : path) {
    if (node != nullptr) node = node->find(segment);
  }
  return node;
}

class Decoder {
 public:
  Decoder(const Node& root, const std::filesystem::path& folder, Decoded& decoded,
          Findings& findings)
      : root_(root), folder_(folder), decoded_(decoded), findings_(findings) {}

  void decode() {
    create_named();
    for (const Option& option : options()) {
      const Path pattern = split_path(option.key);
      const bool named = pattern.size() > 1 && pattern[1] == "*";
      for (const std::string& name : named ? names_of(pattern[0]) : Path{""}) {
        Path path = pattern;
        if (named) path[1] = name;
        decode_one(option, path, name);
      }
    }
    finish_contracts();
  }

 private:
  void create_named() {
    for (const std::string& name : names_of("repos")) decoded_.config.repos[name].name = name;
    for (const std::string& name : names_of("plugins")) {
      Plugin& plugin = decoded_.config.plugins[name];
      plugin.name = name;
      plugin.type = name.substr(0, name.find('/'));
    }
  }

  std::vector<std::string> names_of(const std::string& collection) const {
    if (collection == "stages") return stage_words();
    if (collection == "roles") return role_words();
    const Node* given = root_.find(collection);
    if (given == nullptr) return {};
    std::vector<std::string> names;
    for (const Node::Entry& entry : given->entries) {
      const bool valid =
          collection == "prices"    ? true
          : collection == "plugins" ? is_plugin_name(entry.key) : check_repo_name(entry.key).ok();
      if (valid) names.push_back(entry.key);
    }
    return names;
  }

  void decode_one(const Option& option, const Path& path, const std::string& name) {
    const std::string key = join_path(path);
    const Node* node = find_node(root_, path);
    const bool suite = option.set == nullptr;
    if (suite && find_node(root_, {path[0], path[1], path[2]}) == nullptr) return;
    const auto value = node != nullptr ? convert(option, *node, key, folder_, findings_)
                                       : default_of(option, decoded_.config, name);
    if (!value) return;
    if (option.set != nullptr) option.set(decoded_.config, name, *value);
    if (path[0] == "repos") add_to_contract(option, path, *value);
    if (option.type == Type::free_map) return show_settings(key, node);
    decoded_.values[key] = to_text(option, *value);
    decoded_.sources[key] = findings_.shown_source(node != nullptr ? node->origin : Origin{});
  }

  void add_to_contract(const Option& option, const Path& path, const Value& value) {
    nlohmann::json* place = &contracts_[path[1]];
    for (std::size_t i = 2; i < path.size(); ++i) place = &(*place)[path[i]];
    *place = to_json(option, value);
  }

  void finish_contracts() {
    for (auto& [name, contract] : contracts_) {
      // Without a command there is no suite, whatever the defaults beside it say.
      if (contract.contains("test") && !contract["test"].contains("command"))
        contract.erase("test");
      decoded_.config.repos[name].contract =
          contract.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
      read_gates(decoded_.config.repos[name]);
    }
  }

  void read_gates(Repo& repo) {
    const std::string key = "repos." + join_path({repo.name});
    Result<gates::Settings> settings = gates::read_settings(repo.contract);
    if (settings.ok()) {
      repo.gates = std::move(settings).value();
    } else {
      findings_.error(decoded_.nearest_origin(key), key, settings.error().message);
    }
  }

  // One line a leaf, so that two generations differ by the setting that changed.
  void show_settings(const std::string& key, const Node* node) {
    if (node == nullptr) return;
    if (node->kind != Node::Kind::map || is_secret(to_json(*node))) {
      const nlohmann::json json = to_json(*node);
      const auto secret = secret_label(json);
      decoded_.values[key] = secret             ? *secret
                             : json.is_string() ? shown_text(json.get<std::string>())
                                                : json.dump();
      decoded_.sources[key] = findings_.shown_source(node->origin);
      return;
    }
    for (const Node::Entry& entry : node->entries) {
      show_settings(key + "." + join_path({entry.key}), &entry.value);
    }
  }

  const Node& root_;
  const std::filesystem::path& folder_;
  Decoded& decoded_;
  Findings& findings_;
  std::map<std::string, nlohmann::json> contracts_;
};

}  // namespace

Origin Decoded::nearest_origin(std::string key) const {
  while (true) {
    if (const auto found = origins.find(key); found != origins.end()) return found->second;
    const std::size_t cut = key.find_last_of(".[");
    if (cut == std::string::npos) return Origin{};
    key.resize(cut);
  }
}

Decoded decode(const Node& root, const std::filesystem::path& folder, Findings& findings) {
  Decoded decoded;
  Path path;
  KeyWalk(decoded, findings).walk(root, path);
  Decoder(root, folder, decoded, findings).decode();
  return decoded;
}

}  // namespace orc::config
