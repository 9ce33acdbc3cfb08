// SPDX-License-Identifier: Apache-2.0
#include "detect.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <thread>

#include "evidence.h"

namespace test_runner {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::size_t k_max_config_bytes = 1024 * 1024;

// `python3 -m pytest` would put the checkout in front of everything, where its json.py or pytest.py
// replaces the real one. With -P and this it comes behind the standard library and after pytest
// itself.
constexpr const char* k_start_pytest =
    "import os, sys, pytest\n"
    "site = [i for i, p in enumerate(sys.path) if p.endswith('-packages')]\n"
    "sys.path.insert(site[0] if site else len(sys.path), os.getcwd())\n"
    "sys.exit(pytest.main())";

std::string read_config(const fs::path& checkout, const char* file) {
  auto read = read_beneath(checkout, file, k_max_config_bytes);
  auto* const bytes = std::get_if<std::string>(&read);
  return bytes == nullptr ? std::string() : std::move(*bytes);
}

bool mentions(const fs::path& checkout, const char* file, std::string_view word) {
  return read_config(checkout, file).find(word) != std::string::npos;
}

bool is_test_file(const fs::path& path) {
  const std::string name = path.filename().string();
  return path.extension() == ".py" && name.rfind("test_", 0) == 0;
}

bool holds_test_file(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (is_test_file(at->path())) return true;
  }
  return false;
}

std::optional<Suite> detect_pytest(const fs::path& checkout) {
  std::error_code error;
  const bool fits = fs::is_regular_file(checkout / "pytest.ini", error) ||
                    mentions(checkout, "pyproject.toml", "[tool.pytest") ||
                    mentions(checkout, "setup.cfg", "[tool:pytest]") ||
                    mentions(checkout, "tox.ini", "[pytest]") ||
                    holds_test_file(checkout / "tests") || holds_test_file(checkout);
  if (!fits) return std::nullopt;
  Suite suite;
  suite.runner = Runner::pytest;
  suite.source = "detected pytest project";
  suite.junit = "{scratch}/junit.xml";
  suite.command = {
      "python3", "-P", "-c", k_start_pytest, "-p", "no:cacheprovider", "--junitxml=" + suite.junit};
  return suite;
}

// The configure preset of the first test preset that names one.
std::string configure_preset(const fs::path& checkout) {
  const Json presets = Json::parse(read_config(checkout, "CMakePresets.json"), nullptr, false);
  if (!presets.is_object() || !presets.contains("testPresets")) return {};
  for (const Json& preset : presets.at("testPresets")) {
    if (preset.is_object() && preset.contains("configurePreset") &&
        preset.at("configurePreset").is_string())
      return preset.at("configurePreset").get<std::string>();
  }
  return {};
}

std::optional<Suite> detect_ctest(const fs::path& checkout) {
  const std::string lists = read_config(checkout, "CMakeLists.txt");
  if (lists.empty()) return std::nullopt;
  const std::string preset = configure_preset(checkout);
  const bool has_tests = lists.find("enable_testing") != std::string::npos ||
                         lists.find("include(CTest)") != std::string::npos;
  if (preset.empty() && !has_tests) return std::nullopt;

  const std::string jobs = std::to_string(std::max(1U, std::thread::hardware_concurrency()));
  const std::string build = "{scratch}/build";
  Suite suite;
  suite.runner = Runner::ctest;
  suite.source = "detected CTest project";
  suite.junit = "{scratch}/junit.xml";
  std::vector<std::string> configure{"cmake", "-S", ".", "-B", build};
  if (!preset.empty()) configure.insert(configure.begin() + 1, {"--preset", preset});
  suite.prepare = {configure, {"cmake", "--build", build, "--parallel", jobs}};
  suite.command = {"ctest",          "--test-dir", build, "--no-tests=error", "--output-on-failure",
                   "--output-junit", suite.junit};
  return suite;
}

struct Shape {
  std::optional<Suite> (*detect)(const fs::path&);
};
constexpr std::array k_shapes{Shape{detect_pytest}, Shape{detect_ctest}};

}  // namespace

std::optional<Suite> detect_suite(const fs::path& checkout) {
  for (const Shape& shape : k_shapes) {
    if (auto suite = shape.detect(checkout)) return suite;
  }
  return std::nullopt;
}

}  // namespace test_runner
