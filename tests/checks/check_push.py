#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No push but the two of host/git/push.cpp, and nothing in the program that could force one: a base branch only moves
forward."""
import re

import tree

HOME = "host/git/push.cpp"
PUSH = re.compile(r'\bCommand\b[^;\n]*"push"')
FORCE = re.compile(r'"(?:--force(?!-with-lease=")[^"]*|-f|--mirror|--delete)"|"\+[^"]*refs/heads/')
# path → why it may.
ALLOWED = {
    "host/git/repository.cpp": "fetches: upstream's branches into the host's own refs/upstream",
    "host/git/working_copy.cpp": "fetches: between the host's repository and a task's clone",
    "host/git/merge.cpp": "fetches: the base into a task's clone",
}


def findings(root):
    paths = tree.files(root, "host", "plugins")
    home = (root / HOME).read_text(encoding="utf-8") if (root / HOME).is_file() else ""
    found = [] if PUSH.search(home) else [f"{HOME} pushes nothing; the scan looked at nothing"]
    for path in paths:
        name = str(path.relative_to(root))
        if "tests" in path.relative_to(root).parts:
            continue
        text = tree.code_of(path)
        if name != HOME and name.startswith("host/git/"):
            found += [f"{tree.at(root, path, text, m.start())}: a push outside {HOME}" for m in PUSH.finditer(text)]
        if name.startswith("host/git/") and name not in ALLOWED:
            found += [f"{tree.at(root, path, text, m.start())}: could force a push" for m in FORCE.finditer(text)]
    return found


if __name__ == "__main__":
    tree.main(findings)
