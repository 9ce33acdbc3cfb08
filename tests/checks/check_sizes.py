#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A file has one job and fits in a head: no source above 400 lines without a reason written here."""
import tree

LIMIT = 400
# path → why it is longer.
ALLOWED = {
    "host/config/options.cpp": "the one option table: every key stands here, once",
    "host/engine/engine.h": "the one class of the engine thread; each of its parts has a file of its own",
}


def findings(root):
    paths = tree.files(root, "host", "plugins", "plugin-api", "tests", "config",
                       suffixes=tree.CODE | {".py", ".sql"})
    found = [] if paths else ["no source found; the scan looked at nothing"]
    for path in paths:
        lines = path.read_text(encoding="utf-8").count("\n")
        name = str(path.relative_to(root))
        if lines > LIMIT and name not in ALLOWED:
            found.append(f"{name}: {lines} lines, the limit is {LIMIT}")
    return found


if __name__ == "__main__":
    tree.main(findings)
