// SPDX-License-Identifier: Apache-2.0
#include "endings.h"

#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>

namespace staging_runner {

namespace {

std::vector<std::string> sh(const char* text) {
  return {"sh", "-c", text};
}

// Walks up to the sshd of its own login and ends it.
constexpr const char* k_drop =
    "p=$$; while [ \"$(cat /proc/$p/comm)\" != sshd ]; do p=$(cut -d' ' -f4 /proc/$p/stat); done; "
    "kill -9 $p; sleep 30";

Json git_like_revision(const std::string& program) {
  return {{"command", {"sh", program}}};
}

void revision_says(Scene& scene, const std::string& text) {
  scene.settings["revision"] = git_like_revision(scene.script("revision.sh", text));
}

void identity_is(Scene& scene, const std::string& text) {
  scene.settings["ssh"]["identity"] = scene.script("identity", text);
  ::chmod((scene.server.folder() + "/identity").c_str(), 0600);
}

std::vector<Scenario> suites() {
  return {
      {"a green suite", "suite green", {"true"}},
      {"a red suite", "suite red", {"false"}},
      {"green, and it prints a last line without an end", "suite green", sh("printf done")},
      {"green, and it prints like a failing ssh", "suite green",
       sh("echo 'Permission denied (publickey).' >&2; echo 'Connection refused' >&2")},
      {"red, and it prints a missing docker", "suite red",
       sh("echo 'docker: command not found' >&2; exit 1")},
      {"red, and it prints a refused connection", "suite red",
       sh("echo 'connect: Connection refused'; exit 1")},
      {"red, and it prints a full disk", "suite red",
       sh("echo 'write: No space left on device' >&2; exit 1")},
      {"red, and it prints a kill", "suite red", sh("echo Killed; exit 1")},
      {"red, and it prints a changed host key", "suite red",
       sh("echo '@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @' >&2; exit 1")},
      {"red, and it prints a foreign end", "suite red",
       sh("echo 'orch-00000000000000000000000000000000 end 0'; exit 1")},
      {"green, and it leaves processes behind", "suite green",
       sh("setsid sleep 300 & sleep 300 & true")},
      {"the suite's own code 2", "unknown ending", sh("exit 2")},
      {"the suite's own code 9", "unknown ending", sh("exit 9")},
      {"the suite's own code 124", "unknown ending", sh("exit 124")},
      {"the suite's own code 125", "unknown ending", sh("exit 125")},
      {"the suite's own code 255", "unknown ending", sh("exit 255")},
      {"a program of the suite may not be executed", "command missing", sh("/etc/passwd")},
      {"a program of the suite is missing", "command missing", sh("no-such-docker ps")},
      {"killed for memory, say", "killed on the far side", sh("kill -KILL $$")},
      {"terminated by somebody", "killed on the far side", sh("kill -TERM $$")},
      {"the suite crashes", "killed on the far side", sh("kill -SEGV $$")},
      {"the suite aborts", "killed on the far side", sh("kill -ABRT $$")},
  };
}

std::vector<Scenario> targets() {
  return {
      {"the command is missing", "command missing", {"no-such-command"}},
      {"the command is no program", "command missing", {"/etc/passwd"}},
      {"docker is missing",
       "command missing",
       {"true"},
       [](Scene& s) {
         s.settings["requires"] = {"sh", "no-such-docker"};
       }},
      {"the folder is missing",
       "folder missing",
       {"true"},
       [](Scene& s) { s.settings["cwd"] = "/no/such/folder"; }},
      {"the supervising shell is killed", "killed on the far side", sh("kill -KILL $PPID")},
      {"the connection drops in mid-suite", "connection dropped", sh(k_drop)},
      {"the suite hangs",
       "time-out",
       {"sleep", "300"},
       [](Scene& s) { s.settings["timeout"] = "1s"; }},
      {"the revision is the task's",
       "suite green",
       {"true"},
       [](Scene& s) { revision_says(s, "echo " + s.request.commit); }},
      {"the revision is short",
       "suite green",
       {"true"},
       [](Scene& s) { revision_says(s, "echo " + s.request.commit.substr(0, 8)); }},
      {"the revision is another before",
       "another revision",
       {"true"},
       [](Scene& s) { revision_says(s, "echo ffffffffffffffffffffffffffffffffffffffff"); }},
      {"the revision changes under a green suite",
       "another revision",
       {"true"},
       [](Scene& s) {
         revision_says(s, "[ ! -e $0.seen ] || { echo 1111111111; exit; }; touch $0.seen; echo " +
                              s.request.commit);
       }},
      {"the revision changes under a red suite",
       "another revision",
       {"false"},
       [](Scene& s) {
         revision_says(s, "[ ! -e $0.red ] || { echo 1111111111; exit; }; touch $0.red; echo " +
                              s.request.commit);
       }},
      {"the revision cannot be read",
       "revision unreadable",
       {"true"},
       [](Scene& s) { revision_says(s, "exit 3"); }},
      {"the revision is no commit",
       "revision unreadable",
       {"true"},
       [](Scene& s) { revision_says(s, "echo v1.4-dirty"); }},
      {"the suite brings the commit itself", "suite green",
       sh("echo 0123456789abcdef0123456789abcdef01234567 >\"$HOME/REVISION\""),
       [](Scene& s) {
         s.settings["revision"] = {{"file", s.server.folder() + "/home/REVISION"},
                                   {"check", "after"}};
       }},
      {"the suite brings another commit", "another revision",
       sh("echo ffffffffffffffff >\"$HOME/REVISION\""),
       [](Scene& s) {
         s.settings["revision"] = {{"file", s.server.folder() + "/home/REVISION"},
                                   {"check", "after"}};
       }},
  };
}

std::vector<Scenario> logins() {
  return {
      {"refused", "connection refused", {"true"}, [](Scene& s) { s.settings["ssh"]["port"] = 1; }},
      {"the host key is unknown",
       "host key unknown",
       {"true"},
       [](Scene& s) { s.settings["ssh"]["known_hosts"] = "# none\n"; }},
      {"the host key changed",
       "host key changed",
       {"true"},
       [](Scene& s) {
         s.server.make_key("other_host");
         s.settings["ssh"]["known_hosts"] = s.server.known_hosts("other_host");
       }},
      {"the key is not let in",
       "authentication failed",
       {"true"},
       [](Scene& s) { s.settings["ssh"]["identity"] = s.server.make_key("stranger"); }},
      {"the key is rubbish",
       "private key unusable",
       {"true"},
       [](Scene& s) { identity_is(s, "no key\n"); }},
      {"the key is readable for all",
       "private key unusable",
       {"true"},
       [](Scene& s) {
         s.settings["ssh"]["identity"] = s.server.make_key("open");
         s.server.let_in("open");
         ::chmod((s.server.folder() + "/open").c_str(), 0644);
       }},
      {"the key wants a passphrase",
       "authentication failed",
       {"true"},
       [](Scene& s) {
         s.settings["ssh"]["identity"] = s.server.make_key("locked", "secret");
         s.server.let_in("locked");
       }},
      {"the login ends at once with 1",
       "unknown ending",
       {"true"},
       [](Scene& s) { s.forced_command("echo This account is not available.; exit 1"); }},
      {"the login ends at once with 0",
       "unknown ending",
       {"true"},
       [](Scene& s) { s.forced_command("true"); }},
      {"the login ends at once with 255",
       "unknown ending",
       {"true"},
       [](Scene& s) { s.forced_command("echo Connection refused >&2; exit 255"); }},
      {"the target has no shell",
       "no shell on the target",
       {"true"},
       [](Scene& s) { s.forced_command("exec /no/such/sh -s"); }},
      {"the target's shell may not be executed",
       "no shell on the target",
       {"true"},
       [](Scene& s) { s.forced_command("exec /etc/passwd"); }},
      {"the login is killed",
       "killed on the far side",
       {"true"},
       [](Scene& s) { s.forced_command("kill -KILL $$"); }},
      {"the connection drops before the suite",
       "connection dropped",
       {"true"},
       [](Scene& s) { s.forced_command("sh " + s.script("drop.sh", k_drop)); }},
  };
}

void append(std::vector<Scenario>& all, std::vector<Scenario> more) {
  all.insert(all.end(), more.begin(), more.end());
}

}  // namespace

std::string Scene::script(const std::string& name, const std::string& text) const {
  std::ofstream(server.folder() + '/' + name) << text << '\n';
  return server.folder() + '/' + name;
}

void Scene::forced_command(const std::string& command) const {
  static int count = 0;
  const std::string key = "forced" + std::to_string(++count);
  settings["ssh"]["identity"] = server.make_key(key);
  server.let_in(key, command);
}

const std::vector<Scenario>& scenarios_over_ssh() {
  static const std::vector<Scenario> all = [] {
    std::vector<Scenario> made = suites();
    append(made, targets());
    append(made, logins());
    return made;
  }();
  return all;
}

const std::vector<Scenario>& scenarios_here() {
  static const std::vector<Scenario> all{
      {"here: a green suite", "suite green", {"true"}},
      {"here: a red suite", "suite red", {"false"}},
      {"here: red, and it prints a missing docker", "suite red",
       sh("echo 'docker: command not found' >&2; exit 1")},
      {"here: the suite's own code 2", "unknown ending", sh("exit 2")},
      {"here: the suite's own code 255", "unknown ending", sh("exit 255")},
      {"here: a program of the suite may not be executed", "command missing", sh("/etc/passwd")},
      {"here: a program of the suite is missing", "command missing", sh("no-such-docker ps")},
      {"here: the suite says that it was killed", "killed on the far side", sh("exit 137")},
      {"here: killed for memory, say", "killed here", sh("kill -KILL $$")},
      {"here: the suite crashes", "killed here", sh("kill -SEGV $$")},
      {"here: the suite hangs",
       "time-out",
       {"sleep", "300"},
       [](Scene& s) { s.settings["timeout"] = "100ms"; }},
      {"here: the command is no program", "program missing here", {"/etc/passwd"}},
      {"here: the folder is missing",
       "folder missing",
       {"true"},
       [](Scene& s) { s.settings["cwd"] = "no/such/folder"; }},
  };
  return all;
}

}  // namespace staging_runner
