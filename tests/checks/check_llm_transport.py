#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The LLM spawner is the single LLM transport: no other code names an agent's command, a model provider's
host, or the variable that holds its key. A model's name ("claude-opus-4-8") is configuration, not transport."""
import re

import tree

TRANSPORT = re.compile(
    r"\b(?:claude|codex|opencode|gemini|qwen|aider|ollama)\b(?!-\w)"
    r"|\b(?:api\.anthropic\.com|api\.openai\.com|generativelanguage\.googleapis\.com|openrouter\.ai)\b"
    r"|\b(?:ANTHROPIC|OPENAI|GEMINI|OPENROUTER)_\w+", re.I)
ROOM = "plugins/llm-spawner/"


def findings(root):
    found, in_room = [], 0
    for path in tree.files(root, "host", "plugins", "plugin-api"):
        text = tree.code_of(path)
        for match in TRANSPORT.finditer(text):
            if str(path.relative_to(root)).startswith(ROOM):
                in_room += 1
            else:
                found.append(f"{tree.at(root, path, text, match.start())}: \"{match.group(0)}\" outside {ROOM}")
    if not in_room:
        found.append(f"{ROOM} names no transport; the scan looked at nothing")
    return found


if __name__ == "__main__":
    tree.main(findings)
