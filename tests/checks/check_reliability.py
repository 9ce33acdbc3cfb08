#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/reliability.md and docs/test-evidence.md name only tests that exist; the former lists exactly the fail-points and
checks of the program."""
import re

import tree

PAGE = "docs/reliability.md"
EVIDENCE = "docs/test-evidence.md"
TEST = re.compile(r"\bTEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)")
NAMED = re.compile(r"`([A-Z]\w+\.[A-Z]\w+)`")
POINT = re.compile(r'X\(\w+,\s*"([\w.]+)",\s*"([^"]+)"\)')
POINT_ROW = re.compile(r"^\| `([\w.]+)` \| (.+?) \|$", re.M)
CHECKS = (("host/store/sqlite/row_checks.cpp", re.compile(r'\{"[A-Z]+\d*",\s*"(\w+)"\}')),
          ("host/app/check/check.cpp", re.compile(r'\{"[A-Z]+",\s*"(\w+)"\}')),
          ("host/app/check/outside.cpp", re.compile(r'\{"[A-Z]+\d*",\s*"(\w+)"\}')))


def compare(what, in_code, in_page):
    found = [f"{PAGE}: {what} {name} of the program is missing" for name in sorted(in_code - in_page)]
    found += [f"{PAGE}: {what} {name} is not in the program" for name in sorted(in_page - in_code)]
    return found if in_code else found + [f"no {what} found; the scan looked at nothing"]


def findings(root):
    page = (root / PAGE).read_text(encoding="utf-8")
    tests = {f"{suite}.{name}" for path in tree.files(root, "tests", "plugins")
             for suite, name in TEST.findall(tree.code_of(path))}
    matrix = page.partition("## The matrix")[2]
    named = set(NAMED.findall(matrix))
    found = [f"{PAGE}: there is no test {name}" for name in sorted(named - tests)]
    if not named:
        found.append(f"{PAGE}: the matrix names no test; the scan looked at nothing")
    evidence = root / EVIDENCE
    shown = evidence.read_text(encoding="utf-8").partition("## Shown by")[2] if evidence.exists() else ""
    found += [f"{EVIDENCE}: there is no test {name}" for name in sorted(set(NAMED.findall(shown)) - tests)]
    points = set(POINT.findall((root / "host/base/failpoint.h").read_text(encoding="utf-8")))
    listed = page.partition("## Fail-points")[2].partition("\n## ")[0]
    found += compare("fail-point", {f"{name}: {text}" for name, text in points},
                     {f"{name}: {text}" for name, text in POINT_ROW.findall(listed)})
    checks = {name for path, pattern in CHECKS for name in pattern.findall(tree.code_of(root / path))}
    table = page.partition("## Invariants")[2].partition("\n## ")[0]
    found += compare("check", checks, set(re.findall(r"`([a-z]\w*_\w+)`", table)))
    return found


if __name__ == "__main__":
    tree.main(findings)
