#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The stage table of docs/architecture.md is what `orchestrator stages` prints. `--accept` writes it."""
import subprocess
import sys

import tree

PAGE = "docs/architecture.md"
BEGIN, END = "<!-- stages:begin -->\n", "<!-- stages:end -->"


def split(text):
    """The page before, in and after the markers."""
    before, _, rest = text.partition(BEGIN)
    table, _, after = rest.partition(END)
    return before, table, after


def findings(root, binary):
    printed = subprocess.run([binary, "stages"], capture_output=True, text=True, timeout=30, check=False)
    if printed.returncode != 0 or not printed.stdout.strip():
        return [f"{binary} stages: exit {printed.returncode}: {printed.stderr.strip()}"]
    text = (root / PAGE).read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        return [f"{PAGE}: no stages:begin and stages:end markers"]
    if split(text)[1].strip() != printed.stdout.strip():
        return [f"{PAGE}: the stage table is not what `orchestrator stages` prints; "
                f"run: python3 tests/checks/check_stage_table.py {binary} --accept"]
    return []


def accept(root, binary):
    printed = subprocess.run([binary, "stages"], capture_output=True, text=True, timeout=30, check=True).stdout
    before, _, after = split((root / PAGE).read_text(encoding="utf-8"))
    (root / PAGE).write_text(f"{before}{BEGIN}\n{printed.strip()}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[2:] == ["--accept"]:
        accept(tree.ROOT, sys.argv[1])
    else:
        tree.main(findings, sys.argv[1])
