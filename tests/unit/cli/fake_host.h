// SPDX-License-Identifier: Apache-2.0
// A host that answers from a script over a Unix socket: one request a connection, in its own
// thread.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <atomic>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "cli/cli.h"
#include "support/temp_dir.h"

namespace orc::test {

struct Scripted {
  int status = 200;
  std::string body;
};

class FakeHost {
 public:
  FakeHost() : path_(dir_.path() / "control.sock") {
    listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.native().copy(static_cast<char*>(address.sun_path), sizeof(address.sun_path) - 1);
    if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0)
      std::abort();
    if (::listen(listener_.get(), 16) != 0) std::abort();
    thread_ = std::thread([this] { serve(); });
  }
  ~FakeHost() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  std::string socket() const { return path_.string(); }

  // Answers to "GET /x" in order; the last one stays.
  void on(const std::string& request_line, std::vector<Scripted> answers) {
    const std::scoped_lock lock(mutex_);
    script_[request_line] = std::move(answers);
  }
  // "POST /x BODY", in order.
  std::vector<std::string> requests() const {
    const std::scoped_lock lock(mutex_);
    return requests_;
  }

 private:
  void serve() {
    while (true) {
      const UniqueFd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!connection) return;
      answer(connection.get());
    }
  }

  static std::string receive(int fd) {
    std::string bytes;
    char chunk[4096];
    while (!is_complete(bytes)) {
      const ssize_t count = ::recv(fd, chunk, sizeof(chunk), 0);
      if (count <= 0) break;
      bytes.append(chunk, static_cast<std::size_t>(count));
    }
    return bytes;
  }
  static bool is_complete(const std::string& bytes) {
    const std::size_t head_end = bytes.find("\r\n\r\n");
    if (head_end == std::string::npos) return false;
    const std::size_t field = bytes.find("Content-Length: ");
    const std::size_t length = field < head_end ? std::stoul(bytes.substr(field + 16)) : 0;
    return bytes.size() >= head_end + 4 + length;
  }

  void answer(int fd) {
    const std::string bytes = receive(fd);
    const std::string line = bytes.substr(0, bytes.find(" HTTP/"));
    const std::string body = bytes.substr(std::min(bytes.size(), bytes.find("\r\n\r\n") + 4));
    const Scripted reply = next_answer(line, body);
    const std::string text = "HTTP/1.1 " + std::to_string(reply.status) +
                             " X\r\nContent-Type: application/json\r\nContent-Length: " +
                             std::to_string(reply.body.size()) + "\r\nConnection: close\r\n\r\n" +
                             reply.body;
    (void)::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
  }

  Scripted next_answer(const std::string& line, const std::string& body) {
    const std::scoped_lock lock(mutex_);
    requests_.push_back(body.empty() ? line : line + " " + body);
    const auto known = script_.find(line);
    if (known == script_.end() || known->second.empty()) {
      return {404, R"({"code":"not_scripted","detail":")" + line + R"("})"};
    }
    const Scripted reply = known->second.front();
    if (known->second.size() > 1) known->second.erase(known->second.begin());
    return reply;
  }

  TempDir dir_;
  std::filesystem::path path_;
  UniqueFd listener_;
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<Scripted>> script_;  // guarded by mutex_
  std::vector<std::string> requests_;                    // guarded by mutex_
  std::thread thread_;
};

// Remembers what it was asked for.
class FakeEntry : public cli::Entry {
 public:
  int serve(const cli::ServeOptions& options) override {
    served = options;
    return 0;
  }
  int demo(const cli::DemoOptions& options) override {
    demonstrated = options;
    return 1;
  }
  int config_check(const cli::ConfigCheckOptions& options) override {
    checked = options;
    return 78;
  }
  int config_show(const cli::ConfigShowOptions& options) override {
    shown_config = options;
    return 0;
  }
  int config_env(const cli::ConfigEnvOptions& options) override {
    listed = options;
    return 0;
  }
  int config_schema() override { return 0; }
  int config_init(const cli::ConfigInitOptions& options, const cli::Terminal&) override {
    begun = options;
    return 0;
  }
  int plugin_switch(const cli::PluginSwitchOptions& options) override {
    switched = options;
    return 0;
  }
  int plugin_new(const cli::PluginNewOptions& options) override {
    new_plugin = options;
    return 0;
  }
  int plugin_check(const cli::PluginCheckOptions& options) override {
    plugin_checked = options;
    return 1;
  }
  int plugin_run(const cli::PluginRunOptions& options) override {
    plugin_ran = options;
    return 75;
  }
  int artifact_check(const cli::ArtifactCheckOptions& options) override {
    artifact_checked = options;
    return 1;
  }
  int replay(const cli::ReplayOptions& options) override {
    replayed = options;
    return 0;
  }
  int db_backup(const cli::DbBackupOptions& options) override {
    backed_up = options;
    return 0;
  }
  int db_migrate(const cli::DatabasePlace& place) override {
    migrated = place;
    return 0;
  }
  int events_verify(const cli::EventsVerifyOptions& options) override {
    verified = options;
    return 1;
  }
  int doctor(const cli::DoctorOptions& options) override {
    examined = options;
    return 1;
  }
  int db_check(const cli::DbCheckOptions& options) override {
    looked_over = options;
    return 0;
  }
  int gate_selftest(const cli::SelftestOptions& options) override {
    tried = options;
    return 1;
  }
  int version(cli::OutputFormat output) override {
    shown = output;
    return 0;
  }
  std::optional<cli::ServeOptions> served;
  std::optional<cli::DemoOptions> demonstrated;
  std::optional<cli::ConfigCheckOptions> checked;
  std::optional<cli::ConfigShowOptions> shown_config;
  std::optional<cli::ConfigEnvOptions> listed;
  std::optional<cli::ConfigInitOptions> begun;
  std::optional<cli::PluginSwitchOptions> switched;
  std::optional<cli::PluginNewOptions> new_plugin;
  std::optional<cli::PluginCheckOptions> plugin_checked;
  std::optional<cli::PluginRunOptions> plugin_ran;
  std::optional<cli::ArtifactCheckOptions> artifact_checked;
  std::optional<cli::ReplayOptions> replayed;
  std::optional<cli::DbBackupOptions> backed_up;
  std::optional<cli::SelftestOptions> tried;
  std::optional<cli::DatabasePlace> migrated;
  std::optional<cli::EventsVerifyOptions> verified;
  std::optional<cli::DoctorOptions> examined;
  std::optional<cli::DbCheckOptions> looked_over;
  std::optional<cli::OutputFormat> shown;
};

struct Ran {
  int exit = -1;
  std::string out;
  std::string err;
};

inline Ran run(const std::vector<std::string>& arguments, FakeEntry& entry,
               const std::string& input = "") {
  std::ostringstream out;
  std::ostringstream err;
  std::istringstream in(input);
  const int exit = cli::run_command(arguments, entry, {out, err, in});
  return {exit, out.str(), err.str()};
}
inline Ran run(const std::vector<std::string>& arguments, const std::string& input = "") {
  FakeEntry entry;
  return run(arguments, entry, input);
}
inline Ran run_against(const FakeHost& host, std::vector<std::string> arguments,
                       const std::string& input = "") {
  arguments.insert(arguments.end(), {"--socket", host.socket()});
  return run(arguments, input);
}

}  // namespace orc::test
