// SPDX-License-Identifier: Apache-2.0
#include "remote.h"

#include <algorithm>
#include <charconv>
#include <random>

namespace staging_runner {

namespace {

std::optional<int> number(std::string_view word) {
  int value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}

std::optional<Revision> read_revision(std::string_view words) {
  const std::size_t space = words.find(' ');
  const auto code = number(words.substr(0, space));
  if (!code || space == std::string_view::npos) return std::nullopt;
  return Revision{*code, std::string(words.substr(space + 1))};
}

// One mark: a word, and what belongs to it.
void take(Marks& marks, std::string_view mark) {
  const std::size_t space = std::min(mark.find(' '), mark.size());
  const std::string_view word = mark.substr(0, space);
  const std::string_view rest = mark.substr(std::min(space + 1, mark.size()));
  if (word == "start") {
    marks.contradictory = marks.contradictory || marks.started;
    marks.started = true;
  } else if (word == "end") {
    marks.contradictory = marks.contradictory || marks.exit_code || !marks.trouble.empty();
    marks.exit_code = number(rest);
    if (!marks.exit_code) marks.trouble = std::string(rest);
  } else if (word == "ready") {
    marks.ready = true;
  } else if (word == "stopped") {
    marks.timed_out = true;
  } else if (word == "before") {
    marks.before = read_revision(rest);
  } else if (word == "after") {
    marks.after = read_revision(rest);
  }
}

}  // namespace

std::string new_nonce() {
  static constexpr std::string_view k_digits = "0123456789abcdef";
  std::random_device random;
  std::string nonce = "orch-";
  for (int word = 0; word < 4; ++word) {
    std::random_device::result_type bits = random();
    for (int digit = 0; digit < 8; ++digit, bits >>= 4) nonce += k_digits[bits & 15U];
  }
  return nonce;
}

std::vector<std::string> ssh_argv(const SshSettings& ssh, const SshFiles& files) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(ssh.connect_timeout).count();
  // DEBUG1 tells how far the connection came: whether the login was let in, and whether the far
  // side told an exit status. ssh_config(5)
  std::vector<std::string> argv{"ssh",       "-F",
                                "/dev/null", "-T",
                                "-E",        files.log,
                                "-o",        "LogLevel=DEBUG1",
                                "-o",        "BatchMode=yes",
                                "-o",        "StrictHostKeyChecking=yes",
                                "-o",        "IdentitiesOnly=yes",
                                "-o",        "ForwardAgent=no",
                                "-o",        "ClearAllForwardings=yes",
                                "-o",        "ServerAliveInterval=15",
                                "-o",        "ServerAliveCountMax=2",
                                "-o",        "ConnectTimeout=" + std::to_string(seconds)};
  if (!files.known_hosts.empty()) {
    argv.insert(argv.end(), {"-o", "UserKnownHostsFile=\"" + files.known_hosts + '"', "-o",
                             "GlobalKnownHostsFile=/dev/null"});
  }
  argv.insert(argv.end(), {"-p", std::to_string(ssh.port)});
  if (!files.identity.empty()) argv.insert(argv.end(), {"-i", files.identity});
  // exec: the script's parent is then the connection itself, which it watches.
  argv.insert(argv.end(), {"--", ssh.target, "exec /bin/sh -s"});
  return argv;
}

Marks read_marks(std::string_view out, std::string_view nonce) {
  Marks marks;
  const std::string prefix = std::string(nonce) + ' ';
  while (!out.empty()) {
    const std::size_t size = std::min(out.find('\n'), out.size());
    const std::string_view line = out.substr(0, size);
    out.remove_prefix(std::min(size + 1, out.size()));
    if (line.substr(0, prefix.size()) != prefix) {
      marks.rest += line;
      marks.rest += '\n';
      continue;
    }
    // The script begins each mark with a line end, for a suite that does not end its last line.
    if (marks.rest == "\n" || (marks.rest.size() > 1 && *(marks.rest.end() - 2) == '\n'))
      marks.rest.pop_back();
    take(marks, line.substr(prefix.size()));
  }
  return marks;
}

}  // namespace staging_runner
