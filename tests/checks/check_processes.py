#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No shell between the program and what it runs: a command is a list of arguments, so that no title, branch
or file name can become a second command."""
import re

import tree

PATTERNS = {
    "system()": re.compile(r"(?<![\w.>])(?:std::|::)?system\s*\("),
    "popen()": re.compile(r"(?<![\w.>])(?:::)?popen\s*\("),
    "a shell": re.compile(r'"(?:/bin/|/usr/bin/)?(?:sh|bash|dash)"(?:\s*,\s*"-\w*c"|\s*\}\s*;)'),
    "sh -c": re.compile(r'"[^"\n]*\b(?:ba|da)?sh -\w*c\b[^"\n]*"'),
}
# path → why it may.
ALLOWED = {
    "host/app/selftest/plugin_cases.cpp": "constant stand-ins for suites and commands, each with one known end",
    "plugins/deploy-finalizer/wrapper.h": "the fixed wrapper of a detached deploy; the command is its arguments",
    "plugins/llm-spawner/llm_spawner.cpp": "asks `command -v` for a program; the shell text is constant, the name is $1",
}


def findings(root):
    paths = tree.files(root, "host", "plugins", "plugin-api")
    found = [] if paths else ["no source found; the scan looked at nothing"]
    for path in paths:
        if str(path.relative_to(root)) in ALLOWED or "tests" in path.relative_to(root).parts:
            continue
        text = tree.code_of(path)
        found += [f"{tree.at(root, path, text, m.start())}: {what}; run an argument list instead"
                  for what, pattern in PATTERNS.items() for m in pattern.finditer(text)]
    return found


if __name__ == "__main__":
    tree.main(findings)
