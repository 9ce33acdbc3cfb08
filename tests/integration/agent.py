#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The agent of these tests: does each role's work in the plainest way, without a model.

    agent.py HOOKS --role R --stage S --work-item ID --artifacts DIR  < prompt

A file HOOKS/<stage>.py runs instead of the stage's usual work, with write() and the task at hand.
"""
import argparse
import pathlib
import subprocess
import sys

parser = argparse.ArgumentParser()
parser.add_argument("hooks", type=pathlib.Path)
parser.add_argument("--role", required=True)
parser.add_argument("--stage", required=True)
parser.add_argument("--work-item", required=True)
parser.add_argument("--artifacts", required=True, type=pathlib.Path)
task = parser.parse_args()
task.prompt = sys.stdin.read()


def write(name: str, **verdict: str) -> None:
    fields = {"work_item": task.work_item, "stage": task.stage, "author": task.role, "status": "complete",
              "date": "2026-01-01", "model": "none"} | verdict
    raw(name, "---\n" + "".join(f"{key}: {value}\n" for key, value in fields.items()) + "---\n\nText.\n")


def raw(name: str, text: str) -> None:
    path = task.artifacts / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def develop() -> None:
    path = pathlib.Path("NOTES.md")
    path.write_text((path.read_text() if path.exists() else "") + f"{task.work_item}\n", encoding="utf-8")
    subprocess.run(["git", "add", "NOTES.md"], check=True)
    subprocess.run(["git", "-c", "user.name=Agent", "-c", "user.email=agent@localhost", "-c",
                    "commit.gpgsign=false", "commit", "--quiet", "-m", "Note the request"], check=True)


def usual() -> None:
    if task.stage == "analysis":
        for name in ("01-brd.md", "02-trz.md", "03-acceptance-criteria.md", "04-test-plan.yaml"):
            write(name)
    elif task.stage == "architecture":
        write("06-adr/ADR-001-one.md")
        write("10-tech-risks.md")
    elif task.stage == "development":
        develop()
    elif task.stage == "review":
        write("12-review.md", verdict="APPROVED")
    elif task.stage == "testing":
        write("13-test-report.md", result="PASS", status="PASS")
    elif task.stage == "deploy-staging":
        write("15-staging-log.md", staging_status="SUCCESS")
    else:
        write("14-deploy-log.md", deploy_status="SUCCESS")


hook = task.hooks / f"{task.stage}.py"
if hook.exists():
    exec(compile(hook.read_text(encoding="utf-8"), str(hook), "exec"))
else:
    usual()
