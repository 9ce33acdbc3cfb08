#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every hold class and every alert has its section in the runbook, and every section stands for one; an alert asks only
for metrics that exist."""
import re

import tree

PAGE = "docs/operations/runbook.md"


def section(text, title):
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def headings(text):
    return re.findall(r"^### `([^`]+)`$", text, re.M)


def differences(what, wanted, given):
    found = [f"{PAGE}: no section for {what} `{name}`" for name in sorted(set(wanted) - set(given))]
    found += [f"{PAGE}: `{name}` is no {what}" for name in sorted(set(given) - set(wanted))]
    return found if wanted else [f"no {what} found; the scan looked at nothing"]


def findings(root):
    page = (root / PAGE).read_text(encoding="utf-8")
    outcomes = (root / "host/domain/outcome.cpp").read_text(encoding="utf-8")
    rules = (root / "config/alerts.yml").read_text(encoding="utf-8")
    metrics = (root / "docs/operations/metrics.md").read_text(encoding="utf-8")
    holds = re.findall(r'HoldRow\{HoldClass::\w+,\s*"(\w+)"', outcomes)
    alerts = re.findall(r"- alert: (\w+)", rules)
    found = differences("hold class", holds, headings(section(page, "Hold classes")))
    found += differences("alert", alerts, headings(section(page, "Alerts")))
    known = set(re.findall(r"^\| `(orchestrator_\w+)`", metrics, re.M))
    for name in sorted(set(re.findall(r"\borchestrator_\w+", rules)) - known):
        found.append(f"config/alerts.yml: there is no metric {name}")
    return found


if __name__ == "__main__":
    tree.main(findings)
