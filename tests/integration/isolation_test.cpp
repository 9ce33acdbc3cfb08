// SPDX-License-Identifier: Apache-2.0
// What an agent and a suite find when they look for what is none of their business, and what is
// left of a secret that an agent gives away itself.
#include <sys/stat.h>

#include <fstream>

#include "integration/host_test.h"
#include "support/paths.h"

namespace orc::test {

namespace {

namespace fs = std::filesystem;

// Looks through everything a process can look through. What it finds goes into the report.
const std::string k_hunt = R"py(
import base64, json, os, pathlib, pwd, re, socket, urllib.parse
needle = re.compile(b"can" + b"ary-(?!allowed)[a-z]+")
found, looked = [], 0

def look(path):
    global looked
    try:
        # Never waits: some of what /proc shows are pipes.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as f:
            data = f.read(4 << 20) or b""
    except OSError:
        return
    looked += 1
    for hit in needle.findall(data):
        found.append(f"{path}: {hit.decode()}")

def walk(folder):
    for at, folders, files in os.walk(folder, onerror=lambda e: None):
        for name in files:
            look(os.path.join(at, name))

state = pathlib.Path.cwd().parent.parent
for folder in (state, state.parent / "keys", pwd.getpwuid(os.getuid()).pw_dir + "/.ssh", "/etc/orchestrator"):
    walk(folder)
for process in pathlib.Path("/proc").glob("[0-9]*"):
    for name in ("environ", "cmdline", "maps"):
        look(process / name)
    try:
        for fd in (process / "fd").iterdir():
            look(fd)
    except OSError:
        pass

def ask(path, body):
    try:
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(CONTROL)
            s.sendall((f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                       f"Content-Length: {len(body)}\r\n\r\n{body}").encode())
            return s.recv(4096).split(b"\r\n")[0].decode()
    except OSError as error:
        return str(error)

key = os.environ.get("ALLOWED_KEY", "")
forms = [key, base64.b64encode(key.encode()).decode(), base64.b64encode(b"x" + key.encode()).decode(),
         urllib.parse.quote(key), json.dumps(key)] if key else []
for form in forms:
    print("leak " + form, flush=True)
descriptors = sorted(int(n) for n in os.listdir("/proc/self/fd"))
opened = [os.readlink(link) for link in map("/proc/self/fd/{}".format, descriptors) if os.path.lexists(link)]
report = {"found": found, "looked": looked, "environment": sorted(os.environ), "descriptors": descriptors, "opened": opened,
          "control": ask("/tasks/IT-31/cancel", "{}"), "leaks": forms, "cwd": os.getcwd()}
)py";

class Isolation : public HostTest, public ::testing::WithParamInterface<const char*> {
 protected:
  Isolation() {
    write_key("allowed", "canary-allowed/key \"1\"");
    write_key("other", "canary-file");
    host.set_environment("HOST_SECRET", "canary-environment");
    host.set_environment("UNRELATED", "canary-unrelated");
  }

  fs::path keys() const { return host.state().parent_path() / "keys"; }
  void write_key(const std::string& name, const std::string& value) const {
    write_text(keys() / name, value + "\n");
    ::chmod((keys() / name).c_str(), 0600);
  }
  std::string agent(const std::string& name, const std::string& env) const {
    return "  " + name + ":\n    repos: \"*\"\n    infra_retry: { attempts: 0, backoff: 1s }\n" +
           "    settings:\n      preset: custom\n      stdin: prompt\n      env: " + env +
           "\n      argv: [/usr/bin/python3, -B, " + source_dir() +
           "/tests/integration/agent.py, " + host.root().string() +
           "/hooks, --role, \"{{role.name}}\", --stage, \"{{stage}}\", --work-item, "
           "\"{{work_item}}\", --artifacts, \"{{artifact_dir}}\"]\n";
  }
  std::string hunt() const {
    return "CONTROL = \"" + (host.root() / "control.sock").string() + "\"\n" + k_hunt;
  }
  // Every place where the host keeps or shows a text.
  void expect_nowhere(const std::string& text) const {
    for (const char* folder : {"jobs", "evidence", "repos", "plugin-state"}) {
      for (const auto& entry : fs::recursive_directory_iterator(host.state() / folder)) {
        if (!entry.is_regular_file()) continue;
        EXPECT_EQ(read_text(entry.path()).find(text), std::string::npos) << entry.path();
      }
    }
    for (const auto& entry : fs::directory_iterator(host.state())) {
      if (!entry.is_regular_file()) continue;
      EXPECT_EQ(read_text(entry.path()).find(text), std::string::npos) << entry.path();
    }
    EXPECT_EQ(host.log().find(text), std::string::npos);
    for (const std::vector<std::string>& question :
         {std::vector<std::string>{"task", "show", "IT-31", "-o", "json"}, {"status", "-o", "json"}}) {
      EXPECT_EQ(host.orchestrator(question).out.find(text), std::string::npos) << question[0];
    }
  }
};

TEST_P(Isolation, AnAgentFindsItsOwnKeyAndNoOtherSecret) {
  const auto repository = make_repository("plain", {{"README.md", "Plain.\n"}});
  add_branch(repository, "work", "README.md", "Changed.\n");
  hook("review", hunt() + R"py(
fields = {"work_item": "IT-31", "stage": "review", "author": "reviewer", "status": "complete",
          "date": "2026-01-01", "model": "none", "verdict": "APPROVED"}
raw("12-review.md", "---\n" + "".join(f"{k}: {v}\n" for k, v in fields.items()) + "---\n\n" +
    json.dumps(report) + "\n")
)py");
  const std::string allowed = (keys() / "allowed").string();
  const std::string other = (keys() / "other").string();
  serve({.isolation = GetParam(),
         .plugins = agent("llm-spawner/keyed", "{ ALLOWED_KEY: { file: " + allowed + " } }") +
                    agent("llm-spawner/other", "{ A_TOKEN: { file: " + other +
                                                   " }, B_TOKEN: { env: HOST_SECRET } }"),
         .rest = "stages: { review: { producers: [llm-spawner/keyed] }, testing: { producers: "
                 "[llm-spawner/other] } }\n"});
  submit("IT-31", {"--repo", repository, "--branch", "work", "--from", "review"});
  const Json end = settled("IT-31");
  ASSERT_NE(end["stage"], "review") << end.dump(2) << host.log();

  fs::path review;
  for (const auto& entry : fs::recursive_directory_iterator(host.state() / "evidence")) {
    if (entry.path().filename() == "12-review.md") review = entry.path();
  }
  const std::string text = read_text(review);
  const Json report = Json::parse(text.substr(text.find("\n\n") + 2));
  EXPECT_TRUE(report["found"].empty()) << report["found"].dump(2);
  EXPECT_GT(report["looked"], 0) << "it looked at nothing";
  Json environment{"ALLOWED_KEY", "HOME", "LANG", "ORCH_RUN_ID", "PATH", "TMPDIR"};
  // bubblewrap's own.
  if (GetParam() == std::string("strict")) environment.insert(environment.end() - 1, "PWD");
  EXPECT_EQ(report["environment"], environment);
  EXPECT_EQ(report["control"], "HTTP/1.1 403 Forbidden");
  // 3: the listing itself.
  EXPECT_EQ(report["descriptors"], Json({0, 1, 2, 3}));
  for (const Json& leak : report["leaks"]) EXPECT_EQ(leak.dump().find("canary"), std::string::npos);
  EXPECT_EQ(report["leaks"].size(), 5U);

  for (const char* secret :
       {"canary-allowed", "canary-file", "canary-environment", "canary-unrelated",
        // base64 of the allowed one, with 0 and 1 bytes in front; percent-encoded.
        "Y2FuYXJ5LWFsbG93ZWQ", "eGNhbmFyeS1hbGxvd2Vk", "allowed/key%20%221%22"}) {
    expect_nowhere(secret);
  }
  for (const auto& entry : fs::directory_iterator(host.state() / "repos")) {
    if (entry.path().extension() != ".git") continue;
    const std::string published =
        git(entry.path(), {"show", "refs/heads/work:docs/work-items/IT-31/12-review.md"});
    EXPECT_EQ(published.find("canary-allowed"), std::string::npos);
  }
}

TEST_P(Isolation, ASuiteFindsNothingAndCannotChangeTheTasksClone) {
  const fs::path out = host.root() / "hunted.json";
  const auto repository = make_repository(
      "suite", {{"pyproject.toml", "[tool.pytest.ini_options]\n"},
                {"tests/test_hunt.py",
                 "import pathlib\n" + hunt() + "\npathlib.Path(\"" + out.string() +
                     "\").write_text(json.dumps(report))\n"
                     "def test_cannot_write_to_the_clone():\n"
                     "    assert [clone.name for clone in (state / 'work').glob('*')] in ([], ['IT-32'])\n"
                     "    try:\n        (state / 'work' / 'IT-32' / 'README.md').write_text('x')\n"
                     "    except OSError:\n        return\n    assert False\n"}});
  add_branch(repository, "work", "README.md", "Changed.\n");
  serve({.llm_enabled = "false", .isolation = GetParam()});
  submit("IT-32", {"--repo", repository, "--branch", "work", "--from", "testing"});
  const Json end = settled("IT-32");
  EXPECT_EQ(end["stage"], "deploy-staging") << end.dump(2) << host.log();
  const Json report = Json::parse(read_text(out));
  EXPECT_TRUE(report["found"].empty()) << report["found"].dump(2);
  EXPECT_EQ(report["control"], "HTTP/1.1 403 Forbidden");
  // pytest opens files of its own, in the job's folder for temporary ones.
  EXPECT_FALSE(report["opened"].empty());
  for (const Json& opened : report["opened"]) {
    const auto name = opened.get<std::string>();
    EXPECT_EQ(name.find("socket:"), std::string::npos) << name;
    EXPECT_EQ(name.find("anon_inode:"), std::string::npos) << name;
    EXPECT_TRUE(name.find(host.state()) == std::string::npos ||
                name.find("/scratch/") != std::string::npos)
        << name;
  }
  for (const Json& name : report["environment"]) {
    EXPECT_EQ(name.get<std::string>().find("SECRET"), std::string::npos);
  }
  EXPECT_FALSE(fs::exists(host.state() / "work" / "IT-32" / "README.md") &&
               read_text(host.state() / "work" / "IT-32" / "README.md") == "x");
}

INSTANTIATE_TEST_SUITE_P(EveryLevel, Isolation, ::testing::Values("basic", "strict"),
                         [](const auto& level) { return std::string(level.param); });

class HostileAgent : public HostTest {
 protected:
  // A branch `work`, reviewed by an agent that runs `python`; the task as it stands at the end.
  Json review(const std::string& python) {
    const auto repository = make_repository("plain", {{"README.md", "Plain.\n"}});
    add_branch(repository, "work", "README.md", "Changed.\n");
    hook("review", python);
    serve();
    submit("IT-34", {"--repo", repository, "--branch", "work", "--from", "review"});
    return settled("IT-34");
  }
};

TEST_F(HostileAgent, ThatPlantsATrapInItsCloneHasAFailedRun) {
  const fs::path marker = host.root() / "ran";
  const Json end = review("write('12-review.md', verdict='APPROVED')\n"
                          "subprocess.run(['git', 'config', 'core.fsmonitor', 'touch " +
                          marker.string() + "'], check=True)\n");
  EXPECT_EQ(end["stage"], "review") << end.dump(2);
  ASSERT_TRUE(end["hold"].is_object()) << end.dump(2) << host.log();
  EXPECT_EQ(end["hold"]["class"], "failed_run");
  EXPECT_NE(end["hold"].dump().find("core.fsmonitor"), std::string::npos) << end["hold"];
  EXPECT_EQ(end["counters"]["code_fail"], 0);
  EXPECT_FALSE(fs::exists(marker));
}

TEST_F(HostileAgent, ThatMakesItsArtifactALinkHasNone) {
  const Json end = review("os = __import__('os')\ntask.artifacts.mkdir(parents=True, exist_ok=True)\n"
                          "os.symlink('/etc/passwd', task.artifacts / '12-review.md')\n");
  EXPECT_EQ(end["stage"], "review") << end.dump(2);
  ASSERT_TRUE(end["hold"].is_object()) << end.dump(2) << host.log();
  EXPECT_EQ(end["counters"]["code_fail"], 0);
  for (const auto& entry : fs::recursive_directory_iterator(host.state() / "evidence")) {
    if (!entry.is_regular_file()) continue;
    EXPECT_EQ(read_text(entry.path()).find("root:"), std::string::npos) << entry.path();
  }
}

TEST_F(HostileAgent, WhoseBranchLeadsTheArtifactFolderOutWritesNothingThere) {
  const fs::path outside = host.root() / "outside";
  fs::create_directories(outside);
  const auto repository = make_repository("plain", {{"README.md", "Plain.\n"}});
  git(repository, {"checkout", "-qb", "work"});
  fs::create_directories(repository / "docs");
  fs::create_directory_symlink(outside, repository / "docs" / "work-items");
  git(repository, {"add", "--all"});
  git(repository, {"commit", "-qm", "A link"});
  git(repository, {"checkout", "-q", "main"});
  serve();
  submit("IT-35", {"--repo", repository, "--branch", "work", "--from", "review"});
  const Json end = settled("IT-35");
  EXPECT_EQ(end["stage"], "review");
  EXPECT_TRUE(end["hold"].is_object()) << end.dump(2);
  EXPECT_TRUE(fs::is_empty(outside));
}

class StrictIsolation : public HostTest {};

TEST_F(StrictIsolation, ThatCannotBeGivenHoldsTheTaskAndStartsNothing) {
  // A second folder of programs without the launcher is a machine that cannot give it.
  const fs::path programs = host.root() / "programs";
  fs::create_directories(programs);
  for (const char* name : {"orchestrator", "orchestrator-worker"}) {
    fs::copy_file(fs::path(bin_dir()) / name, programs / name);
  }
  HostHarness crippled(programs);
  hook("review", "raw('12-review.md', 'ran')\n");
  const auto repository = make_repository("plain", {{"README.md", "Plain.\n"}});
  add_branch(repository, "work", "README.md", "Changed.\n");
  std::string prompts = "roles:\n";
  for (const char* role : {"analyst", "architect", "developer", "reviewer", "tester", "deployer"}) {
    prompts += std::string("  ") + role + ": { prompt: " + source_dir() + "/config/prompts/" +
               role + ".md }\n";
  }
  write_text(crippled.config(), yaml(crippled, {.isolation = "strict", .rest = prompts}));
  ASSERT_TRUE(crippled.start()) << crippled.log();
  ASSERT_EQ(crippled
                .orchestrator({"task", "submit", "--title", "x", "--id", "IT-33", "--repo",
                               repository, "--branch", "work", "--from", "review"})
                .exit_code,
            0);
  Json task;
  EXPECT_TRUE(eventually([&] {
    task = Json::parse(crippled.orchestrator({"task", "show", "IT-33", "-o", "json"}).out);
    return task.at("hold").is_object();
  })) << task.dump(2);
  EXPECT_EQ(task["hold"]["class"], "environment") << task.dump(2);
  EXPECT_NE(task["hold"].dump().find("orchestrator-sandbox"), std::string::npos) << task["hold"];
  EXPECT_TRUE(task["artifacts"].empty());
  const CommandResult check = crippled.orchestrator({"config", "check", "-c", crippled.config()});
  EXPECT_NE((check.out + check.err).find("isolation strict cannot be given here"),
            std::string::npos)
      << check.out << check.err;
}

}  // namespace

}  // namespace orc::test
