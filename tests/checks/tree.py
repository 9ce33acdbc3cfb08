# SPDX-License-Identifier: Apache-2.0
"""What the structural checks share: which files count, C++ without its comments, and how a check ends.

A check is a module with `findings(root)`: a list of lines, empty if all is well. A scan that met no file is a
finding too: a check that looks at nothing must not pass.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CODE = {".h", ".hpp", ".c", ".cpp"}
_COMMENT_OR_STRING = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"', re.S)


def files(root, *folders, suffixes=CODE):
    """The files with one of `suffixes` below root/<folder>…, sorted; build folders left out."""
    found = []
    for folder in folders:
        found += [p for p in (root / folder).rglob("*")
                  if p.suffix in suffixes and p.is_file() and "build" not in p.relative_to(root).parts]
    return sorted(found)


def code_of(path):
    """The text of a C or C++ file with every comment blanked; line numbers stay as they are."""
    def blank(match):
        text = match.group(0)
        return re.sub(r"[^\n]", " ", text) if text.startswith(("//", "/*")) else text
    return _COMMENT_OR_STRING.sub(blank, path.read_text(encoding="utf-8"))


def at(root, path, text, offset):
    return f"{path.relative_to(root)}:{text.count(chr(10), 0, offset) + 1}"


def main(findings, *arguments):
    lines = findings(ROOT, *arguments)
    for line in lines:
        print(line)
    sys.exit(1 if lines else 0)
