#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The pages hold no path of the machine they were written on, and no link that leads nowhere."""
import re

import tree

MACHINE_PATH = re.compile(r"(?<![\w./>}-])/(?:work|shared|root|home/\w+)/")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def findings(root):
    paths = sorted(root.glob("*.md")) + tree.files(root, "docs", "plugins", "config", suffixes={".md"})
    found = [] if paths else ["no page found; the scan looked at nothing"]
    for path in paths:
        text = path.read_text(encoding="utf-8")
        found += [f"{tree.at(root, path, text, m.start())}: a path of one machine"
                  for m in MACHINE_PATH.finditer(text)]
        found += [f"{tree.at(root, path, text, m.start())}: link to {m.group(1)}, which is not there"
                  for m in LINK.finditer(text)
                  if "://" not in m.group(1) and not (path.parent / m.group(1)).exists()]
    return found


if __name__ == "__main__":
    tree.main(findings)
