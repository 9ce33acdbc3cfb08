#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A task's stage is written in one place: the compare-and-swap. A second UPDATE would be a way around it."""
import re

import tree

WRITE = re.compile(r"UPDATE\s+tasks\s+SET\b((?:(?!\bWHERE\b).)*)", re.I | re.S)
STAGE = re.compile(r"(?<!\w)stage\s*=", re.I)


def findings(root):
    writers = {}
    for path in tree.files(root, "host", suffixes=tree.CODE | {".sql"}):
        # Adjacent string literals are one statement.
        text = re.sub(r'"\s*\n\s*"', " ", tree.code_of(path))
        writes = [m for m in WRITE.finditer(text) if STAGE.search(m.group(1))]
        if writes:
            writers[str(path.relative_to(root))] = len(writes)
    if not writers:
        return ["no UPDATE of tasks.stage found below host/; the scan looked at nothing"]
    if len(writers) > 1:
        return [f"{path}: writes tasks.stage; only one file may" for path in sorted(writers)]
    return []


if __name__ == "__main__":
    tree.main(findings)
