#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs real tools on small projects and writes down how each ended, one JSON object a line.

usage: record.py FOLDER [RUNNER…]     (FOLDER: where RUNNER.jsonl are written)

What an ending must be classified as is said here by hand, case by case: it is never derived from what
the classifier answers. A tool that is not installed is left out, and its earlier recording stays.
"""
import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile

from cases import CTEST, GENERIC, NODEJS, PYTEST
from cases_of_builds import CARGO, GOLANG, MAKE, MAVEN

LIMIT = 20000  # bytes kept of each text
def text(data):
    return data.decode("utf-8", "replace")[:LIMIT]


def run(case, checkout, scratch):
    base = {"PATH": "/usr/bin:/bin", "HOME": scratch + "/home", "LANG": "C.UTF-8",
            "TMPDIR": scratch + "/tmp", "LC_ALL": "C.UTF-8"}
    base.update(SHARED)
    base.update({k: v.replace("{scratch}", scratch) for k, v in case.env.items()})
    argv = [a.replace("{scratch}", scratch) for a in case.argv]
    try:
        child = subprocess.Popen(argv, cwd=checkout, env=base, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 start_new_session=True)
    except OSError as error:
        return {"not_started": error.errno}, "", ""
    try:
        out, err = child.communicate(timeout=case.timeout)
        code = child.returncode
        ended = {"exit": code} if code >= 0 else {"signal": -code}
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        out, err = child.communicate()
        ended = {"timeout": True}
    return ended, text(out), text(err)


def record(runner, report, case):
    with tempfile.TemporaryDirectory(prefix="ending-") as folder:
        checkout, scratch = folder + "/checkout", folder + "/scratch"
        for sub in ("home", "tmp"):
            os.makedirs(f"{scratch}/{sub}")
        os.makedirs(checkout)
        for name, content in case.files.items():
            path = os.path.join(checkout, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
            if content.startswith("#!"):
                os.chmod(path, 0o755)
        ended, out, err = run(case, checkout, scratch)
        reports = {}
        for path in glob.glob(scratch + "/junit.xml"):
            reports["{scratch}/junit.xml"] = open(path, encoding="utf-8", errors="replace").read()[:LIMIT]
        for path in glob.glob(checkout + "/**/surefire-reports/TEST-*.xml", recursive=True):
            reports[os.path.relpath(path, checkout)] = open(path, encoding="utf-8").read()[:LIMIT]
        hide = lambda value: value.replace(checkout, "/checkout").replace(scratch, "/scratch")
        return {"case": case.name, "runner": runner, "report": report, "expect": case.expect,
                "argv": case.argv, "ended": ended, "out": hide(out), "err": hide(err),
                "reports": {k: hide(v) for k, v in reports.items()}}


TABLES = {"pytest": ("junit", PYTEST, "/usr/bin/python3"), "ctest": ("junit", CTEST, "ctest"),
          "node": ("junit", NODEJS, "node"), "go": ("go_json", GOLANG, "go"),
          "cargo": ("cargo_output", CARGO, "cargo"), "maven": ("surefire", MAVEN, "mvn"),
          "make": ("make_output", MAKE, "make"), "generic": ("junit", GENERIC, "sh")}
# Caches of the tools, so that every case need not fill its own; settable from outside.
SHARED = {k: os.environ[k] for k in ("GOCACHE", "CARGO_HOME", "RUSTUP_HOME") if k in os.environ}
SHARED.update({"GOFLAGS": "", "GOTOOLCHAIN": "local"})


def main():
    folder, chosen = sys.argv[1], sys.argv[2:] or list(TABLES)
    for runner in chosen:
        report, cases, program = TABLES[runner]
        if shutil.which(program, path="/usr/bin:/bin") is None:
            print(f"{runner}: not installed, left as it is", file=sys.stderr)
            continue
        rows = [record(runner, report, case) for case in cases]
        with open(os.path.join(folder, runner + ".jsonl"), "w", encoding="utf-8") as file:
            for row in rows:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        print(f"{runner}: {len(rows)} endings")


if __name__ == "__main__":
    main()
