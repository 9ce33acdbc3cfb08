# SPDX-License-Identifier: Apache-2.0
"""Projects and commands that record.py runs: pytest, ctest, node, and any other command.

Each case says by hand what its ending means; see record.py.
"""
NODE = ("--test-reporter=junit --test-reporter-destination={scratch}/junit.xml "
        "--test-reporter=spec --test-reporter-destination=stdout")


class Case:
    def __init__(self, name, expect, files, argv, env=None, timeout=120):
        self.name, self.expect, self.files, self.argv = name, expect, files, argv
        self.env, self.timeout = env or {}, timeout


# --- pytest ---
PY = ["/usr/bin/python3", "-P", "-m", "pytest", "-p", "no:cacheprovider", "--junitxml={scratch}/junit.xml"]
OK = "def test_ok(): pass\n"
BAD = "def test_bad():\n    assert 1 == 2\n"


def py(name, expect, files, more=(), **kw):
    return Case(name, expect, files, PY + list(more), **kw)


def dies(how):
    return {"test_a.py": "import os, signal\n" + OK + f"def test_z(): {how}\n"}


PYTEST = [
    py("all pass", "green", {"test_a.py": OK}),
    py("one of two fails", "red", {"test_a.py": OK + BAD}),
    py("an error in a fixture", "red", {"test_a.py": "import pytest\n@pytest.fixture\ndef f(): raise ValueError\n" + OK + "def test_f(f): pass\n"}),
    py("an error in a teardown", "red", {"test_a.py": "import pytest\n@pytest.fixture\ndef f():\n    yield\n    raise ValueError\ndef test_f(f): pass\n"}),
    py("collection error", "red", {"test_a.py": "import no_such_module\n", "test_b.py": OK}),
    py("syntax error in a test file", "red", {"test_a.py": "def test_(:\n"}),
    py("keyboard interrupt", "unknown", {"test_a.py": OK + "def test_k(): raise KeyboardInterrupt\n"}),
    py("pytest.exit", "unknown", {"test_a.py": OK + "import pytest\ndef test_k(): pytest.exit('stop')\n"}),
    py("pytest.exit with code 0", "contract", {"conftest.py": "import pytest\ndef pytest_configure(): pytest.exit('x', 0)\n", "test_a.py": BAD}),
    py("internal error", "config", {"conftest.py": "def pytest_runtest_protocol(item): raise RuntimeError\n", "test_a.py": OK}),
    py("broken conftest", "config", {"conftest.py": "import no_such_module\n", "test_a.py": OK}),
    py("unknown option in the ini file", "config", {"pytest.ini": "[pytest]\naddopts = --nope\n", "test_a.py": OK}),
    py("broken ini file", "config", {"pytest.ini": "[pytest\n", "test_a.py": OK}),
    py("a path that is not there", "config", {"test_a.py": OK}, ["nowhere"]),
    py("no tests at all", "contract", {"readme": ""}),
    py("all skipped", "contract", {"test_a.py": "import pytest\n@pytest.mark.skip\n" + OK}),
    py("all expected to fail", "contract", {"test_a.py": "import pytest\n@pytest.mark.xfail\n" + BAD}),
    py("unexpected pass under strict", "red", {"test_a.py": "import pytest\n@pytest.mark.xfail(strict=True)\n" + OK}),
    py("everything deselected", "contract", {"test_a.py": OK}, ["-k", "nothing"]),
    py("collect only", "contract", {"test_a.py": BAD}, ["--co"]),
    py("version only", "contract", {"test_a.py": BAD}, ["--version"]),
    py("os._exit(0) in a test", "contract", dies("os._exit(0)")),
    py("os._exit(1) in a test", "contract", dies("os._exit(1)")),
    py("sys.exit in a test", "red", {"test_a.py": "import sys\n" + OK + "def test_x(): sys.exit(0)\n"}),
    py("killed by SIGKILL", "resource", dies("os.kill(os.getpid(), 9)")),
    py("ended by SIGTERM", "resource", dies("os.kill(os.getpid(), 15)")),
    py("segmentation fault", "unknown", dies("os.kill(os.getpid(), 11)")),
    py("abort", "unknown", dies("os.abort()")),
    py("hangs", "timeout", dies("signal.pause()"), timeout=6),
    py("stops at the first failure", "red", {"test_a.py": BAD + OK}, ["-x"]),
    py("exit status patched to 0", "red", {"conftest.py": "def pytest_sessionfinish(session): session.exitstatus = 0\n", "test_a.py": BAD}),
    py("red, and prints infrastructure trouble", "red", {"test_a.py": "import sys\ndef test_a():\n    print('docker: command not found'); print('Connection refused', file=sys.stderr); print('No space left on device'); print('Killed')\n    assert 0\n"}),
    py("green, and prints infrastructure trouble", "green", {"test_a.py": "def test_a():\n    print('ssh: connect to host: Connection refused')\n"}, ["-s"]),
    py("a warning turned into an error", "red", {"pytest.ini": "[pytest]\nfilterwarnings = error\n", "test_a.py": "import warnings\ndef test_w(): warnings.warn('x')\n"}),
    py("no space left while a test writes", "red", {"test_a.py": OK + "def test_full():\n    with open('/dev/full', 'w') as f: f.write('x')\n"}),
    py("flaky, run again", "green", {"test_a.py": "n = 0\ndef test_f():\n    global n\n    n += 1\n    assert n > 1\n"}, ["--reruns", "2", "-rR"]),
    Case("module pytest missing", "contract", {"test_a.py": OK}, ["/usr/bin/python3", "-S", "-m", "pytest", "--junitxml={scratch}/junit.xml"]),
    Case("interpreter missing", "tool_missing", {}, ["/nonexistent/python3", "-m", "pytest"]),
    Case("interpreter not executable", "tool_missing", {"python3": "x"}, ["./python3", "-m", "pytest"]),
]

# --- ctest ---
HEAD = "cmake_minimum_required(VERSION 3.20)\nproject(x NONE)\nenable_testing()\n"


def ct(name, expect, body, more="", head=HEAD, **kw):
    script = ("cmake -S . -B {scratch}/b >/dev/null 2>&1; exec ctest --test-dir {scratch}/b --no-tests=error "
              "--output-on-failure --output-junit {scratch}/junit.xml " + more)
    return Case(name, expect, {"CMakeLists.txt": head + body}, ["/bin/sh", "-c", script], **kw)


def add(name, command):
    return f"add_test(NAME {name} COMMAND {command})\n"


CTEST = [
    ct("all pass", "green", add("a", "true") + add("b", "true")),
    ct("one of two fails", "red", add("a", "true") + add("b", "false")),
    ct("no tests", "contract", ""),
    ct("a test program is missing", "red", add("a", "/nonexistent/program") + add("b", "true")),
    ct("a test is skipped, another passes", "green", add("a", 'sh -c "exit 77"') + "set_tests_properties(a PROPERTIES SKIP_RETURN_CODE 77)\n" + add("b", "true")),
    ct("all skipped", "contract", add("a", 'sh -c "exit 77"') + "set_tests_properties(a PROPERTIES SKIP_RETURN_CODE 77)\n"),
    ct("all disabled", "contract", add("a", "false") + "set_tests_properties(a PROPERTIES DISABLED TRUE)\n"),
    ct("a test times out", "red", add("a", "sleep 20") + "set_tests_properties(a PROPERTIES TIMEOUT 1)\n" + add("b", "true")),
    ct("a test crashes", "red", add("a", 'sh -c "kill -SEGV $$$$"') + add("b", "true")),
    ct("a test is killed", "red", add("a", 'sh -c "kill -KILL $$$$"') + add("b", "true")),
    ct("expected to fail and fails", "green", add("a", "false") + "set_tests_properties(a PROPERTIES WILL_FAIL TRUE)\n"),
    ct("expected to fail and passes", "red", add("a", "true") + "set_tests_properties(a PROPERTIES WILL_FAIL TRUE)\n"),
    ct("flaky, run again", "green", add("a", 'sh -c "test -f f || { touch f; false; }"'), "--repeat until-pass:3"),
    ct("list only", "contract", add("a", "false"), "-N"),
    ct("nothing fits the filter", "contract", add("a", "false"), "-R nothing"),
    ct("a build folder that was never configured", "contract", "", "", head="message(FATAL_ERROR stop)\n"),
    ct("required file missing", "red", add("a", "true") + "set_tests_properties(a PROPERTIES REQUIRED_FILES nowhere)\n" + add("b", "true")),
    ct("red, and prints infrastructure trouble", "red", add("a", 'sh -c "echo No space left on device; echo Connection refused >&2; exit 1"')),
    ct("hangs", "timeout", add("a", "sleep 30"), timeout=4),
    Case("killed from outside", "resource", {"CMakeLists.txt": HEAD}, ["/bin/sh", "-c", "kill -KILL $$"]),
]

# --- node ---
T = "const test = require('node:test'); const assert = require('node:assert');\n"


def nd(name, expect, body, more=(), **kw):
    files = body if isinstance(body, dict) else {"test/a.test.js": T + body}
    files.setdefault("package.json", '{"name":"x","scripts":{"test":"node --test"}}')
    return Case(name, expect, files, ["node", "--test"] + NODE.split() + list(more), **kw)


NODEJS = [
    nd("all pass", "green", "test('a', () => {});"),
    nd("one of two fails", "red", "test('a', () => {}); test('b', () => assert(false));"),
    nd("nested suites", "red", "test('a', async (t) => { await t.test('x', () => {}); await t.test('y', () => assert(false)); });"),
    nd("describe and it", "green", "const {describe, it} = test; describe('s', () => { it('x', () => {}); });"),
    nd("all skipped", "contract", "test('a', {skip: true}, () => {});"),
    nd("all todo and failing", "contract", "test('a', {todo: true}, () => assert(false));"),
    nd("todo failing beside a pass", "green", "test('a', {todo: true}, () => assert(false)); test('b', () => {});"),
    nd("a syntax error", "red", "test('a', () => {;"),
    nd("a module is missing", "red", "require('no-such-module');"),
    nd("exit(0) in a test", "contract", "test('a', () => {}); test('b', () => process.exit(0));"),
    nd("exit(3) in a file", "red", "process.exit(3);"),
    nd("an uncaught rejection", "red", "test('a', () => { setTimeout(() => { throw new Error('late'); }, 5); return new Promise(r => setTimeout(r, 50)); });"),
    nd("a test file is killed", "red", "test('a', () => process.kill(process.pid, 'SIGKILL'));"),
    nd("no test files", "contract", {"readme": ""}),
    nd("a file that is not there", "contract", "test('a', () => {});", ["nowhere.test.js"]),
    nd("a bad option", "config", "test('a', () => {});", ["--no-such-option"]),
    nd("hangs", "timeout", "test('a', () => new Promise(() => setInterval(() => {}, 1000)));", timeout=5),
    Case("npm test passes", "green", {"package.json": '{"name":"x","scripts":{"test":"node --test"}}', "test/a.test.js": T + "test('a', () => {});"}, ["npm", "test"], env={"NODE_OPTIONS": NODE}),
    Case("npm test fails", "red", {"package.json": '{"name":"x","scripts":{"test":"node --test"}}', "test/a.test.js": T + "test('a', () => assert(0));"}, ["npm", "test"], env={"NODE_OPTIONS": NODE}),
    Case("npm without the script", "contract", {"package.json": '{"name":"x"}'}, ["npm", "test"], env={"NODE_OPTIONS": NODE}),
    Case("npm script's program is missing", "tool_missing", {"package.json": '{"name":"x","scripts":{"test":"no-such-program"}}'}, ["npm", "test"], env={"NODE_OPTIONS": NODE}),
    Case("npm pretest fails", "contract", {"package.json": '{"name":"x","scripts":{"pretest":"exit 1","test":"node --test"}}'}, ["npm", "test"], env={"NODE_OPTIONS": NODE}),
    Case("node missing", "tool_missing", {}, ["/nonexistent/node", "--test"]),
]

# --- any other command, and what stands in front of one ---
JUNIT = "<testsuite><testcase name=\"a\"/></testsuite>"
RED = "<testsuite><testcase name=\"a\"><failure message=\"no\"/></testcase></testsuite>"


def sh(name, expect, script, **kw):
    return Case(name, expect, {}, ["/bin/sh", "-c", script], **kw)


def wrote(xml, rest):
    return f"echo '{xml}' > {{scratch}}/junit.xml; {rest}"


GENERIC = [
    sh("passes with a report", "green", wrote(JUNIT, "exit 0")),
    sh("fails with a red report", "red", wrote(RED, "exit 1")),
    sh("passes with a red report", "red", wrote(RED, "exit 0")),
    sh("fails with a green report", "red", wrote(JUNIT, "exit 1")),
    sh("passes without a report", "contract", "exit 0"),
    sh("fails without a report", "contract", "exit 1"),
    sh("an empty report", "contract", "touch {scratch}/junit.xml"),
    sh("a cut off report", "contract", wrote("<testsuite><testcase name=\"a\"", "exit 0")),
    sh("a report with a document type", "contract", wrote("<!DOCTYPE x><testsuite/>", "exit 0")),
    sh("a report of something else", "contract", wrote("<html/>", "exit 0")),
    sh("a report without tests", "contract", wrote("<testsuites/>", "exit 0")),
    sh("code 2", "unknown", wrote(JUNIT, "exit 2")),
    sh("code 77", "unknown", wrote(JUNIT, "exit 77")),
    sh("code 125", "unknown", wrote(JUNIT, "exit 125")),
    sh("code 255", "unknown", wrote(JUNIT, "exit 255")),
    sh("not executable: 126", "tool_missing", "/etc/hostname"),
    sh("not found: 127", "tool_missing", "no-such-program"),
    sh("shell tells of SIGKILL: 137", "resource", "sh -c 'kill -KILL $$'; exit $?"),
    sh("shell tells of SIGTERM: 143", "resource", "sh -c 'kill -TERM $$'; exit $?"),
    sh("shell tells of SIGSEGV: 139", "unknown", "sh -c 'kill -SEGV $$'; exit $?"),
    sh("killed", "resource", wrote(JUNIT, "kill -KILL $$")),
    sh("terminated", "resource", wrote(JUNIT, "kill -TERM $$")),
    sh("hung up", "resource", "kill -HUP $$"),
    sh("crashed", "unknown", wrote(JUNIT, "kill -SEGV $$")),
    sh("aborted", "unknown", wrote(JUNIT, "kill -ABRT $$")),
    sh("hangs", "timeout", "sleep 20", timeout=2),
    Case("timeout(1) ends it", "timeout", {}, ["timeout", "1", "sleep", "20"]),
    Case("timeout(1) itself fails", "unknown", {}, ["timeout", "nonsense", "true"]),
    Case("timeout(1) kills it", "resource", {}, ["timeout", "-s", "KILL", "1", "sleep", "20"]),
    Case("a suite's own 124", "unknown", {}, ["/bin/sh", "-c", "exit 124"]),
    Case("the program is a folder", "tool_missing", {"check/x": ""}, ["./check"]),
    Case("the interpreter of a script is missing", "tool_missing", {"check": "#!/nonexistent/sh\n"}, ["./check"]),
    sh("out of file size", "resource", "ulimit -f 1; exec head -c 100000 /dev/zero > {scratch}/big"),
    sh("out of processor time", "resource", "ulimit -t 1; while :; do :; done"),
    sh("a full device", "unknown", "echo x > /dev/full || exit 28"),
]
