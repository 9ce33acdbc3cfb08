// SPDX-License-Identifier: Apache-2.0
// What the gates between staging and production cost a task for which there is nothing to do: its
// branch stands on the base, its content was tested, and every configured command ends at once.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "bench.h"
#include "support/host_harness.h"
#include "support/paths.h"

namespace orc::bench {

namespace {

using Argv = std::vector<std::string>;

constexpr const char* k_suite =
    "printf '<testsuite tests=\"1\"><testcase classname=\"s\" name=\"t\"/></testsuite>' "
    ">junit.xml\n"
    "printf 'SF:a\\nLF:100\\nLH:80\\nend_of_record\\n' >cov.info\n";

void check(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error("edge bench: " + what);
}

void git(const std::filesystem::path& folder, const Argv& arguments) {
  Argv argv{"git",
            "-c",
            "user.name=Bench",
            "-c",
            "user.email=bench@localhost",
            "-c",
            "init.defaultBranch=main"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  const auto result = test::run_program(argv, folder);
  check(result.exit_code == 0, arguments.front() + ": " + result.err);
}

// A host, a repository and its forge; the same twice, with the gates and without.
class Edge {
 public:
  explicit Edge(bool gates) : seed_(host_.root() / "seed"), forge_(host_.root() / "forge.git") {
    test::write_text(seed_ / "suite.sh", k_suite);
    git(seed_, {"init", "-q"});
    git(seed_, {"add", "--all"});
    git(seed_, {"commit", "-qm", "Start"});
    git(host_.root(), {"clone", "-q", "--bare", seed_.string(), forge_.string()});
    git(seed_, {"remote", "add", "forge", forge_.string()});
    test::write_text(host_.config(), config(gates));
    check(host_.start(), host_.log());
  }

  // Milliseconds from the submission of a tested-to-be branch until a human is asked for the
  // deploy.
  double task_to_deploy(int number) {
    const std::string name = "E-" + std::to_string(number);
    git(seed_, {"fetch", "-q", "forge", "main"});
    git(seed_, {"checkout", "-q", "-b", name, "FETCH_HEAD"});
    test::write_text(seed_ / (name + ".txt"), name);
    git(seed_, {"add", "--all"});
    git(seed_, {"commit", "-qm", name});
    git(seed_, {"push", "-q", "forge", name});
    const MonoTime start = mono_now();
    const auto submitted =
        host_.orchestrator({"task", "submit", "--id", name, "--title", name, "--repo", "shop",
                            "--branch", name, "--from", "testing"});
    check(submitted.exit_code == 0, submitted.err);
    (void)host_.orchestrator({"task", "watch", name, "--timeout", "60s"});
    const double took = seconds_since(start) * 1000;
    const auto shown =
        nlohmann::json::parse(host_.orchestrator({"task", "show", name, "-o", "json"}).out);
    check(shown.value("stage", "") == "deploy", shown.dump(2) + host_.log());
    return took;
  }

 private:
  std::string config(bool gates) const {
    const std::string off = gates ? ""
                                  : ", merge: { enabled: false }, security: { enabled: false }, "
                                    "coverage: { enabled: false }, image: { enabled: false }";
    return "version: 1\ndaemon: { workers: 2, state_dir: " + host_.state().string() +
           " }\nisolation: { read: [" + host_.root().string() + "], write: [" +
           host_.root().string() + "] }\n" +
           "http: { control: { socket: control.sock }, board: { listen: 'off' } }\nplugin_dirs: [" +
           test::plugin_dir() + "]\ngates: { serial: { enabled: false }" + off +
           " }\nrepos:\n  shop:\n    clone: " + forge_.string() +
           "\n    ci: { required: false }\n    test:\n      command: [sh, suite.sh]\n      "
           "exit_codes: "
           "{ pass: [0], fail: [1] }\n      evidence: { junit: junit.xml, min_tests: 1 }\n"
           "    security: { scanners: { lint: { command: ['true'] } } }\n"
           "    coverage: { report: cov.info, command: [sh, suite.sh] }\n"
           "    image: { revision: [git, -C, " +
           forge_.string() +
           ", rev-parse, main] }\n"
           "plugins:\n  test-runner: { repos: '*' }\n  staging-runner:\n    repos: '*'\n"
           "    settings: { exec_host_side: false, command: ['true'] }\n";
  }

  test::HostHarness host_{test::bin_dir()};
  std::filesystem::path seed_;
  std::filesystem::path forge_;
};

}  // namespace

nlohmann::json no_op_edge(int rounds) {
  Edge with(true);
  Edge without(false);
  std::vector<double> on;
  std::vector<double> off;
  for (int i = 0; i < rounds; ++i) {
    on.push_back(with.task_to_deploy(i));
    off.push_back(without.task_to_deploy(i));
  }
  return {{"rounds", rounds},
          {"with_all_gates_ms", percentile(on, 0.5)},
          {"without_ms", percentile(off, 0.5)},
          {"gates_cost_ms", percentile(on, 0.5) - percentile(off, 0.5)}};
}

}  // namespace orc::bench
