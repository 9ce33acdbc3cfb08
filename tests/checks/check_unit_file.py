#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The unit says what the host relies on; systemd reads it without a complaint, and finds it closed enough. Ends with 77
where there is no systemd."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

MOST_EXPOSED = 42  # systemd-analyze security, times ten: what it is; a line less closes nothing unseen

# What the host relies on, in this order where a key stands twice.
CHOSEN = {
    "Type": ["notify"],  # the systemd of Debian 12 knows no notify-reload
    "NotifyAccess": ["main"],
    "ExecReload": ["/usr/bin/orchestrator config check --offline --config /etc/orchestrator/orchestrator.yaml",
                   "/usr/bin/orchestrator reload"],  # the first that fails ends it
    "WatchdogSec": ["30s"],
    "Restart": ["on-failure"],
    "RestartPreventExitStatus": ["64 78"],
    "TimeoutStartSec": ["2min"],
    "TimeoutStopSec": ["15min"],
    "KillMode": ["process"],  # workers live on
    "StateDirectory": ["orchestrator"],
    "RuntimeDirectory": ["orchestrator"],
    "Delegate": ["yes"],
    "CapabilityBoundingSet": [""],
}
# Agents run compilers, Node and git.
NEVER = {"MemoryDenyWriteExecute", "SystemCallFilter", "PrivateNetwork"}


def differences(unit):
    given = {}
    for line in unit.splitlines():
        key, is_setting, value = line.partition("=")
        if is_setting and not line.startswith("#"):
            given.setdefault(key, []).append(value)
    found = [f"{key}: {given.get(key)} instead of {value}" for key, value in CHOSEN.items() if given.get(key) != value]
    return found + [f"{key}: what a job runs would break" for key in sorted(NEVER & set(given))]


def run(*argv):
    return subprocess.run(argv, capture_output=True, text=True, timeout=60)


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    unit = (root / "config/systemd/orchestrator.service").read_text(encoding="utf-8")
    if found := differences(unit):
        print("config/systemd/orchestrator.service\n" + "\n".join(found))
        return 1
    if shutil.which("systemd-analyze") is None:
        print("skipped: no systemd-analyze here")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "orchestrator.service"
        # The programs need not be installed for the unit to be read.
        copy.write_text(unit.replace("/usr/bin/orchestrator", "/bin/true"), encoding="utf-8")
        read = run("systemd-analyze", "verify", "--man=no", str(copy))
        complaints = [line for line in read.stderr.splitlines() if "orchestrator.service" in line]
        if complaints:
            print("\n".join(complaints))
            return 1
        closed = run("systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED}", str(copy))
        if closed.returncode != 0:
            print(closed.stdout[-600:] + closed.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
