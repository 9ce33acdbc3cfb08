#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The demo's agent: a script, no model. It is started the way a coding agent is started, in the task's clone,
with the role's prompt; it writes the stage's artifacts, and as developer it edits files and commits.

    scripted-agent.py --role R --stage S --work-item ID --artifacts DIR  < prompt

Exit 0: the role's work is done. 3: not a job for a script.
"""
import argparse
import datetime
import importlib.util
import pathlib
import subprocess
import sys

from scripted_work import Edit, Round, find_work

NAME = "scripted agent, no model"


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout


def write(task: argparse.Namespace, name: str, title: str, body: str, **verdict: str) -> None:
    """One artifact with the fields that every artifact carries, and the stage's verdict key where it has one."""
    fields = {"work_item": task.work_item, "stage": task.stage, "author": task.role, "status": "complete",
              "date": datetime.date.today().isoformat(), "model": NAME} | verdict
    block = "".join(f'{key}: "{value}"\n' if ":" in value or "," in value else f"{key}: {value}\n"
                    for key, value in fields.items())
    path = task.artifacts / name
    path.parent.mkdir(parents=True, exist_ok=True)
    text = f"# {title}\n\n{body}" if name.endswith(".md") else body
    path.write_text(f"---\n{block}---\n\n{text}\n", encoding="utf-8")
    print(f"wrote {name}")


def analyse(task: argparse.Namespace) -> int:
    write(task, "01-brd.md", "Business requirements", f"Wanted: {task.title}.")
    write(task, "02-trz.md", "Technical task", "One change of behaviour, one place; the program's interface stays.")
    write(task, "03-acceptance-criteria.md", "Acceptance criteria",
          "- The new behaviour has a test.\n- Every test that passed before passes still.")
    write(task, "04-test-plan.yaml", "", "suite: the repository's own\nadds: one case for each new behaviour")
    return 0


def design(task: argparse.Namespace) -> int:
    write(task, "06-adr/ADR-001-where-it-goes.md", "Where the change goes",
          "Context: " + task.title + ".\n\nDecision: change the function that owns the rule today; add no module.\n\n"
          "Consequence: the diff stays small.")
    write(task, "10-tech-risks.md", "Risks", "- Rounding and formatting: covered by a test each.")
    return 0


def change(edit: Edit) -> None:
    path = pathlib.Path(edit.path)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if edit.old and edit.old not in text:
        raise SystemExit(f"{edit.path}: the text to change is not there; nothing was committed")
    path.write_text(text.replace(edit.old, edit.text, 1) if edit.old else text + edit.text, encoding="utf-8")
    print(f"edited {edit.path}")


def feedback(task: argparse.Namespace) -> str:
    """What went wrong last time: the prompt says it, and the test report on the branch in full."""
    report = task.artifacts / "13-test-report.md"
    return task.prompt + (report.read_text(encoding="utf-8") if report.exists() else "")


def current_round(task: argparse.Namespace) -> Round | None:
    """The first round that is not on the branch yet, if the feedback names what it mends."""
    done = git("log", "--format=%s").splitlines()
    for step in task.rounds:
        if step.message not in done:
            return step if step.knows in feedback(task) else None
    return None


def develop(task: argparse.Namespace) -> int:
    step = current_round(task)
    if step is None:
        print("the feedback names nothing that this script knows how to mend", file=sys.stderr)
        return 3
    if step.knows:
        print(f"the feedback names {step.knows}")
    for edit in step.edits:
        change(edit)
    git("add", "--all", "--", *[edit.path for edit in step.edits])
    git("-c", "user.name=Scripted Agent", "-c", "user.email=agent@localhost", "-c", "commit.gpgsign=false",
        "commit", "--quiet", "-m", step.message)
    print(f"committed: {step.message}")
    return 0


def review(task: argparse.Namespace) -> int:
    """A rule instead of a judgement: the developer's last change touches the change log and a test."""
    names = git("log", "-1", "--author=Scripted Agent", "--name-only", "--format=").split()
    every = git("log", "--author=Scripted Agent", "--name-only", "--format=").split()
    good = "CHANGELOG.md" in every and (names == ["CHANGELOG.md"] or any(n.startswith("tests/") for n in every))
    write(task, "12-review.md", "Review", "Read: " + ", ".join(sorted(set(every))) + ".\n\nRule: a change brings its "
          "test and its line in the change log.", verdict="APPROVED" if good else "REQUEST_CHANGES")
    return 0


def run_tests(task: argparse.Namespace) -> int:
    """What a careful tester does by hand: run the suite and report what it said."""
    script = pathlib.Path("tests/run.sh")
    by_pytest = not script.exists()
    if by_pytest and importlib.util.find_spec("pytest") is None:
        print(f"{sys.executable} has no pytest", file=sys.stderr)
        return 3
    command = [sys.executable, "-m", "pytest", "-q", "tests"] if by_pytest else ["sh", str(script)]
    suite = subprocess.run(command, capture_output=True, text=True, check=False)
    if suite.returncode not in (0, 1):
        print(f"the suite could not run: exit {suite.returncode}\n{suite.stderr}", file=sys.stderr)
        return 3
    word = "FAIL" if suite.returncode else "PASS"
    write(task, "13-test-report.md", "Test report", "```\n" + suite.stdout[-4000:] + "```", status=word, result=word)
    return 0


def refuse(task: argparse.Namespace) -> int:
    print(f"{task.stage} is not a job for a script without a deploy tool", file=sys.stderr)
    return 3


ROLES = {"analyst": analyse, "architect": design, "developer": develop, "reviewer": review, "tester": run_tests,
         "deployer": refuse}


def main() -> int:
    parser = argparse.ArgumentParser(description=NAME)
    parser.add_argument("--role", required=True, choices=ROLES)
    parser.add_argument("--stage", required=True)
    parser.add_argument("--work-item", required=True)
    parser.add_argument("--artifacts", required=True, type=pathlib.Path)
    task = parser.parse_args()
    task.prompt = sys.stdin.read()
    task.title, task.rounds = find_work(task.prompt)
    task.title = task.title or f"what {task.work_item} asks for"
    print(f"{NAME}: {task.role} of {task.work_item}")
    return ROLES[task.role](task)


if __name__ == "__main__":
    sys.exit(main())
