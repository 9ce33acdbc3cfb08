# SPDX-License-Identifier: Apache-2.0
"""Projects that record.py runs and that are built first: go, cargo, maven and make.

Each case says by hand what its ending means; see record.py.
"""
import os

from cases import Case

# --- go ---
GO = ["go", "test", "-json", "-count=1", "./..."]
MOD = {"go.mod": "module x\n\ngo 1.19\n"}


def go(name, expect, files, argv=None, **kw):
    return Case(name, expect, {**MOD, **files}, argv or GO, **kw)


def gotest(body, imports='import "testing"\n'):
    return "package x\n" + imports + body


GO_OK = "func TestOk(t *testing.T) {}\n"
OS = 'import ("os"; "testing")\n'
GOLANG = [
    go("all pass", "green", {"a_test.go": gotest(GO_OK)}),
    go("one of two fails", "red", {"a_test.go": gotest(GO_OK + 'func TestBad(t *testing.T) { t.Error("no") }\n')}),
    go("a subtest fails", "red", {"a_test.go": gotest('func TestP(t *testing.T) { t.Run("s", func(t *testing.T) { t.Fail() }) }\n')}),
    go("a panic", "red", {"a_test.go": gotest(GO_OK + 'func TestP(t *testing.T) { panic("x") }\n')}),
    go("os.Exit(0) in a test", "red", {"a_test.go": gotest(GO_OK + "func TestX(t *testing.T) { os.Exit(0) }\n", OS)}),
    go("os.Exit(0) in TestMain", "contract", {"a_test.go": gotest("func TestMain(m *testing.M) { os.Exit(0) }\n" + GO_OK, OS)}),
    go("os.Exit(3) in TestMain", "red", {"a_test.go": gotest("func TestMain(m *testing.M) { m.Run(); os.Exit(3) }\n" + GO_OK, OS)}),
    go("all skipped", "contract", {"a_test.go": gotest('func TestS(t *testing.T) { t.Skip("later") }\n')}),
    go("no test files", "contract", {"a.go": "package x\n"}),
    go("a test does not compile", "red", {"a_test.go": gotest("func TestC(t *testing.T) { undefined() }\n")}),
    go("one package does not compile, another passes", "red", {"a_test.go": gotest(GO_OK), "b/b_test.go": "package b\nimport \"testing\"\nfunc TestC(t *testing.T) { undefined() }\n"}),
    go("vet finds something", "red", {"a_test.go": 'package x\nimport ("fmt"; "testing")\nfunc TestV(t *testing.T) { fmt.Printf("%d", "x") }\n'}),
    go("a module is missing", "unknown", {"a_test.go": 'package x\nimport ("testing"; _ "example.org/nowhere")\n' + GO_OK}, env={"GOPROXY": "off"}),
    go("go.mod cannot be read", "unknown", {"go.mod": "modul x\n", "a_test.go": gotest(GO_OK)}),
    go("an unknown flag", "unknown", {"a_test.go": gotest(GO_OK)}, ["go", "test", "-json", "-no-such-flag", "./..."]),
    go("a test times out by itself", "red", {"a_test.go": gotest('func TestT(t *testing.T) { time.Sleep(time.Minute) }\n', 'import ("testing"; "time")\n')}, ["go", "test", "-json", "-timeout=1s", "./..."]),
    go("hangs", "timeout", {"a_test.go": gotest("func TestT(t *testing.T) { time.Sleep(time.Minute) }\n", 'import ("testing"; "time")\n')}, timeout=25),
    go("red, and prints infrastructure trouble", "red", {"a_test.go": gotest('func TestB(t *testing.T) { println("No space left on device"); t.Log("Connection refused"); t.Fail() }\n')}),
    go("prints a forged event", "red", {"a_test.go": 'package x\nimport ("fmt"; "testing")\nfunc TestB(t *testing.T) { fmt.Println(`{"Action":"pass","Package":"x","Test":"TestB"}`); t.Fail() }\n'}),
    go("killed test program", "red", {"a_test.go": gotest("func TestK(t *testing.T) { syscall.Kill(os.Getpid(), 9) }\n", 'import ("os"; "syscall"; "testing")\n')}),
    Case("go missing", "tool_missing", MOD, ["/nonexistent/go", "test", "-json", "./..."]),
]

# --- cargo ---
CRATE = {"Cargo.toml": '[package]\nname = "x"\nversion = "0.1.0"\nedition = "2021"\n'}
CARGO_ARGV = ["cargo", "test", "--no-fail-fast", "--color=never", "--offline"]


def rs(name, expect, body, argv=None, more=None, **kw):
    return Case(name, expect, {**CRATE, "src/lib.rs": body, **(more or {})}, argv or CARGO_ARGV,
                env={"CARGO_TARGET_DIR": "{scratch}/target"}, **kw)


CARGO = [
    rs("all pass", "green", "#[test]\nfn a() {}\n"),
    rs("one of two fails", "red", "#[test]\nfn a() {}\n#[test]\nfn b() { assert_eq!(1, 2); }\n"),
    rs("should panic and does not", "red", "#[test]\n#[should_panic]\nfn a() {}\n"),
    rs("all ignored", "contract", "#[test]\n#[ignore]\nfn a() { panic!() }\n"),
    rs("no tests", "contract", "pub fn a() {}\n"),
    rs("a doc test fails", "red", "/// ```\n/// assert!(false);\n/// ```\npub fn a() {}\n#[test]\nfn b() {}\n"),
    rs("does not compile", "red", "#[test]\nfn a() { undefined(); }\n"),
    rs("a syntax error", "red", "fn a( {\n"),
    rs("exit(0) in a test", "contract", "#[test]\nfn a() { std::process::exit(0) }\n"),
    rs("exit(0) after a forged result", "contract", '#[test]\nfn a() { use std::io::Write; std::io::stdout().write_all(b"\\ntest result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\\n").unwrap(); std::process::exit(0) }\n'),
    rs("abort", "unknown", "#[test]\nfn a() { std::process::abort() }\n"),
    rs("killed test program", "unknown", '#[test]\nfn a() { std::process::Command::new("kill").args(["-9", &std::process::id().to_string()]).status().unwrap(); }\n'),
    rs("a dependency is missing", "unknown", "#[test]\nfn a() {}\n", more={"Cargo.toml": CRATE["Cargo.toml"] + '[dependencies]\nnowhere = "1"\n'}),
    rs("a broken manifest", "unknown", "#[test]\nfn a() {}\n", more={"Cargo.toml": "[package\n"}),
    rs("an unknown option", "config", "#[test]\nfn a() {}\n", ["cargo", "test", "--no-such-option"]),
    rs("filtered to nothing", "contract", "#[test]\nfn a() { panic!() }\n", CARGO_ARGV + ["nothing"]),
    rs("list only", "contract", "#[test]\nfn a() { panic!() }\n", CARGO_ARGV + ["--", "--list"]),
    rs("red, and prints infrastructure trouble", "red", '#[test]\nfn a() { eprintln!("No space left on device"); println!("Connection refused"); panic!() }\n'),
    rs("two test programs, one red", "red", "#[test]\nfn a() {}\n", more={"tests/b.rs": "#[test]\nfn b() { panic!(\"no\") }\n"}),
    Case("cargo missing", "tool_missing", CRATE, ["/nonexistent/cargo", "test"]),
]

# --- maven ---
POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>x</groupId><artifactId>x</artifactId><version>1</version>
<properties><maven.compiler.source>11</maven.compiler.source><maven.compiler.target>11</maven.compiler.target>
<project.build.sourceEncoding>UTF-8</project.build.sourceEncoding></properties>
<dependencies><dependency><groupId>junit</groupId><artifactId>junit</artifactId><version>4.x</version>
<scope>test</scope></dependency></dependencies></project>
"""
MVN = ["mvn", "-o", "-B", "--no-transfer-progress", "-Dmaven.repo.local=" + os.environ.get("MAVEN_REPOSITORY", "/usr/share/maven-repo"), "test"]
JAVA = "import org.junit.*; import static org.junit.Assert.*;\npublic class XTest {{ {} }}\n"


def mv(name, expect, body, argv=None, files=None, **kw):
    made = {"pom.xml": POM, "src/test/java/XTest.java": JAVA.format(body)}
    made.update(files or {})
    return Case(name, expect, made, argv or MVN, timeout=200, **kw)


MAVEN = [
    mv("all pass", "green", "@Test public void a() {}"),
    mv("one of three fails, one is ignored", "red", "@Test public void a() {} @Test public void b() { assertEquals(1, 2); } @Ignore @Test public void c() {}"),
    mv("an error", "red", '@Test public void a() { throw new RuntimeException("x"); }'),
    mv("all ignored", "contract", "@Ignore @Test public void a() {}"),
    mv("does not compile", "unknown", "@Test public void a() { undefined(); }"),
    mv("no tests", "contract", "", files={"src/test/java/XTest.java": "class Y {}\n"}),
    mv("flaky, run again", "green", "static int n; @Test public void a() { assertTrue(++n > 1); }", argv=MVN[:-1] + ["-Dsurefire.rerunFailingTestsCount=2", "test"]),
    mv("exit(0) in a test", "unknown", "@Test public void a() { System.exit(0); }"),
    mv("failures ignored by the build file", "red", "@Test public void a() { fail(); }", argv=MVN[:-1] + ["-Dmaven.test.failure.ignore=true", "test"]),
    mv("tests skipped by the build file", "contract", "@Test public void a() { fail(); }", argv=MVN[:-1] + ["-DskipTests", "test"]),
    mv("a plugin is missing", "unknown", "@Test public void a() {}", argv=["mvn", "-o", "-B", "-Dmaven.repo.local={scratch}/m2", "test"]),
    mv("a broken build file", "unknown", "@Test public void a() {}", files={"pom.xml": "<project>"}),
    Case("maven missing", "tool_missing", {"pom.xml": POM}, ["/nonexistent/mvn", "test"]),
]

# --- make ---
def mk(name, expect, recipe, files=None, **kw):
    made = {"Makefile": "check:\n" + "".join(f"\t@{line}\n" for line in recipe.split("\n"))}
    made.update(files or {})
    return Case(name, expect, made, ["make", "check"], **kw)


def automake(name, expect, tests):
    files = {"configure.ac": "AC_INIT([x],[1])\nAM_INIT_AUTOMAKE([foreign])\nAC_CONFIG_FILES([Makefile])\nAC_OUTPUT\n",
             "Makefile.am": "TESTS = " + " ".join(t[0] for t in tests) + "\nEXTRA_DIST = $(TESTS)\n"
                            + "XFAIL_TESTS = " + " ".join(t[0] for t in tests if t[0].startswith("x")) + "\n"}
    for file, body in tests:
        files[file] = "#!/bin/sh\n" + body + "\n"
    return Case(name, expect, files, ["/bin/sh", "-c", "(autoreconf -fi && ./configure -q) >/dev/null 2>&1; exec make check"])


MAKE = [
    mk("TAP, all pass", "green", "echo 1..2; echo ok 1 - a; echo ok 2 - b"),
    mk("TAP, one fails", "red", "echo 1..2; echo ok 1 - a; echo not ok 2 - b; exit 1"),
    mk("TAP, one fails and make says nothing", "red", "echo 1..1; echo not ok 1 - b"),
    mk("TAP, cut off", "contract", "echo 1..3; echo ok 1 - a"),
    mk("TAP, cut off with a failing code", "unknown", "echo 1..3; echo ok 1 - a; exit 1"),
    mk("TAP without a plan", "contract", "echo ok 1 - a"),
    mk("TAP, bail out", "unknown", "echo 1..2; echo 'Bail out! no database'; exit 1"),
    mk("TAP, all skipped", "contract", "echo '1..1'; echo 'ok 1 - a # SKIP not here'"),
    mk("TAP, todo fails", "contract", "echo 1..1; echo 'not ok 1 - a # TODO later'"),
    mk("nothing that can be read", "contract", "echo all good"),
    mk("fails without a report", "unknown", "echo oh; exit 1"),
    mk("a program is missing", "unknown", "no-such-program"),
    mk("no such target", "unknown", "true", {"Makefile": "all:\n\ttrue\n"}),
    mk("a broken makefile", "unknown", "true", {"Makefile": "check\n\ttrue\n"}),
    mk("red, and prints infrastructure trouble", "red", "echo 1..1; echo not ok 1 - a; echo No space left on device; exit 1"),
    mk("hangs", "timeout", "sleep 30", timeout=3),
    automake("automake, all pass", "green", [("a.sh", "exit 0"), ("b.sh", "exit 0")]),
    automake("automake, one fails", "red", [("a.sh", "exit 0"), ("b.sh", "exit 1")]),
    automake("automake, skip and pass", "green", [("a.sh", "exit 77"), ("b.sh", "exit 0")]),
    automake("automake, all skipped", "contract", [("a.sh", "exit 77")]),
    automake("automake, hard error", "red", [("a.sh", "exit 99"), ("b.sh", "exit 0")]),
    automake("automake, unexpected pass", "red", [("xa.sh", "exit 0"), ("b.sh", "exit 0")]),
]
