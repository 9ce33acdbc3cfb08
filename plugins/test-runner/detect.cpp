// SPDX-License-Identifier: Apache-2.0
#include "detect.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
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

// What a shape finds: nothing, a suite, or why it cannot be run although it nearly fits.
struct Near {
  std::string what;
};
using Fit = std::variant<std::monostate, Suite, Near>;

class Tree {
 public:
  explicit Tree(const fs::path& root) : root_(root) {}

  std::string read(const char* file) const {
    auto read = read_beneath(root_, file, k_max_config_bytes);
    auto* const bytes = std::get_if<std::string>(&read);
    return bytes == nullptr ? std::string() : std::move(*bytes);
  }
  bool has(const char* file) const {
    std::error_code error;
    return fs::is_regular_file(fs::symlink_status(root_ / file, error));
  }
  bool says(const char* file, std::string_view word) const {
    return read(file).find(word) != std::string::npos;
  }
  // A file directly in `folder` whose name fits.
  bool any(const char* folder, bool (*fits)(const std::string& name)) const {
    std::error_code error;
    for (fs::directory_iterator at(root_ / folder, error), end; !error && at != end;
         at.increment(error)) {
      if (fits(at->path().filename().string())) return true;
    }
    return false;
  }

 private:
  const fs::path& root_;
};

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}
bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// --- pytest ---

bool is_python_test(const std::string& name) {
  return starts_with(name, "test_") && ends_with(name, ".py");
}

Fit detect_pytest(const Tree& tree) {
  struct Evidence {
    const char* file;
    const char* word;  // that it must hold; empty: none
  };
  constexpr std::array k_files{
      Evidence{"pytest.ini", ""}, Evidence{"pyproject.toml", "[tool.pytest"},
      Evidence{"setup.cfg", "[tool:pytest]"}, Evidence{"tox.ini", "[pytest]"}};
  std::string found;
  for (const Evidence& evidence : k_files) {
    const bool fits =
        *evidence.word == '\0' ? tree.has(evidence.file) : tree.says(evidence.file, evidence.word);
    if (fits && found.empty()) found = evidence.file;
  }
  if (found.empty() && tree.any("tests", is_python_test)) found = "tests/test_*.py";
  if (found.empty() && tree.any("", is_python_test)) found = "test_*.py";
  if (found.empty()) return {};
  Suite suite;
  suite.runner = Runner::pytest;
  suite.source = "found by " + found;
  suite.junit = "{scratch}/junit.xml";
  suite.command = {
      "python3", "-P", "-c", k_start_pytest, "-p", "no:cacheprovider", "--junitxml=" + suite.junit};
  return suite;
}

// --- CTest ---

// The configure preset of the first test preset that names one.
std::string configure_preset(const Tree& tree) {
  const Json presets = Json::parse(tree.read("CMakePresets.json"), nullptr, false);
  if (!presets.is_object() || !presets.contains("testPresets")) return {};
  for (const Json& preset : presets.at("testPresets")) {
    if (preset.is_object() && preset.contains("configurePreset") &&
        preset.at("configurePreset").is_string())
      return preset.at("configurePreset").get<std::string>();
  }
  return {};
}

Fit detect_ctest(const Tree& tree) {
  const std::string lists = tree.read("CMakeLists.txt");
  if (lists.empty()) return {};
  const std::string preset = configure_preset(tree);
  const bool has_tests = lists.find("enable_testing") != std::string::npos ||
                         lists.find("include(CTest)") != std::string::npos;
  if (preset.empty() && !has_tests) return {};

  const std::string jobs = std::to_string(std::max(1U, std::thread::hardware_concurrency()));
  const std::string build = "{scratch}/build";
  Suite suite;
  suite.runner = Runner::ctest;
  suite.source = preset.empty() ? "found by CMakeLists.txt" : "found by CMakePresets.json";
  suite.junit = "{scratch}/junit.xml";
  std::vector<std::string> configure{"cmake", "-S", ".", "-B", build};
  if (!preset.empty()) configure.insert(configure.begin() + 1, {"--preset", preset});
  suite.prepare = {configure, {"cmake", "--build", build, "--parallel", jobs}};
  suite.command = {"ctest",          "--test-dir", build, "--no-tests=error", "--output-on-failure",
                   "--output-junit", suite.junit};
  return suite;
}

// --- node and npm ---

bool is_node_test(const std::string& name) {
  return ends_with(name, ".test.js") || ends_with(name, ".test.mjs") ||
         ends_with(name, ".test.cjs");
}
bool is_script(const std::string& name) {
  return ends_with(name, ".js") || ends_with(name, ".mjs") || ends_with(name, ".cjs");
}

// Node's two reporters at once: the report for us, the lines for the log.
const std::string k_node_reporters =
    "--test-reporter=junit --test-reporter-destination={scratch}/junit.xml "
    "--test-reporter=spec --test-reporter-destination=stdout";

Fit detect_node(const Tree& tree) {
  const Json package = Json::parse(tree.read("package.json"), nullptr, false);
  if (!package.is_object()) return {};
  std::string script;
  if (package.contains("scripts") && package.at("scripts").is_object())
    script = package.at("scripts").value("test", "");
  Suite suite;
  suite.runner = Runner::node;
  suite.junit = "{scratch}/junit.xml";
  const bool is_unset = script.empty() || script.find("no test specified") != std::string::npos;
  if (is_unset) {
    const bool has_tests = tree.any("test", is_script) || tree.any("tests", is_node_test) ||
                           tree.any("", is_node_test);
    if (!has_tests) return {};
    suite.source = "found by package.json and its test files";
    suite.command = {"node",
                     "--test",
                     "--test-reporter=junit",
                     "--test-reporter-destination=" + suite.junit,
                     "--test-reporter=spec",
                     "--test-reporter-destination=stdout"};
    return suite;
  }
  if (!starts_with(script, "node ") || script.find("--test") == std::string::npos) {
    return Near{"the script `test` of package.json runs `" + script.substr(0, 80) +
                "`, whose report is not known; give repos.NAME.test a command and evidence.junit"};
  }
  suite.source = "found by package.json";
  suite.command = {"npm", "test"};
  suite.env = {{"NODE_OPTIONS", k_node_reporters}};
  return suite;
}

// --- go, cargo, maven ---

Fit detect_go(const Tree& tree) {
  if (!tree.has("go.mod")) return {};
  Suite suite;
  suite.runner = Runner::go;
  suite.source = "found by go.mod";
  suite.report = ReportKind::go_json;
  suite.command = {"go", "test", "-json", "-count=1", "./..."};
  suite.env = {{"GOFLAGS", ""}, {"GOTOOLCHAIN", "local"}};
  return suite;
}

Fit detect_cargo(const Tree& tree) {
  if (!tree.has("Cargo.toml")) return {};
  Suite suite;
  suite.runner = Runner::cargo;
  suite.source = "found by Cargo.toml";
  suite.report = ReportKind::cargo_output;
  suite.command = {"cargo", "test", "--no-fail-fast", "--color=never"};
  suite.env = {{"CARGO_TARGET_DIR", "{scratch}/target"}};
  return suite;
}

Fit detect_maven(const Tree& tree) {
  if (!tree.has("pom.xml")) return {};
  Suite suite;
  suite.runner = Runner::maven;
  suite.source = "found by pom.xml";
  suite.report = ReportKind::surefire;
  suite.command = {tree.has("mvnw") ? "./mvnw" : "mvn", "-B", "--no-transfer-progress", "test"};
  return suite;
}

// --- make ---

// A line "check:" or "check :", at its beginning.
bool has_target(const std::string& makefile, std::string_view target) {
  for (std::size_t at = 0; at < makefile.size();) {
    const std::size_t end = std::min(makefile.find('\n', at), makefile.size());
    std::string_view line(makefile.data() + at, end - at);
    at = end + 1;
    if (!starts_with(line, target)) continue;
    line.remove_prefix(target.size());
    while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
    if (starts_with(line, ":") && !starts_with(line, ":=")) return true;
  }
  return false;
}

Fit detect_make(const Tree& tree) {
  Suite suite;
  suite.runner = Runner::make;
  suite.report = ReportKind::make_output;
  suite.command = {"make", "check"};
  if (tree.has("Makefile.am")) {
    suite.source = "found by Makefile.am";
    if (!tree.has("configure")) suite.prepare.push_back({"autoreconf", "-fi"});
    suite.prepare.push_back({"./configure", "-q"});
    return suite;
  }
  for (const char* const file : {"GNUmakefile", "Makefile", "makefile"}) {
    if (!has_target(tree.read(file), "check")) continue;
    suite.source = std::string("found by the target check of ") + file;
    return suite;
  }
  return {};
}

// One row a project shape, in the order of the table in the README.
struct Shape {
  Runner runner;
  Fit (*detect)(const Tree&);
};
constexpr std::array k_shapes{
    Shape{Runner::pytest, detect_pytest}, Shape{Runner::ctest, detect_ctest},
    Shape{Runner::node, detect_node},     Shape{Runner::go, detect_go},
    Shape{Runner::cargo, detect_cargo},   Shape{Runner::maven, detect_maven},
    Shape{Runner::make, detect_make}};

}  // namespace

std::variant<Suite, NoSuite> detect_suite(const fs::path& checkout) {
  const Tree tree(checkout);
  std::optional<Suite> chosen;
  std::string others;
  std::string nearly;
  for (const Shape& shape : k_shapes) {
    Fit fit = shape.detect(tree);
    if (auto* const near = std::get_if<Near>(&fit)) nearly += "; " + near->what;
    auto* const suite = std::get_if<Suite>(&fit);
    if (suite == nullptr) continue;
    if (chosen) {
      others += (others.empty() ? "" : ", ") + std::string(name_of(shape.runner));
    } else {
      chosen = std::move(*suite);
    }
  }
  if (!chosen)
    return NoSuite{"there is no test contract, and no known project shape fits" + nearly};
  if (!others.empty()) chosen->source += "; not run: " + others;
  return *std::move(chosen);
}

}  // namespace test_runner
