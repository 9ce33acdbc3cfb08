// SPDX-License-Identifier: Apache-2.0
// The text of the script. For a POSIX sh on Linux with flock(1) and setsid(1) (util-linux or
// BusyBox); it says so itself when one of them is missing.
#include <algorithm>

#include "remote.h"

namespace staging_runner {

namespace {

// The brace makes sh read all of it before it runs any: a connection that drops half-way starts
// nothing.
//
// The processes of a run are found by a mark in their environment, and by the suite's session.
constexpr std::string_view k_functions = R"sh({
mark() { printf '\n%s %s\n' "$nonce" "$1"; }
fail() { mark "end $1"; exit 0; }
need() { command -v "$1" >/dev/null 2>&1 || fail "missing $1"; }
marked() { grep -lsF "ORCH_STAGING_RUN=$1" /proc/[0-9]*/environ 2>/dev/null; }
signal_run() {
  [ -z "$suite" ] || kill -s "$1" -- "-$suite" 2>/dev/null
  for file in $(marked "$2"); do
    file=${file#/proc/}
    kill -s "$1" "${file%/environ}" 2>/dev/null
  done
}
end_run() {
  signal_run TERM "$1"
  waited=0
  while [ "$waited" -lt "$grace" ] && [ -n "$(marked "$1")" ]; do
    sleep 1
    waited=$((waited + 1))
  done
  signal_run KILL "$1"
}
take_lock() {
  folder=${HOME:-/tmp}/.orchestrator
  (umask 077 && mkdir -p "$folder") 2>/dev/null
  true 9>>"$folder/$lock" 2>/dev/null || fail "lock $folder"
  exec 9>>"$folder/$lock"
  if ! flock -n 9; then
    read -r earlier held_by <"$folder/$lock"
    [ "$held_by" = "$owner" ] || fail "busy $held_by"
    end_run "$earlier"
    waited=0
    until flock -n 9; do
      [ "$waited" -lt "$grace" ] || fail "busy $held_by"
      sleep 1
      waited=$((waited + 1))
    done
  fi
  printf '%s %s\n' "$run" "$owner" >"$folder/$lock"
}
watch() {
  ran=0
  while [ -d "/proc/$$" ] && [ -d "/proc/$PPID" ]; do
    sleep 1 >/dev/null 2>&1
    ran=$((ran + 1))
    [ "$ran" -lt "$limit" ] || { mark 'stopped'; break; }
  done
  end_run "$run" >/dev/null 2>&1
}
revision() {
  revision=$(read_revision </dev/null 2>/dev/null 9>&-)
  code=$?
  revision=$(printf '%s\n' "$revision" | head -n 1 | tr -c '0-9A-Za-z._\n-' '?' | cut -c 1-80)
  mark "$1 $code $revision"
}
is_commit() {
  [ "$code" -eq 0 ] && [ "${#revision}" -ge 7 ] || return 1
  case $commit in "$revision"*) return 0 ;; esac
  return 1
}
)sh";

constexpr std::string_view k_own_needs = R"sh(suite=
[ -d /proc/self ] || fail 'missing /proc'
need flock
need setsid
need grep
)sh";

// `wait` sees the end of the suite at once; the watcher sees everything else.
constexpr std::string_view k_run = R"sh(mark start
setsid env ORCH_STAGING_RUN="$run" "$@" </dev/null 2>&1 &
suite=$!
watch 9>&- &
watcher=$!
wait "$suite"
ended=$?
kill "$watcher" 2>/dev/null
end_run "$run" >/dev/null 2>&1
)sh";

std::string assigned(std::string_view name, std::string_view value) {
  return std::string(name) + '=' + quoted(value) + '\n';
}

std::string words(const std::vector<std::string>& argv) {
  std::string line;
  for (const std::string& argument : argv) line += ' ' + quoted(argument);
  return line;
}

std::string reader_of(const RevisionSettings& revision) {
  if (!revision.file.empty())
    return "read_revision() { head -n 1 -- " + quoted(revision.file) + "; }\n";
  return "read_revision() { timeout " + std::to_string(k_revision_limit.count()) +
         words(revision.command) + "; }\nneed timeout\nneed " + quoted(revision.command.front()) +
         '\n';
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

std::string lock_name(std::string_view repo, std::string_view cwd) {
  constexpr std::size_t k_longest = 120;
  std::string name = "staging-" + std::string(repo) + '-' + std::string(cwd);
  std::replace_if(
      name.begin(), name.end(),
      [](char c) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                           (c >= 'A' && c <= 'Z') || c == '.' || c == '-';
        return !plain;
      },
      '_');
  return name.substr(0, k_longest) + ".lock";
}

std::string remote_script(const RemoteCommand& command, std::string_view nonce) {
  const auto limit = std::chrono::ceil<std::chrono::seconds>(command.limit);
  std::string script(k_functions);
  // `run` goes into the environment of the suite, so it is another number than the nonce.
  script += assigned("nonce", nonce) + assigned("run", new_nonce()) +
            assigned("owner", command.owner) + assigned("lock", command.lock) +
            assigned("commit", command.commit) + assigned("limit", std::to_string(limit.count())) +
            assigned("grace", std::to_string(k_remote_grace.count()));
  script += k_own_needs;
  if (!command.cwd.empty())
    script += "cd -- " + quoted(command.cwd) + " 2>/dev/null || fail folder\n";
  for (const std::string& program : command.requires_programs)
    script += "need " + quoted(program) + '\n';
  script += "set --" + words(command.argv) + "\nneed \"$1\"\n";
  if (command.revision) script += reader_of(*command.revision);
  const std::string look = command.revision ? "revision before\n" : "";
  if (command.check) return script + look + "mark ready\nexit 0\n}\n";
  script += "take_lock\n" + look;
  if (command.revision && command.revision->before) script += "is_commit || fail revision\n";
  script += k_run;
  if (command.revision) script += "revision after\n";
  return script + "mark \"end $ended\"\nexit 0\n}\n";
}

}  // namespace staging_runner
