// SPDX-License-Identifier: Apache-2.0
#include "remote.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <random>

namespace staging_runner {

namespace {

// The braces make sh read all of it before it runs any: a connection that drops half-way starts
// nothing.
constexpr std::string_view k_script_start = R"({
mark() { printf '\n%s %s\n' "$nonce" "$1"; }
need() { command -v "$1" >/dev/null 2>&1 || { mark "end missing $1"; exit 0; }; }
)";
constexpr std::string_view k_script_end = R"(need "$1"
mark start
if command -v timeout >/dev/null 2>&1; then
  timeout -k 10 "$limit" "$@" </dev/null
else
  "$@" </dev/null
fi
mark "end $?"
exit 0
}
)";

// The far side's own limit must not race with ours: the host's time-out is the one that is
// reported.
constexpr std::chrono::seconds k_remote_slack{5};

void read_end(Marks& marks, std::string_view word) {
  marks.contradictory = marks.contradictory || marks.ended;
  marks.ended = true;
  int code = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), code);
  if (error == std::errc{} && end == word.data() + word.size()) {
    marks.exit_code = code;
  } else {
    marks.trouble = std::string(word);
  }
}

}  // namespace

std::string quoted(std::string_view argument) {
  std::string text = "'";
  for (const char c : argument) {
    if (c == '\'') {
      text += R"('\'')";
    } else {
      text += c;
    }
  }
  return text + '\'';
}

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

std::string remote_script(const RemoteCommand& command, std::string_view nonce) {
  const auto limit = std::chrono::ceil<std::chrono::seconds>(command.limit) + k_remote_slack;
  std::string script(k_script_start);
  script += "nonce=" + quoted(nonce) + "\nlimit=" + std::to_string(limit.count()) + '\n';
  if (!command.cwd.empty())
    script += "cd -- " + quoted(command.cwd) + " 2>/dev/null || { mark 'end folder'; exit 0; }\n";
  for (const std::string& program : command.requires_programs)
    script += "need " + quoted(program) + '\n';
  script += "set --";
  for (const std::string& argument : command.argv) script += ' ' + quoted(argument);
  script += '\n';
  return script + std::string(k_script_end);
}

std::vector<std::string> ssh_argv(const SshSettings& ssh, const SshFiles& files,
                                  const std::vector<std::string>& program) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(ssh.connect_timeout).count();
  std::vector<std::string> argv{"ssh",       "-F",
                                "/dev/null", "-T",
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
  argv.insert(argv.end(), {"--", ssh.target});
  argv.insert(argv.end(), program.begin(), program.end());
  return argv;
}

Marks read_marks(std::string_view out, std::string_view nonce) {
  Marks marks;
  const std::string start = std::string(nonce) + " start";
  const std::string end = std::string(nonce) + " end ";
  while (!out.empty()) {
    const std::size_t size = std::min(out.find('\n'), out.size());
    const std::string_view line = out.substr(0, size);
    out.remove_prefix(std::min(size + 1, out.size()));
    if (line == start) {
      marks.started = true;
    } else if (line.substr(0, end.size()) == end) {
      read_end(marks, line.substr(end.size()));
    } else {
      marks.rest += line;
      marks.rest += '\n';
    }
  }
  return marks;
}

}  // namespace staging_runner
