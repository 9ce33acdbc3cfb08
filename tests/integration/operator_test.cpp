// SPDX-License-Identifier: Apache-2.0
// The operator's commands against a real host.
#include <csignal>

#include "integration/host_test.h"

namespace orc::test {

namespace {

class Operator : public HostTest {};

TEST_F(Operator, AHundredHangupsAreFewReloadsAndNoneIsLost) {
  serve();
  configure({.workers = 3});
  for (int i = 0; i < 100; ++i) host.signal(SIGHUP);
  ASSERT_TRUE(eventually([&] { return ask({"status"}).at("workers").at("total") == 3; }))
      << host.log();
  const Json reloads = ask({"status"}).at("config").at("last_reload");
  EXPECT_EQ(reloads.at("applied"), 1);
  EXPECT_LT(reloads.at("applied").get<int>() + reloads.at("unchanged").get<int>(), 50);
  EXPECT_EQ(reloads.at("rejected"), 0);
  EXPECT_EQ(host.orchestrator({"reload"}).exit_code, 0);
}

TEST_F(Operator, ARefusedReloadNamesTheFileToCheckAndStaysTheFirstThingToDo) {
  serve();
  configure({.rest = "gates: { max_broken_artefacts: 1 }\n"});
  const CommandResult refused = host.orchestrator({"reload"});
  EXPECT_EQ(refused.exit_code, 78);
  EXPECT_NE(refused.err.find("config check -c " + host.config().string()), std::string::npos)
      << refused.err;
  EXPECT_EQ(ask({"next"}).at("items").at(0).at("code"), "config_refused");
  configure({});
  EXPECT_EQ(host.orchestrator({"reload"}).exit_code, 0);
  EXPECT_TRUE(ask({"next"}).at("items").empty());
}

TEST_F(Operator, ADiffTellsWhatAReloadWouldDoAndDoesNothing) {
  serve();
  const auto before = ask({"status"}).at("config").at("generation");
  configure({.workers = 4});
  const Json diff = ask({"config", "diff"});
  ASSERT_EQ(diff.at("changes").size(), 1U) << diff.dump(2);
  EXPECT_EQ(diff.at("changes").at(0).at("key"), "daemon.workers");
  EXPECT_EQ(ask({"status"}).at("config").at("generation"), before);
  EXPECT_EQ(ask({"status"}).at("workers").at("total"), 2);
}

TEST_F(Operator, AChangeThatNeedsARestartStaysShownUntilThen) {
  serve();
  configure({.rest = "db: { busy_timeout: 7s }\n"});
  EXPECT_EQ(host.orchestrator({"reload"}).exit_code, 0);
  EXPECT_EQ(ask({"status"}).at("config").at("pending_restart").at(0), "db.busy_timeout");
  EXPECT_EQ(ask({"next"}).at("items").at(0).at("code"), "pending_restart");
}

TEST_F(Operator, AKillIsShownEverywhereAndTakesTheChainToTheNextLink) {
  serve();
  const auto repository = make_repository(
      "green", {{"pyproject.toml", "[tool.pytest.ini_options]\ntestpaths = [\"tests\"]\n"},
                {"tests/test_passes.py", "def test_passes():\n    pass\n"}});
  add_branch(repository, "work", "more.txt", "more\n");
  const CommandResult killed =
      host.orchestrator({"plugin", "kill", "test-runner", "--reason", "flaky", "--for", "2h"});
  EXPECT_EQ(killed.exit_code, 0) << killed.err;
  const auto row = [](const Json& rows) {
    for (const Json& each : rows) {
      if (each.at("name") == "test-runner") return each;
    }
    return Json();
  };
  EXPECT_EQ(row(ask({"plugin", "list"}).at("plugins")).at("effective"), false);
  EXPECT_EQ(row(ask({"status"}).at("plugins")).at("kill_reason"), "flaky");
  EXPECT_EQ(ask({"queue", "list"}).at("test_runner").at("killed"), true);
  const std::string events = host.orchestrator({"events"}).out;
  EXPECT_NE(events.find("plugin.killed"), std::string::npos) << events;
  submit("IT-1", {"--repo", repository, "--branch", "work", "--from", "testing"});
  settled("IT-1");
  const auto testing = runs("IT-1", "testing");
  ASSERT_EQ(testing.size(), 1U);
  EXPECT_EQ(testing[0]["result"]["producer"], "llm-spawner");
  EXPECT_EQ(testing[0]["chain"][0]["reason"], "killed");
  EXPECT_EQ(host.orchestrator({"plugin", "unkill", "test-runner"}).exit_code, 0);
  EXPECT_EQ(row(ask({"plugin", "list"}).at("plugins")).at("effective"), true);

  // The same run under a configuration that has the tester switched on as the file says: it would
  // have been asked first.
  const Json why = ask({"task", "why", "IT-1"});
  EXPECT_FALSE(why.at("because").empty()) << why.dump(2);
  const std::filesystem::path candidate = host.root() / "candidate.yaml";
  write_text(candidate, yaml(host, {.test_runner_enabled = "false"}));
  const Json replayed =
      Json::parse(host.orchestrator({"replay", "--config", candidate.string(), "--against",
                                     host.config().string(), "-o", "json"})
                      .out);
  EXPECT_GE(replayed.at("runs").get<int>(), 1) << replayed.dump(2);
}

TEST_F(Operator, ABackupOfAServedDatabaseIsWhole) {
  serve();
  const auto copy = host.root() / "copy.db";
  const CommandResult made =
      host.orchestrator({"db", "backup", copy.string(), "--state", host.state().string()});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_EQ(host.orchestrator({"events", "verify", copy.string()}).exit_code, 0);
  EXPECT_NE(host.orchestrator({"db", "backup", copy.string(), "--state", host.state().string()})
                .exit_code,
            0)
      << "a file that is there is never replaced";
}

// The schema before the newest, as an earlier program left it, made of the migrations as they are
// shipped.
constexpr const char* k_old_database = R"py(
import glob, hashlib, os, sqlite3, sys
model, old, folder = sys.argv[1:]
mark = sqlite3.connect(model).execute('PRAGMA application_id').fetchone()[0]
os.makedirs(os.path.dirname(old))
db = sqlite3.connect(old)
files = sorted(glob.glob(folder + '/*.sql'))[:9]
db.execute('CREATE TABLE schema_migrations(version INTEGER PRIMARY KEY, sha256 TEXT NOT NULL,'
           ' applied_at INTEGER NOT NULL) STRICT')
for number, name in enumerate(files, 1):
    text = open(name).read()
    db.executescript(text)
    db.execute('INSERT INTO schema_migrations VALUES(?,?,0)', (number, hashlib.sha256(text.encode()).hexdigest()))
db.execute("INSERT INTO plugin_kills VALUES('test-runner','alice','flaky',1,NULL)")
db.commit()
db.execute('PRAGMA journal_mode=WAL')
db.execute(f'PRAGMA application_id={mark}')
db.execute('PRAGMA user_version=9')
)py";

TEST_F(Operator, AnEarlierDatabaseIsBroughtUpToDateUnderABackup) {
  serve();
  host.signal(SIGTERM);
  ASSERT_EQ(host.wait_for_exit(), 0);
  const auto folder = host.root() / "old";
  const auto old = folder / "orchestrator.db";
  const CommandResult made = run_program(
      {"/usr/bin/python3", "-c", k_old_database, (host.state() / "orchestrator.db").string(),
       old.string(), source_dir() + "/host/store/migrations"},
      host.root());
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const auto migrate = [&] {
    return host.orchestrator({"db", "migrate", "--state", folder.string()});
  };
  const CommandResult migrated = migrate();
  ASSERT_EQ(migrated.exit_code, 0) << migrated.err;
  const auto value = [&](const std::filesystem::path& file, const std::string& sql) {
    return run_program({"/usr/bin/python3", "-c",
                        "import sqlite3, sys\n"
                        "print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone()[0])",
                        file.string(), sql},
                       host.root())
        .out;
  };
  EXPECT_EQ(value(old, "SELECT plugin||'|'||repo||'|'||actor FROM plugin_kills"),
            "test-runner||alice\n");
  EXPECT_EQ(value(old, "PRAGMA user_version"),
            value(host.state() / "orchestrator.db", "PRAGMA user_version"));
  std::vector<std::filesystem::path> copies;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "backup"))
    copies.push_back(entry.path());
  ASSERT_EQ(copies.size(), 1U);
  EXPECT_EQ(value(copies[0], "PRAGMA user_version"), "9\n");
  EXPECT_EQ(value(copies[0], "SELECT actor FROM plugin_kills"), "alice\n");
  EXPECT_EQ(migrate().exit_code, 0) << "twice is once";
  EXPECT_EQ(host.orchestrator({"db", "check", "--state", folder.string()}).exit_code, 0);

  value(old, "PRAGMA user_version=99");
  EXPECT_NE(migrate().exit_code, 0) << "a newer schema is refused";
  EXPECT_NE(host.orchestrator({"db", "migrate", "--state", (host.root() / "none").string()})
                .exit_code,
            0);
}

TEST_F(Operator, ASwitchForGoodIsADropInThatIsCheckedFirst) {
  serve();
  const auto drop_in = host.root() / "conf.d" / "50-test-runner.yaml";
  const auto plugin = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "plugin");
    arguments.insert(arguments.end(), {"-c", host.config().string()});
    return host.orchestrator(arguments);
  };
  const CommandResult off = plugin({"disable", "test-runner", "--reload"});
  EXPECT_EQ(off.exit_code, 0) << off.err;
  EXPECT_NE(off.out.find("wrote " + drop_in.string()), std::string::npos) << off.out;
  EXPECT_EQ(ask({"plugin", "show", "test-runner"}).at("enabled"), false);

  const CommandResult on = plugin({"enable", "test-runner", "--repos", "", "--stage", "review",
                                   "--before", "llm-spawner", "--reload"});
  EXPECT_NE(on.exit_code, 0) << "test-runner cannot review: nothing may be changed";
  EXPECT_NE(read_text(drop_in).find("enabled: false"), std::string::npos);

  EXPECT_EQ(plugin({"enable", "test-runner", "--repos", "*", "--stage", "testing"}).exit_code, 0);
  EXPECT_EQ(ask({"plugin", "show", "test-runner"}).at("enabled"), false) << "not reloaded yet";
  EXPECT_EQ(host.orchestrator({"reload"}).exit_code, 0);
  EXPECT_EQ(ask({"plugin", "show", "test-runner"}).at("enabled"), true);

  const CommandResult typo = plugin({"disable", "test-runer"});
  EXPECT_EQ(typo.exit_code, 1);
  EXPECT_NE(typo.err.find("did you mean test-runner"), std::string::npos) << typo.err;
  EXPECT_FALSE(std::filesystem::exists(host.root() / "conf.d" / "50-test-runer.yaml"));
  EXPECT_EQ(plugin({"enable", "test-runner", "--stage", "testing", "--before", "nobody"}).exit_code,
            1);
}

TEST_F(Operator, AKillForOneRepositoryLeavesTheOthersAlone) {
  serve({.repos = "  shop: {}\n  web: {}\n"});
  const CommandResult killed = host.orchestrator(
      {"plugin", "kill", "test-runner", "--repo", "shop", "--reason", "flaky there"});
  ASSERT_EQ(killed.exit_code, 0) << killed.err;
  EXPECT_NE(killed.out.find("testing is now made by llm-spawner"), std::string::npos) << killed.out;
  const Json shown = ask({"plugin", "show", "test-runner"});
  EXPECT_EQ(shown.at("effective"), true);
  EXPECT_EQ(shown.at("killed_in").at(0).at("repo"), "shop");
  EXPECT_NE(host.orchestrator({"status"}).out.find("killed   test-runner in shop"),
            std::string::npos);
  for (const std::string repo : {"shop", "web"}) {
    submit("IT-" + repo, {"--repo", repo, "--branch", "work", "--from", "testing"});
    settled("IT-" + repo);
    const auto testing = runs("IT-" + repo, "testing");
    ASSERT_FALSE(testing.empty());
    const Json& first = testing[0]["chain"][0];
    EXPECT_EQ(first.at("producer"), "test-runner");
    EXPECT_EQ(first.at("reason") == "killed", repo == "shop") << first.dump();
  }
  EXPECT_EQ(host.orchestrator({"plugin", "kill", "test-runner", "--repo", "shopp", "--reason", "x"})
                .exit_code,
            1);
  EXPECT_NE(host.orchestrator({"plugin", "unkill", "test-runner", "--repo", "web"}).exit_code, 0);
  EXPECT_EQ(host.orchestrator({"plugin", "unkill", "test-runner", "--repo", "shop"}).exit_code, 0);
  EXPECT_TRUE(ask({"plugin", "show", "test-runner"}).at("killed_in").empty());
}

TEST_F(Operator, ItsMetricsAreWhatPrometheusReads) {
  std::string promtool = source_dir() + "/build/tools/promtool";
  if (!std::filesystem::exists(promtool)) promtool = "/usr/bin/promtool";
  if (!std::filesystem::exists(promtool)) GTEST_SKIP() << "needs promtool: ./setup ci";
  serve({.repos = "  shop: {}\n"});
  hook("testing", "raise SystemExit(3)\n");
  submit("IT-1", {"--repo", "shop", "--branch", "work", "--from", "testing"});
  settled("IT-1");
  const CommandResult page =
      run_program({"/usr/bin/curl", "-sf", "--unix-socket", (host.root() / "control.sock").string(),
                   "http://localhost/metrics"},
                  host.root());
  ASSERT_EQ(page.exit_code, 0) << page.err;
  write_text(host.root() / "page", page.out);
  const CommandResult checked = run_program(
      {"/bin/sh", "-c", promtool + " check metrics < page"}, host.root());
  EXPECT_EQ(checked.exit_code, 0) << checked.out << checked.err;
}

TEST_F(Operator, ValuesAreShownWithTheirSource) {
  serve({.workers = 3});
  for (const std::vector<std::string>& which :
       {std::vector<std::string>{"config", "show", "-c", host.config().string()},
        {"config", "show", "--running"}}) {
    const Json shown = ask(which);
    bool found = false;
    for (const Json& value : shown.at("values")) {
      if (value.at("key") != "daemon.workers") continue;
      found = true;
      EXPECT_EQ(value.at("value"), "3");
      EXPECT_NE(value.at("source").get<std::string>().find("orchestrator.yaml:"),
                std::string::npos);
    }
    EXPECT_TRUE(found) << shown.dump(2);
  }
}

}  // namespace

}  // namespace orc::test
