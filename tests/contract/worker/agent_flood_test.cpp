// SPDX-License-Identifier: Apache-2.0
// The real spawner in the real worker, with an agent that floods its output.
#include <poll.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "support/paths.h"
#include "worker_fixture.h"

namespace orc::worker {
namespace {

constexpr int k_patience_ms = 60'000;
constexpr int k_look_ms = 20;
// A worker alone takes about 20 MiB, the longest line that is read 10: half of what comes is far
// beyond what a bounded reader needs and far below what an unbounded one would.
constexpr int k_flood_mib = 96;
#ifdef __SANITIZE_ADDRESS__
constexpr long k_most_kib = 1024 * 1024;  // the sanitizer keeps what was freed
#else
constexpr long k_most_kib = k_flood_mib * 1024 / 2;
#endif

// In lines of 64 KiB, one of a third of everything among them; the closing usage comes last.
constexpr const char* k_agent = R"(import pathlib, sys
folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
(folder / "13-test-report.md").write_text("---\nwork_item: DEMO-1\nstage: testing\nresult: PASS\n---\n\nText.\n")
out = sys.stdout.buffer
line = b'{"type":"user","message":"' + b"x" * 65508 + b'"}\n'
mib = int(sys.argv[2])
for number in range(mib * 2 // 3 * 16):
    out.write(line)
for _ in range(mib // 3):
    out.write(b"y" * (1 << 20))
out.write(b"\n")
out.write(b'{"usage":{"input_tokens":7,"output_tokens":8}}\n')
)";

class Flood : public WorkerTest {
 protected:
  // The worker's largest resident size: the kernel keeps the mark, the last look sees it.
  long peak_until_it_ends() const {
    long peak = 0;
    pollfd ended{worker_.pidfd.get(), POLLIN, 0};
    for (int waited = 0; waited < k_patience_ms; waited += k_look_ms) {
      std::ifstream status("/proc/" + std::to_string(worker_.pid) + "/status");
      for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM:")) peak = std::max(peak, std::stol(line.substr(6)));
      }
      if (::poll(&ended, 1, k_look_ms) == 1) return peak;
    }
    ADD_FAILURE() << "the worker does not end";
    return peak;
  }
};

TEST_F(Flood, IsReadInBoundedMemory) {
  // By hand: ORCH_TEST_FLOOD_MIB=500.
  const char* given = std::getenv("ORCH_TEST_FLOOD_MIB");  // NOLINT(concurrency-mt-unsafe)
  const int flood_mib = given == nullptr ? k_flood_mib : std::atoi(given);
  const auto agent = temp_.path() / "agent.py";
  const auto prompt = temp_.path() / "tester.md";
  std::ofstream(agent) << k_agent;
  std::ofstream(prompt) << "test {{work_item}}\n";
  request_.prompt_file = prompt;
  request_.isolation.read = {agent};
  request_.limit = Millis(k_patience_ms);
  request_.chain.push_back({.position = 0,
                            .plugin = "llm-spawner",
                            .library = std::filesystem::path(test::plugin_dir()) / "llm-spawner.so",
                            .settings = R"({"argv":["/usr/bin/python3","-B",")" + agent.string() +
                                        R"(","{{artifact_dir}}",")" +
                                        std::to_string(flood_mib) + R"("],"stdin":"prompt"})"});
  start();
  const long peak_kib = peak_until_it_ends();
  const jobs::WorkerReport report = wait();
  expect<Verdict>(report);
  ASSERT_EQ(report.agent_runs.size(), 1U);
  EXPECT_EQ(report.agent_runs[0].input_tokens, 7) << "what came behind the flood was read";
  EXPECT_GT(peak_kib, 0);
  EXPECT_LT(peak_kib, k_most_kib);
  RecordProperty("peak_rss_kib", static_cast<int>(peak_kib));
  EXPECT_LT(std::filesystem::file_size(folder_ / "log"), std::uintmax_t{64} << 20);
}

}  // namespace
}  // namespace orc::worker
