#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The pages on where a model decides say what code and configuration say: the call-site map has a row for every
stage with its role, verdict key and shipped chain; the roadmap ranks exactly the avoidable paths, one of them first."""
import re

import tree

MAP, ROADMAP = "docs/llm-call-sites.md", "docs/llm-determinization-roadmap.md"
STAGES, CONFIG = "host/domain/stage.h", "config/orchestrator.yaml"
POLICY, GATE, ENDS = "docs/llm-usage-policy.md", "host/engine/provider_gate.cpp", "plugins/llm-spawner/ends.cpp"
PROMPT, CANON = "plugins/llm-spawner/prompt.cpp", "host/domain/prompt_canon.cpp"
OPTIONS = "host/config/defaults.cpp"
COLUMNS = ["rank", "role", "dependencies", "savings_estimate_source", "security_risk", "hybrid_needed",
           "followup_type", "first_slice"]
ROW = re.compile(r"\.stage = Stage::(\w+),\s*\.role = Role::(\w+),.*?\.verdict_key = \"(\w*)\"", re.S)
CHAIN = re.compile(r"^  ([a-z-]+):\s*(?:\{ *|\n    )producers: \[([^\]]*)\]", re.M)
SITE = re.compile(r"^  - \{(.*)\}$", re.M)
PAIR = re.compile(r"(\w+): (\[[^\]]*\]|[^,\[]+)")
SIGN = re.compile(r'SignRow\{"(\w+)", \{ProviderSign::(\w+)')
END = re.compile(r'EndRule\{\w+, "(\w+)"')
TICKET = re.compile(r"\b[A-Z]{2,}-\d+\b")


def read(root, name):
    return (root / name).read_text(encoding="utf-8")


def words(text):
    return [word.strip() for word in text.strip("[]").split(",") if word.strip()]


def call_sites(root):
    block = read(root, MAP).partition("<!-- llm-call-sites:begin -->")[2].partition("<!-- llm-call-sites:end -->")[0]
    return [dict(PAIR.findall(line)) for line in SITE.findall(block)]


def map_findings(sites, root):
    code = {stage.replace("_", "-"): (role, key or "none") for stage, role, key in ROW.findall(read(root, STAGES))}
    chains = {stage: words(chain) for stage, chain in CHAIN.findall(read(root, CONFIG))}
    found = [] if code and chains and sites else ["no stage, chain or call site found; the scan looked at nothing"]
    if [site["stage"] for site in sites] != list(code):
        found.append(f"{MAP}: its stages are not those of {STAGES}")
    for site in sites:
        stage = site["stage"]
        if (site["role"], site["verdict_key"]) != code.get(stage):
            found.append(f"{MAP}: {stage}: role and verdict key differ from {STAGES}")
        if words(site["producers"]) != chains.get(stage):
            found.append(f"{MAP}: {stage}: the chain differs from {CONFIG}")
        if (site["on_control_path"] == "true") != (site["verdict_key"] != "none"):
            found.append(f"{MAP}: {stage}: a verdict key is what puts a model on the control path")
        if (site["avoidable"] == "true") != (site["on_control_path"] == site["derivable"] == "true"):
            found.append(f"{MAP}: {stage}: avoidable is on_control_path and derivable")
        if (len(words(site["producers"])) > 1) != (site["avoidable"] == "true"):
            found.append(f"{MAP}: {stage}: an avoidable path has a deterministic producer, no other has one")
    return found


def roadmap_findings(sites, root):
    text = read(root, ROADMAP)
    rows = [[cell.strip() for cell in line.strip("|").split("|")]
            for line in text.splitlines() if line.startswith("|") and not line.startswith("| ---")]
    if not rows or rows[0] != COLUMNS or any(len(row) != len(COLUMNS) for row in rows):
        return [f"{ROADMAP}: its columns are not {', '.join(COLUMNS)}"]
    rows, found = [dict(zip(COLUMNS, row)) for row in rows[1:]], []
    if [row["rank"] for row in rows] != [str(i + 1) for i in range(len(rows))]:
        found.append(f"{ROADMAP}: the ranks are not 1, 2, 3 …")
    if [row["first_slice"] for row in rows].count("yes") != 1:
        found.append(f"{ROADMAP}: exactly one row is the first slice")
    if any(row["savings_estimate_source"] != "agent_runs" for row in rows):
        found.append(f"{ROADMAP}: savings come from agent_runs")
    planned = [row["followup_type"].removeprefix("plugin: ") for row in rows]
    avoidable = [words(site["producers"])[0] for site in sites if site["avoidable"] == "true"]
    if planned != avoidable:
        found.append(f"{ROADMAP}: its candidates are not the avoidable paths of {MAP}, in order")
    return found + [f"{ROADMAP}: invents a ticket, {ticket}" for ticket in TICKET.findall(text)]


def policy_findings(root):
    code = dict(SIGN.findall(read(root, GATE)))
    ends = set(END.findall(read(root, ENDS)))
    block = read(root, POLICY).partition("<!-- provider-gate:begin -->")[2].partition("<!-- provider-gate:end -->")[0]
    page = {result: cells[1].strip() for cells in (line.strip("|").split("|") for line in block.splitlines())
            if len(cells) == 3 for result in re.findall(r"`(\w+)`", cells[0])}
    found = [] if code and ends else ["no result of an agent run found; the scan looked at nothing"]
    if page != code:
        found.append(f"{POLICY}: what a result says about the provider differs from {GATE}")
    return found + [f"{GATE}: {ENDS} has no result {result}" for result in code if result not in ends]


def names_in(root, path, marker):
    """The quoted words of the array that begins at `marker`."""
    text = read(root, path).partition(marker)[2]
    return re.findall(r'"(\w+)"', text[:text.find(";")])


def prompt_findings(root):
    spawner, canon = names_in(root, PROMPT, "names{"), names_in(root, CANON, "k_variables{")
    if spawner and spawner == canon:
        return []
    return [f"{CANON}: the variables of a prompt are not those that {PROMPT} fills in"]


def role_findings(root):
    """Model and effort in force by default: the page, the shipped file and the option table say the same."""
    block = read(root, POLICY).partition("<!-- models:begin -->")[2].partition("<!-- models:end -->")[0]
    page = {cells[1].strip(): (cells[2].strip(), cells[3].strip()) for cells in
            (line.split("|") for line in block.splitlines()) if len(cells) == 5}
    config = read(root, CONFIG)
    shipped = {role: (model, effort) for role, model, effort in
               re.findall(r"^  (\w+):(?:\s*\{ *|\n    )model: ([\w.-]+),?\s*effort: (\w+)", config, re.M)}
    table = dict(re.findall(r'RoleDefault\{Role::(\w+), "(\w+)"\}', read(root, OPTIONS)))
    found = [] if shipped else ["no role found; the scan looked at nothing"]
    for role, (model, effort) in shipped.items():
        if page.get(role) != (model, effort):
            found.append(f"{POLICY}: model and effort of {role} differ from {CONFIG}")
        if table.get(role) != effort:
            found.append(f"{OPTIONS}: the default effort of {role} differs from {CONFIG}")
    return found


def findings(root):
    sites = call_sites(root)
    return (map_findings(sites, root) + roadmap_findings(sites, root) + policy_findings(root) + prompt_findings(root)
            + role_findings(root))


if __name__ == "__main__":
    tree.main(findings)
