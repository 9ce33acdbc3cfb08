#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every message the host logs is explained to the operator, and no page explains one that is gone: the ids in
`log(LogLevel::…, "id", …)` equal the headings of docs/operations/messages.md."""
import re

import tree

CALL = re.compile(r'\blog(?:_line)?\(\s*LogLevel::\w+\s*,\s*"([^"]+)"')
HEADING = re.compile(r"^### `([^`]+)`", re.M)
PAGE = "docs/operations/messages.md"


def findings(root):
    logged = {}
    for path in tree.files(root, "host"):
        text = tree.code_of(path)
        for match in CALL.finditer(text):
            logged.setdefault(match.group(1), tree.at(root, path, text, match.start()))
    if not logged:
        return ["no log call found below host/; the scan looked at nothing"]
    explained = HEADING.findall((root / PAGE).read_text(encoding="utf-8"))
    found = [f"{where}: message \"{name}\" has no entry in {PAGE}"
             for name, where in sorted(logged.items()) if name not in explained]
    found += [f"{PAGE}: \"{name}\" is logged nowhere" for name in explained if name not in logged]
    found += [f"{PAGE}: \"{name}\" stands twice" for name in sorted(set(explained)) if explained.count(name) > 1]
    return found


if __name__ == "__main__":
    tree.main(findings)
