// SPDX-License-Identifier: Apache-2.0
#include "process/namespaces.h"

#include <unistd.h>

#include <array>
#include <system_error>

namespace orc::process {

namespace {

namespace fs = std::filesystem;

constexpr std::array k_places = {"/usr/local/bin/bwrap", "/usr/bin/bwrap", "/bin/bwrap"};

const char* find_bubblewrap() {
  for (const char* place : k_places) {
    if (::access(place, X_OK) == 0) return place;
  }
  return nullptr;
}

class CommandLine {
 public:
  explicit CommandLine(const char* program) : words_{program} {}

  void add(std::initializer_list<std::string> words) { words_.insert(words_.end(), words); }
  // A link such as /bin -> usr/bin stays one.
  void show(const fs::path& path, const char* how) {
    std::error_code error;
    if (fs::is_symlink(path, error)) {
      add({"--symlink", fs::read_symlink(path, error), path});
    } else if (fs::exists(path, error)) {
      add({how, path, path});
    }
  }
  void cover(const fs::path& path) {
    std::error_code error;
    if (fs::is_directory(path, error)) {
      add({"--tmpfs", path});
    } else {
      add({"--ro-bind", "/dev/null", path});
    }
  }
  std::vector<std::string> words() && { return std::move(words_); }

 private:
  std::vector<std::string> words_;
};

bool lies_below(const fs::path& path, const std::vector<fs::path>& folders) {
  for (const fs::path& folder : folders) {
    const fs::path relative = path.lexically_relative(folder);
    if (!relative.empty() && *relative.begin() != "..") return true;
  }
  return false;
}

}  // namespace

Result<std::vector<std::string>> namespace_command(const ConfinementPlan& plan,
                                                   const std::vector<fs::path>& system) {
  const char* bubblewrap = find_bubblewrap();
  if (bubblewrap == nullptr) {
    return Error{ErrorKind::refused,
                 "bwrap is not installed; install the package bubblewrap, or set isolation: basic"};
  }
  CommandLine line(bubblewrap);
  // No --new-session: spawn() gave it a session without a terminal already. No --die-with-parent: a
  // program that is asked to end keeps its grace after bubblewrap itself has gone; the sweep then
  // ends what is left.
  line.add({"--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--cap-drop",
            "ALL"});
  if (!plan.network) line.add({"--unshare-net"});
  std::vector<fs::path> shown;
  for (const fs::path& folder : system) {
    if (folder == "/proc") continue;
    line.show(folder, "--ro-bind");
    shown.push_back(folder);
  }
  line.add({"--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"});
  for (const fs::path& path : plan.read) line.show(path, "--ro-bind");
  for (const fs::path& path : plan.write) line.show(path, "--bind");
  shown.insert(shown.end(), plan.read.begin(), plan.read.end());
  shown.insert(shown.end(), plan.write.begin(), plan.write.end());
  for (const fs::path& path : plan.hidden) {
    if (lies_below(path, shown)) line.cover(path);
  }
  // Again what lies below a hidden folder and is meant to be seen.
  for (const fs::path& path : plan.read) {
    if (lies_below(path, plan.hidden)) line.show(path, "--ro-bind");
  }
  for (const fs::path& path : plan.write) {
    if (lies_below(path, plan.hidden)) line.show(path, "--bind");
  }
  line.add({"--ro-bind", plan.launcher, k_launcher_inside});
  return std::move(line).words();
}

}  // namespace orc::process
