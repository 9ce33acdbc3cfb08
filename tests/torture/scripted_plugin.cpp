// SPDX-License-Identifier: Apache-2.0
// A producer for every stage that does what the task's title says: words out of plain, slow,
// defers, red, escapes, crashes, long, stubborn. It notes each time that it begins to produce, so
// that a test can tell whether anything ran twice.
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <orchestrator/plugin/sdk.hpp>

namespace {

using namespace orchestrator::plugin;
namespace fs = std::filesystem;

// Ignores SIGTERM, and leaves a child that does too, in a session of its own and with no parent.
constexpr const char* k_stubborn =
    ": orchestrator-stubborn; trap '' TERM;"
    "(setsid sh -c ': orchestrator-stubborn; trap \"\" TERM; while :; do sleep 1; done' &);"
    "while :; do sleep 1; done";

class Scripted final : public Producer {
 public:
  std::optional<std::string> configure(std::string_view settings) override {
    ledger_ = nlohmann::json::parse(settings).value("ledger", "");
    return std::nullopt;
  }
  Answer accepts(const Request&) override { return Accept{}; }
  Outcome produce(const Request& request, Host& host) override {
    note(std::string(request.job()) + "-" + std::to_string(request.attempt()) + "\n");
    const auto asked = [&](std::string_view word) {
      return request.title().find(word) != std::string_view::npos;
    };
    const bool first = first_time(host, std::string(request.stage()));
    if (asked("slow")) host.run({.argv = {"sleep", "0.3"}, .cwd = "/"});
    if (asked("long")) host.run({.argv = {"sleep", "60"}, .cwd = "/"});
    if (asked("stubborn")) host.run({.argv = {"sh", "-c", k_stubborn}, .cwd = "/"});
    if (asked("escapes"))
      host.run(
          {.argv = {"sh", "-c", "(setsid sleep 30 &) ; trap '' TERM; sleep 0.05"}, .cwd = "/"});
    if (asked("crashes") && first) std::abort();
    if (asked("defers") && first) return Defer{Why::busy, "not now", Milliseconds{1}, ""};
    if (!request.verdict_key().empty()) {
      const bool red = asked("red") && first && request.stage() == "review";
      return Verdict{std::string(red ? request.tokens()[1] : request.tokens().front()),
                     "as scripted", "As scripted.\n"};
    }
    write_files(request);
    return Verdict{"", "as scripted", ""};
  }

 private:
  void note(const std::string& line) const {
    const int fd = ::open(ledger_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    [[maybe_unused]] const ssize_t written = ::write(fd, line.data(), line.size());
    ::close(fd);
  }
  // Whether this task's first attempt at the stage asks.
  static bool first_time(Host& host, const std::string& stage) {
    const fs::path mark = fs::path(host.state_dir()) / stage;
    const int fd = ::open(mark.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) ::close(fd);
    return fd >= 0;
  }
  static void write_files(const Request& request) {
    const fs::path tree{std::string(request.worktree())};
    if (request.stage() == "development") {
      // A file of the task's own: two tasks that change one line would conflict at the merge.
      std::ofstream(tree / (std::string(request.work_item()) + ".txt"), std::ios::app)
          << request.job() << "\n";
    }
    const fs::path folder = tree / "docs" / "work-items" / std::string(request.work_item());
    for (const ArtifactRule& owed : request.artifacts()) {
      if (owed.required) write(folder, std::string(owed.file), request);
    }
  }
  static void write(const fs::path& folder, std::string name, const Request& request) {
    if (const auto star = name.find('*'); star != std::string::npos)
      name.replace(star, 1, "001-nothing");
    fs::create_directories((folder / name).parent_path());
    std::ofstream(folder / name) << "---\nwork_item: " << request.work_item()
                                 << "\nstage: " << request.stage()
                                 << "\nauthor: scripted\nstatus: final\ndate: 2026-01-01\nmodel: "
                                    "scripted\n---\n\nNothing.\n";
  }

  std::string ledger_;
};

constexpr Meta k_meta{.id = "scripted",
                      .name = "Scripted",
                      .version = "0.1.0",
                      .license = "Apache-2.0",
                      .description = "Does what the task's title says",
                      .settings_schema =
                          R"({"type":"object","additionalProperties":false,"required":["ledger"],)"
                          R"("properties":{"ledger":{"type":"string"}}})",
                      .stages = {{"*", ""}},
                      .default_timeout = std::chrono::minutes(1)};

}  // namespace

ORCHESTRATOR_PLUGIN(Scripted, "scripted", "0.1.0", k_meta);
