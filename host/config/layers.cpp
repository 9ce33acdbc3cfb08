// SPDX-License-Identifier: Apache-2.0
#include "config/layers.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <system_error>

#include "base/file.h"
#include "base/text.h"
#include "config/options.h"
#include "config/variables.h"
#include "config/yaml_reader.h"

namespace orc::config {

namespace {

namespace fs = std::filesystem;

constexpr int k_version = 1;
constexpr std::string_view k_version_key = "version";

std::vector<fs::path> drop_ins(const fs::path& file) {
  std::vector<fs::path> found;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(file.parent_path() / "conf.d", failed)) {
    if (entry.path().extension() == ".yaml") found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::optional<Node> read_one(const fs::path& path, Findings& findings) {
  const int source = findings.add_source(SourceKind::file, path.string());
  const auto text = read_file(path, k_max_file_bytes);
  if (!text.ok()) {
    findings.error(Origin{source, 0, 0}, "", "cannot be read: " + text.error().message);
    return std::nullopt;
  }
  auto root = read_yaml(text.value(), source, findings);
  if (!root || root->kind == Node::Kind::null) return root;
  if (root->kind != Node::Kind::map) {
    findings.error(root->origin, "", "found " + describe(*root) + ", wanted a mapping");
    return std::nullopt;
  }
  return root;
}

// A file for a newer program would drown the one useful line in unknown keys.
bool is_newer(const Node& root, Findings& findings) {
  const Node* version = root.find(k_version_key);
  if (version == nullptr || scalar_kind(*version) != ScalarKind::integer) return false;
  const auto number = parse_integer(version->text);
  if (!number || *number <= k_version) return false;
  findings.error(version->origin, k_version_key,
                 "the file is for version " + version->text + ", this program reads version 1",
                 "install a newer orchestrator");
  return true;
}

void place(Node& root, const std::vector<std::string>& path, Node leaf) {
  const Origin origin = leaf.origin;
  Node branch = std::move(leaf);
  for (auto segment = path.rbegin(); segment != path.rend(); ++segment) {
    Node parent{.kind = Node::Kind::map, .origin = origin};
    parent.entries.push_back(Node::Entry{*segment, origin, std::move(branch)});
    branch = std::move(parent);
  }
  overlay(root, std::move(branch));
}

// --- environment
// -------------------------------------------------------------------------------------

// What the original's switches read; anything else is refused, so that a mistyped kill-switch never
// reads as "on".
std::string yaml_boolean(const std::string& text) {
  static constexpr std::array<std::string_view, 4> k_yes{"true", "1", "yes", "on"};
  static constexpr std::array<std::string_view, 4> k_no{"false", "0", "no", "off"};
  const std::string word = lower(trim(text));
  if (std::find(k_yes.begin(), k_yes.end(), word) != k_yes.end()) return "true";
  if (std::find(k_no.begin(), k_no.end(), word) != k_no.end()) return "false";
  return text;
}

Node node_of(const Variable& variable, const std::string& text, const fs::path& folder,
             Origin origin) {
  Node node{.kind = Node::Kind::scalar, .quoted = true, .text = text, .origin = origin};
  const Option& option = *variable.option;
  if (option.type == Type::boolean) {
    node.text = yaml_boolean(text);
    node.quoted = node.text != "true" && node.text != "false";
  } else if (option.type == Type::integer || option.type == Type::usd) {
    node.quoted = false;
  } else if (option.type == Type::duration && variable.name.ends_with("_S")) {
    const auto seconds = parse_integer(text);
    if (seconds && *seconds >= 0) node.text = text + "s";
  } else if (option.type == Type::database && variable.name == option.env_alias) {
    node.text = "sqlite://" + (folder / text).string();
  } else if (option.type == Type::path_list) {
    node.kind = Node::Kind::list;
    for (const std::string_view part : split(text, ':')) {
      node.items.push_back(Node{
          .kind = Node::Kind::scalar, .quoted = true, .text = std::string(part), .origin = origin});
    }
  }
  return node;
}

void warn_unknown(const std::string& name, const std::vector<Variable>& known, Origin origin,
                  Findings& findings) {
  std::vector<std::string> names;
  for (const Variable& variable : known) names.push_back(variable.name);
  const auto near = nearest(name, names);
  findings.warning(origin, "",
                   "no option has this variable" + (near ? ", did you mean " + *near + "?" : ""));
}

// ORCH_X__FILE=/path: the value stands in that file.
std::optional<std::string> text_of_file(const Sources& sources, const std::string& wanted,
                                        const std::string& path, Origin origin,
                                        Findings& findings) {
  if (sources.environment.contains(wanted)) {
    findings.error(origin, "", wanted + " is set as well", "unset one of the two");
    return std::nullopt;
  }
  auto text = read_file(path, k_max_file_bytes);
  if (!text.ok()) {
    findings.error(origin, "", "cannot be read: " + text.error().message);
    return std::nullopt;
  }
  return std::string(trim(text.value()));
}

// Two plugins whose names differ only in '-' and '/' would share their switches.
void refuse_shared_names(const std::vector<Variable>& known, const Node& root, Findings& findings) {
  std::map<std::string, std::string> owners;
  for (const Variable& variable : known) {
    if (variable.option->type != Type::boolean || variable.path[0] != "plugins") continue;
    const std::string plugin = join_path({"plugins", variable.path[1]});
    const auto [owner, is_new] = owners.emplace(variable.name, plugin);
    if (is_new) continue;
    findings.error(root.find("plugins")->find(variable.path[1])->origin, plugin,
                   "shares the variable " + variable.name + " with " + owner->second,
                   "rename one of the two");
  }
}

// --- --set
// ---------------------------------------------------------------------------------------------

// A setting that would create a plugin or a repository is most likely a mistyped kill-switch.
bool names_something_configured(const Node& root, const std::vector<std::string>& path,
                                Origin origin, Findings& findings) {
  if (path.size() < 3 || (path[0] != "plugins" && path[0] != "repos")) return true;
  const Node* collection = root.find(path[0]);
  if (collection != nullptr && collection->find(path[1]) != nullptr) return true;
  std::vector<std::string> names;
  if (collection != nullptr) {
    for (const Node::Entry& entry : collection->entries) names.push_back(entry.key);
  }
  const auto near = nearest(path[1], names);
  findings.error(origin, join_path({path[0], path[1]}),
                 "the files configure nothing of this name" +
                     (near ? ", did you mean \"" + *near + "\"?" : ""));
  return false;
}

}  // namespace

std::optional<Node> read_files(const Sources& sources, Findings& findings) {
  Node root{.kind = Node::Kind::map};
  if (sources.file.empty()) return root;
  std::vector<fs::path> files{sources.file};
  for (fs::path& path : drop_ins(sources.file)) files.push_back(std::move(path));
  bool readable = true;
  for (const fs::path& path : files) {
    auto layer = read_one(path, findings);
    if (!layer || is_newer(*layer, findings)) {
      readable = false;
      continue;
    }
    if (path == sources.file && layer->find(k_version_key) == nullptr) {
      findings.error(layer->origin, k_version_key, "missing", "begin the file with: version: 1");
    }
    overlay(root, std::move(*layer));
  }
  return readable ? std::optional(std::move(root)) : std::nullopt;
}

void apply_environment(Node& root, const Sources& sources, const fs::path& folder,
                       Findings& findings) {
  const std::vector<Variable> known = known_variables(root);
  refuse_shared_names(known, root, findings);
  for (const auto& [name, given] : sources.environment) {
    if (is_other_variable(name)) continue;
    const Origin origin{findings.add_source(SourceKind::environment, name), 0, 0};
    const bool from_file = name.ends_with(k_file_suffix);
    const std::string wanted =
        from_file ? name.substr(0, name.size() - k_file_suffix.size()) : name;
    const auto variable = std::find_if(known.begin(), known.end(),
                                       [&](const Variable& v) { return v.name == wanted; });
    if (variable == known.end()) {
      warn_unknown(name, known, origin, findings);
      continue;
    }
    const auto text =
        from_file ? text_of_file(sources, wanted, given, origin, findings) : std::optional(given);
    if (text) place(root, variable->path, node_of(*variable, *text, folder, origin));
  }
}

void apply_set(Node& root, const Sources& sources, Findings& findings) {
  if (sources.set.empty()) return;
  const int source = findings.add_source(SourceKind::command_line, "--set");
  const Origin origin{source, 0, 0};
  for (const std::string& setting : sources.set) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0) {
      findings.error(origin, "", "found \"" + setting + "\", wanted KEY=VALUE");
      continue;
    }
    const std::vector<std::string> path = split_path(setting.substr(0, equals));
    auto value = read_yaml(setting.substr(equals + 1), source, findings);
    if (!value || !names_something_configured(root, path, origin, findings)) continue;
    // `--set plugins.x.repos=` means the empty text, as it does in the environment.
    if (value->kind == Node::Kind::null && equals + 1 == setting.size()) {
      *value = Node{.kind = Node::Kind::scalar, .quoted = true, .text = "", .origin = origin};
    }
    place(root, path, std::move(*value));
  }
}

}  // namespace orc::config
