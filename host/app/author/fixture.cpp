// SPDX-License-Identifier: Apache-2.0
#include "app/author/fixture.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <span>

#include "base/file.h"
#include "base/text.h"
#include "config/origin.h"
#include "config/yaml_reader.h"
#include "domain/names.h"

namespace orc::app {

namespace {

using config::Findings;
using config::Node;

// Every text of a fixture, by its key.
struct TextRow {
  std::string_view key;
  std::string Fixture::*member;
};
constexpr std::array k_texts{TextRow{"work_item", &Fixture::work_item},
                             TextRow{"title", &Fixture::title},
                             TextRow{"request", &Fixture::request},
                             TextRow{"feedback", &Fixture::feedback},
                             TextRow{"repo", &Fixture::repo},
                             TextRow{"branch", &Fixture::branch},
                             TextRow{"base_branch", &Fixture::base_branch},
                             TextRow{"model", &Fixture::model},
                             TextRow{"effort", &Fixture::effort},
                             TextRow{"resume_token", &Fixture::resume_token},
                             TextRow{"approved_by", &Fixture::approved_by}};

// Every mapping that goes to the plugin as JSON.
constexpr std::array k_mappings{TextRow{"contract", &Fixture::contract},
                                TextRow{"settings", &Fixture::settings}};

struct ExpectRow {
  std::string_view key;
  std::string Expectation::*member;
  std::string_view words;  // the only ones, as a CSV; empty: any
};
constexpr std::array k_expectations{
    ExpectRow{"decision", &Expectation::decision, "accepted, declined"},
    ExpectRow{"outcome", &Expectation::outcome,
              "suite_ran, transient_infra, permanent_env, failed_run"},
    ExpectRow{"verdict", &Expectation::verdict, ""},
    ExpectRow{"gate", &Expectation::gate, "pass, fail, wait, hold, broken"}};

constexpr std::array<std::string_view, 3> k_other_keys{"stage", "files", "expect"};

template <typename Rows>
auto row_of(const Rows& rows, std::string_view key) {
  return std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.key == key; });
}

std::vector<std::string> known_keys() {
  std::vector<std::string> keys(k_other_keys.begin(), k_other_keys.end());
  for (const TextRow& row : k_texts) keys.emplace_back(row.key);
  for (const TextRow& row : k_mappings) keys.emplace_back(row.key);
  return keys;
}

std::vector<std::string> stages_with_work() {
  std::vector<std::string> names;
  for (const StageRule& rule : STAGE_TRANSITIONS) names.emplace_back(to_string(rule.stage));
  return names;
}

class Reader {
 public:
  explicit Reader(Findings& findings) : findings_(findings) {}

  Fixture read(const Node& root) {
    for (const Node::Entry& entry : root.entries) take(entry);
    check_names(root);
    return std::move(fixture_);
  }

 private:
  void take(const Node::Entry& entry) {
    if (const auto* text = row_of(k_texts, entry.key); text != k_texts.end()) {
      fixture_.*(text->member) = text_of(entry.value, entry.key);
    } else if (const auto* map = row_of(k_mappings, entry.key); map != k_mappings.end()) {
      if (is_mapping(entry.value, entry.key))
        fixture_.*(map->member) = config::to_json(entry.value).dump();
    } else if (entry.key == "stage") {
      take_stage(entry.value);
    } else if (entry.key == "files") {
      take_files(entry.value);
    } else if (entry.key == "expect") {
      take_expectations(entry.value);
    } else {
      unknown(entry.origin, entry.key, "unknown key", entry.key, known_keys());
    }
  }

  void unknown(config::Origin at, const std::string& key, const std::string& what,
               const std::string& word, const std::vector<std::string>& known) {
    const auto near = nearest(word, known);
    findings_.error(at, key, what + (near ? ", did you mean \"" + *near + "\"?" : ""),
                    near ? "" : "known here: " + join(known, ", "));
  }

  std::string text_of(const Node& node, const std::string& key) {
    if (node.kind == Node::Kind::scalar) return node.text;
    if (node.kind != Node::Kind::null)
      findings_.error(node.origin, key, "found " + describe(node) + ", wanted a text");
    return "";
  }

  bool is_mapping(const Node& node, const std::string& key) {
    if (node.kind == Node::Kind::map) return true;
    if (node.kind != Node::Kind::null)
      findings_.error(node.origin, key, "found " + describe(node) + ", wanted a mapping");
    return false;
  }

  void take_stage(const Node& node) {
    const std::string name = text_of(node, "stage");
    const auto stage = parse_stage(name);
    if (stage && find_rule(*stage) != nullptr) {
      fixture_.stage = stage;
    } else {
      unknown(node.origin, "stage", "there is no stage \"" + name + "\"", name, stages_with_work());
    }
  }

  void take_files(const Node& node) {
    if (!is_mapping(node, "files")) return;
    for (const Node::Entry& entry : node.entries) {
      const std::string key = "files." + config::join_path({entry.key});
      const std::filesystem::path path(entry.key);
      const bool inside = !entry.key.empty() && path.is_relative() &&
                          std::find(path.begin(), path.end(), "..") == path.end();
      if (!inside) findings_.error(entry.origin, key, "wanted a path inside the repository");
      fixture_.files.emplace_back(entry.key, text_of(entry.value, key));
    }
  }

  void take_expectations(const Node& node) {
    if (!is_mapping(node, "expect")) return;
    std::vector<std::string> known;
    for (const ExpectRow& row : k_expectations) known.emplace_back(row.key);
    for (const Node::Entry& entry : node.entries) {
      const std::string key = "expect." + entry.key;
      const auto* row = row_of(k_expectations, entry.key);
      if (row == k_expectations.end()) {
        unknown(entry.origin, key, "unknown key", entry.key, known);
        continue;
      }
      const std::string word = text_of(entry.value, key);
      const std::vector<std::string> words = split_csv(row->words);
      if (!words.empty() && std::find(words.begin(), words.end(), word) == words.end())
        unknown(entry.value.origin, key, "found \"" + word + "\"", word, words);
      fixture_.expect.*(row->member) = word;
    }
  }

  void check_names(const Node& root) {
    const auto check = [&](std::string_view key, const std::string& name, const Status& status) {
      const Node* node = root.find(key);
      if (name.empty() || status.ok()) return;
      findings_.error(node != nullptr ? node->origin : root.origin, key, status.error().message);
    };
    check("work_item", fixture_.work_item, check_work_item_id(fixture_.work_item));
    check("branch", fixture_.branch, check_branch_name(fixture_.branch));
    check("base_branch", fixture_.base_branch, check_branch_name(fixture_.base_branch));
  }

  Findings& findings_;
  Fixture fixture_;
};

}  // namespace

ReadFixture read_fixture(const std::filesystem::path& file) {
  Findings findings;
  const int source = findings.add_source(config::SourceKind::file, file.string());
  const config::Origin whole{source, 0, 0};
  Fixture fixture;
  const auto text = read_file(file, config::k_max_file_bytes);
  if (!text.ok()) {
    findings.error(whole, "", "cannot be read: " + text.error().message,
                   "`orchestrator plugin new` writes one to begin with");
  } else if (const auto root = config::read_yaml(text.value(), source, findings);
             root && root->kind != Node::Kind::map) {
    findings.error(root->origin, "", "found " + describe(*root) + ", wanted a mapping");
  } else if (root) {
    fixture = Reader(findings).read(*root);
  }
  ReadFixture read{.fixture = std::nullopt, .findings = findings.sorted()};
  if (!findings.has_errors()) read.fixture = std::move(fixture);
  return read;
}

}  // namespace orc::app
