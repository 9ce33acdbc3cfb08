#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plays the demo to its end and prints what it wrote, as its control socket gives it out: both schemas, every event,
every artifact.

  demo_facts.py ORCHESTRATOR FOLDER
"""
import http.client
import json
import pathlib
import signal
import socket
import subprocess
import sys


class Control(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(self.path)


def get(control, target):
    connection = Control(control)
    connection.request("GET", target)
    answer = connection.getresponse()
    body = answer.read().decode()
    if answer.status != 200:
        raise SystemExit(f"{target}: {answer.status} {body}")
    return body


def facts_of(control):
    facts = {kind: json.loads(get(control, f"/api/v1/schema/{kind}")) for kind in ("artifact", "event")}
    facts["events"] = json.loads(get(control, "/api/v1/events?limit=1000"))["events"]
    facts["artifacts"] = []
    for task in json.loads(get(control, "/api/v1/tasks"))["tasks"]:
        path = f"/api/v1/tasks/{task['work_item']}"
        for name in sorted({row["name"] for row in json.loads(get(control, path))["artifacts"]}):
            facts["artifacts"].append({"name": name, "text": get(control, f"{path}/artifacts/{name}")})
    return facts


def main():
    folder = pathlib.Path(sys.argv[2]) / "demo"
    demo = subprocess.Popen([sys.argv[1], "demo", "--dir", str(folder)], stdout=subprocess.PIPE, text=True)
    try:
        if not any("Ctrl-C ends the host" in line for line in demo.stdout):
            raise SystemExit("the demo has ended before its story")
        facts = facts_of(folder / "control.sock")
    finally:
        demo.send_signal(signal.SIGINT)
        demo.stdout.read()
        demo.wait(30)
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
