// SPDX-License-Identifier: Apache-2.0
#include "channel.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <optional>

namespace staging_runner {

namespace {

namespace fs = std::filesystem;
using namespace orchestrator::plugin;

constexpr std::size_t k_longest_ssh_log = 64 * 1024;

// Files for what the settings gave as text, in a private folder that goes with the run.
class KeyFolder {
 public:
  explicit KeyFolder(const fs::path& above) {
    std::error_code no_folder;
    const fs::path base = above.empty() ? fs::temp_directory_path(no_folder) : above;
    std::string pattern = (base / "staging-ssh-XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~KeyFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  KeyFolder(const KeyFolder&) = delete;
  KeyFolder& operator=(const KeyFolder&) = delete;

  // The paths that stand for the settings; nothing if the disk refuses.
  std::optional<SshFiles> files(const SshSettings& ssh) const {
    if (path_.empty()) return std::nullopt;
    const auto identity = file("identity", ssh.identity);
    const auto known_hosts = file("known_hosts", ssh.known_hosts);
    if (!identity || !known_hosts) return std::nullopt;
    return SshFiles{*identity, *known_hosts, path_ + "/log"};
  }

 private:
  std::optional<std::string> file(const char* name, const std::string& value) const {
    if (value.empty() || value.front() == '/') return value;
    const std::string path = path_ + '/' + name;
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return std::nullopt;
    // ssh refuses a key whose last line has no end.
    const std::string text = value.back() == '\n' ? value : value + '\n';
    const bool whole = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (::close(fd) != 0 || !whole) return std::nullopt;
    return path;
  }

  std::string path_;
};

std::string read_start(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::string text(k_longest_ssh_log, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
  return text;
}

}  // namespace

std::variant<Conversation, Finding> converse(const SshSettings& ssh, const RemoteCommand& command,
                                             std::chrono::milliseconds timeout, bool mutating,
                                             const fs::path& scratch, Host& host) {
  // ssh itself would only say that it was not let in.
  if (!ssh.identity.empty() && ssh.identity.front() == '/' &&
      ::access(ssh.identity.c_str(), R_OK) != 0)
    return Finding{Cause::key_unusable, ssh.identity + " cannot be read", std::nullopt};
  const KeyFolder folder(scratch);
  const auto files = folder.files(ssh);
  if (!files)
    return Finding{Cause::out_of_resources, "the files for ssh cannot be written", std::nullopt};
  const std::string nonce = new_nonce();
  Process process;
  process.argv = ssh_argv(ssh, *files);
  process.cwd = "/";
  process.env = {{"LC_ALL", "C"}};  // its messages are read
  process.stdin_bytes = remote_script(command, nonce);
  process.timeout = timeout;
  process.mutating = mutating;
  Conversation made;
  made.result = host.run(process);
  made.marks = read_marks(made.result.out, nonce);
  made.result.out = std::move(made.marks.rest);
  made.ssh_log = read_start(files->log);
  return made;
}

}  // namespace staging_runner
