#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The merge API of Gitea and of GitHub before a real bare repository, with the answers that real ones give when things
go wrong.

    fake_forge.py FOLDER    FOLDER/forge.git is the repository; writes FOLDER/port, reads FOLDER/fault before each merge
                            and removes it, appends each call to FOLDER/calls and each update of main to FOLDER/updates

Faults: 409 (head out of date), 405-later, 405-merged (done, answered as if it had been before), 500-diverged (main moved
by somebody else, as fast-forward-only finds it), 502-after (done), drop-after (done, connection cut), drop-before.
"""
import http.server
import json
import pathlib
import subprocess
import sys

FOLDER = pathlib.Path(sys.argv[1])
REPOSITORY = FOLDER / "forge.git"
AUTHORIZATION = ("token sesame", "Bearer sesame")


def git(*arguments: str) -> str:
    command = ["git", "-c", "user.name=Forge", "-c", "user.email=forge@localhost", f"--git-dir={REPOSITORY}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def head_of(branch: str) -> str:
    return git("for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}")


def note(file: str, line: str) -> None:
    with (FOLDER / file).open("a") as out:
        out.write(line + "\n")


def move_main(commit: str) -> bool:
    old = head_of("main")
    if git("merge-base", old, commit) != old:
        return False
    git("update-ref", "refs/heads/main", commit, old)
    note("updates", f"{old} {commit}")
    return True


class Forge(http.server.BaseHTTPRequestHandler):
    pulls: list[dict] = []

    def log_message(self, *_):
        pass

    def answer(self, status: int, body=None):
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def cut(self):
        self.close_connection = True
        self.connection.close()

    def merge(self, commit: str, branch_head: str, done: int, diverged: int):
        fault = FOLDER / "fault"
        wanted = fault.read_text().strip() if fault.exists() else ""
        fault.unlink(missing_ok=True)
        if wanted == "drop-before":
            return self.cut()
        if wanted == "405-later":
            return self.answer(405, {"message": "Please try again later"})
        if wanted == "409" or commit != branch_head:
            return self.answer(409, {"message": "head out of date"})
        if wanted == "500-diverged":
            move_main(git("commit-tree", "-p", "main", "-m", "Theirs", "main^{tree}"))
            return self.answer(diverged, {"message": "Update is not a fast forward"})
        moved = move_main(commit)
        if wanted == "drop-after":
            return self.cut()
        if wanted == "502-after":
            return self.answer(502)
        if wanted == "405-merged":
            return self.answer(405, {"message": "The PR is already merged"})
        return self.answer(done if moved else diverged, {"message": "Update is not a fast forward"})

    def handle_call(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"{}")
        path = self.path.partition("/repos/team/shop")[2]
        note("calls", f"{self.command} {path}")
        if self.headers.get("Authorization") not in AUTHORIZATION:
            return self.answer(401, {"message": "token is required"})
        if self.command == "POST" and path == "/pulls":
            if any(pull["head"] == body["head"] for pull in self.pulls):
                return self.answer(422 if self.server.github else 409, {"message": "already exists"})
            self.pulls.append({"number": len(self.pulls) + 7, "head": body["head"]})
            return self.answer(201, self.pulls[-1])
        if self.command == "GET" and path.startswith("/pulls/main/"):
            found = [pull for pull in self.pulls if path == "/pulls/main/" + pull["head"]]
            return self.answer(200, found[0]) if found else self.answer(404, {"message": "not found"})
        if self.command == "POST" and path.endswith("/merge"):
            if body.get("do") != "fast-forward-only" or "force_merge" in body:
                return self.answer(422, {"message": "not as it was to be asked"})
            pull = next(p for p in self.pulls if path == f"/pulls/{p['number']}/merge")
            return self.merge(body["head_commit_id"], head_of(pull["head"]), 200, 500)
        if self.command == "PATCH" and path == "/git/refs/heads/main" and body.get("force") is False:
            return self.merge(body["sha"], body["sha"], 200, 422)
        return self.answer(404, {"message": "no such call"})

    do_GET = do_POST = do_PATCH = handle_call


server = http.server.HTTPServer(("127.0.0.1", 0), Forge)
server.github = sys.argv[2:] == ["github"]
(FOLDER / "port.part").write_text(f"{server.server_port}\n")
(FOLDER / "port.part").rename(FOLDER / "port")
server.serve_forever()
