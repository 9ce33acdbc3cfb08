// SPDX-License-Identifier: Apache-2.0
#include "floor.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "evidence.h"
#include "run_suite.h"

namespace test_runner {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using orchestrator::plugin::Host;
using orchestrator::plugin::Request;

constexpr const char* k_file = "floor.json";
constexpr std::size_t k_most_bytes = 64 * 1024;

// What the count depends on: another base or another contract is measured anew.
std::string key_of(const Request& request) {
  return std::string(request.base_commit()) + '\n' + std::string(request.contract());
}

std::optional<Floor> read_known(const std::string& folder, const std::string& key) {
  if (folder.empty()) return std::nullopt;
  auto read = read_beneath(folder, k_file, k_most_bytes);
  const auto* const bytes = std::get_if<std::string>(&read);
  const Json known = bytes == nullptr ? Json() : Json::parse(*bytes, nullptr, false);
  if (!known.is_object() || known.value("key", "") != key) return std::nullopt;
  Floor floor{std::nullopt, known.value("source", "")};
  if (known.contains("executed") && known.at("executed").is_number_integer())
    floor.executed = known.at("executed").get<std::int64_t>();
  return floor;
}

void keep(const std::string& folder, const std::string& key, const Floor& floor) {
  if (folder.empty()) return;
  Json known{{"key", key}, {"source", floor.source}};
  if (floor.executed) known["executed"] = *floor.executed;
  const fs::path file = fs::path(folder) / k_file;
  const fs::path partial = file.string() + ".partial";
  std::ofstream(partial) << known.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::error_code error;
  fs::rename(partial, file, error);
}

}  // namespace

std::variant<Floor, Ending> find_floor(const Request& request, const std::string& scratch,
                                       Host& host) {
  if (request.base_commit().empty()) return Floor{std::nullopt, "the base commit is not known"};
  if (request.base_commit() == request.commit())
    return Floor{std::nullopt, "the branch is its own base"};
  const std::string folder = host.state_dir();
  const std::string key = key_of(request);
  if (auto known = read_known(folder, key)) return *std::move(known);
  const std::string checkout = host.base_checkout();
  if (checkout.empty()) return Floor{std::nullopt, "the host made no checkout of the base"};
  auto found = find_suite(request.contract(), checkout);
  const std::string base = "the base " + std::string(request.base_commit().substr(0, 12));
  Floor floor;
  if (const auto* const none = std::get_if<NoSuite>(&found)) {
    floor = {0, base + " has no suite"};
  } else {
    host.progress("counting the tests of the base");
    const SuiteRun run = run_suite(std::get<Suite>(std::move(found)), checkout, scratch, host);
    if (std::holds_alternative<Transient>(run.ending)) return run.ending;
    const auto* const report = std::get_if<TestReport>(&run.evidence);
    if (report == nullptr || !run.was_started) {
      floor = {std::nullopt, "the suite of " + base + " did not run to an end that can be read"};
    } else {
      floor = {report->executed(), base + " executed " + std::to_string(report->executed())};
    }
  }
  keep(folder, key, floor);
  return floor;
}

}  // namespace test_runner
