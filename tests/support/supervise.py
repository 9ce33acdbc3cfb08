#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""supervise.py LOG PROGRAM ARGUMENT...: keeps one program running, the way a service manager does for a unit with
Type=exec, Restart=always and KillMode=process: the file is looked up anew at every start, signals reach the main
process alone, and whatever that has started goes on without it.

SIGHUP restarts it (SIGTERM, wait for its end, start again), SIGTERM ends it and the supervisor. Starts are bounded.
"""
import os
import signal
import subprocess
import sys

MOST_STARTS = 100
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP, signal.SIGTERM, signal.SIGCHLD})


def start(log, argv):
    with open(log, "ab") as out:
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
                                preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_SETMASK, set()))


def main():
    log, argv = sys.argv[1], sys.argv[2:]
    stopping = False
    for _ in range(MOST_STARTS):
        child = start(log, argv)
        while child.poll() is None:
            came = signal.sigwait({signal.SIGHUP, signal.SIGTERM, signal.SIGCHLD})
            if came == signal.SIGCHLD:
                continue
            stopping = stopping or came == signal.SIGTERM
            os.kill(child.pid, signal.SIGTERM)
        if stopping:
            return 0
    return 1


sys.exit(main())
