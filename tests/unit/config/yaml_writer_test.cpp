// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_writer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "unit/config/files.h"

namespace orc::config {
namespace {

using Json = nlohmann::ordered_json;

std::string written(const Loaded& loaded) {
  std::vector<ShownValue> rows;
  for (const auto& [key, value] : loaded.values) rows.push_back({key, value, ""});
  return yaml_of(rows);
}

TEST(YamlWriter, WritesOneLineThatPeopleRead) {
  EXPECT_EQ(flow_yaml(Json{{"lint-gate", {{"enabled", true}, {"repos", "a, b"}}}}),
            R"({ lint-gate: { enabled: true, repos: "a, b" } })");
  EXPECT_EQ(flow_yaml(Json::array({"lint-gate", "yes", "12", "", "*", 3})),
            R"([lint-gate, "yes", "12", "", "*", 3])");
}

TEST(YamlWriter, WhatItWritesReadsBackAsTheSameConfiguration) {
  const test::ConfigFolder folder;
  const Loaded loaded = folder.load(R"(
version: 1
daemon: { workers: 3, drain_timeout: 1h }
http: { control: { mode: "0600" }, board: { listen: "off" } }
repos:
  shop:
    clone: ssh://git@git.example.lan/shop.git
    test: { command: [ctest, --preset, dev], env: { LANG: C.UTF-8, N: "5" }, exit_codes: { pass: [0], fail: [8] } }
    merge: { markers: { FIX-17: "src/lease.cpp: take_lease\\(" } }
    forge: { kind: gitea, api: https://git.example.lan/api/v1, repository: team/shop, token: { credential: gitea } }
plugins:
  test-runner: { repos: "shop" }
  test-runner/other: { repos: "*" }
  llm-spawner:
    repos: "*"
    settings: { preset: claude, max_turns: 5, argv: ["5", "true", "a b", "credential:x"], env: { KEY: { env: TOKEN }, NOTE: "12", YES: "yes", TEXT: "say \"no\"" } }
stages:
  testing: { producers: [test-runner, llm-spawner, { plugin: test-runner/other, shadow: true }] }
)");
  ASSERT_TRUE(loaded.config) << (loaded.findings.empty() ? "" : to_text(loaded.findings[0]));
  const std::string text = written(loaded);
  const Loaded again = folder.load(text);
  ASSERT_TRUE(again.config) << text << to_text(again.findings.at(0));
  EXPECT_EQ(again.values, loaded.values) << text;
  EXPECT_EQ(Json::parse(again.config->plugins.at("llm-spawner").settings),
            Json::parse(loaded.config->plugins.at("llm-spawner").settings));
  EXPECT_EQ(again.config->repos.at("shop").contract, loaded.config->repos.at("shop").contract);
}

TEST(YamlWriter, ShowsAReferenceAndNeverASecret) {
  EXPECT_EQ(for_people("repos.shop.forge.token", "credential:gitea"), "‹credential gitea›");
  EXPECT_EQ(for_people("daemon.state_dir", "file:x"), "file:x") << "no key that may hold a secret";
}

TEST(YamlWriter, SaysWhereAValueComesFromInARemark) {
  EXPECT_EQ(yaml_of({{"daemon.workers", "2", "default"}, {"db.busy_timeout", "5s", "o.yaml:3"}}),
            "daemon:\n  workers: 2  # default\ndb:\n  busy_timeout: 5s  # o.yaml:3\n");
}

}  // namespace
}  // namespace orc::config
