#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The packages under a systemd of their own: a Debian root is booted in namespaces (process ids, mounts, cgroups, an
empty network), with the real systemd as its first process, and the installed unit is started, reloaded, stopped, hung,
upgraded under a running job and removed. Needs root, debootstrap, a mirror and a cgroup2 hierarchy; nothing of the
machine around it is touched but one cgroup, which goes again.
usage: booted_root.py BUILD_DIR ROOT      ROOT is made where it is not there, and left behind for the next time."""
import pathlib
import subprocess
import sys
import tempfile
import time

import clean_root
from clean_root import expect, packages, run

JOB = """plugins:
  llm-spawner: { enabled: true, repos: "*",
                 settings: { preset: custom, stdin: prompt, argv: [/bin/sh, -c, "sleep 8; exit 3"] } }
  test-runner: { enabled: false }
repos: { shop: {} }
"""
# A watchdog that need not be waited for; what hangs does not answer SIGABRT either.
QUICK = "[Service]\nWatchdogSec=3s\nTimeoutAbortSec=2s\n"
# The kernel's own file systems, a private network, and systemd in place of this shell.
BOOT = r"""
set -e
echo $$ >"$2/cgroup.procs"
exec unshare --mount --pid --fork --uts --ipc --net --cgroup --kill-child /bin/sh -c '
set -e
mount --make-rprivate /
mount --bind "$1" "$1"
mount --make-rshared "$1"
for known in proc:proc sysfs:sys tmpfs:run tmpfs:tmp tmpfs:dev; do mount -t "${known%%:*}" none "$1/${known##*:}"; done
mount -t cgroup2 none "$1/sys/fs/cgroup"
mkdir "$1/dev/pts" "$1/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 none "$1/dev/pts"
for node in null zero full random urandom tty; do : >"$1/dev/$node"; mount --bind "/dev/$node" "$1/dev/$node"; done
ip link set lo up || true
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$1" /lib/systemd/systemd --unit=multi-user.target
' sh "$1"
"""


def cgroup2():
    for line in pathlib.Path("/proc/mounts").read_text().splitlines():
        _, where, kind, *_ = line.split()
        if kind == "cgroup2":
            return pathlib.Path(where)
    sys.exit("there is no cgroup2 hierarchy to boot a systemd in")


class Booted:
    """The same root with its systemd running; commands enter its namespaces."""

    def __init__(self, root):
        self.root = root
        self.group = cgroup2() / f"orchestrator-booted-{root.path.name}"
        self.group.mkdir(exist_ok=True)
        self.process = subprocess.Popen(["/bin/sh", "-c", BOOT, "sh", str(root.path), str(self.group)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.pid = None
        self.wait(lambda: self.inside("systemctl", "is-system-running", check=False).stdout.strip() in
                  ("running", "degraded"), "systemd runs", 60)

    def first_process(self):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return children[0] if children else None

    def inside(self, *argv, check=True):
        self.pid = self.pid or self.first_process()
        if self.pid is None:
            return subprocess.CompletedProcess(argv, 1, "", "not booted yet")
        return run("nsenter", "-t", self.pid, "--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup", "--root", "--wd",
                   *argv, check=check, stdin=subprocess.DEVNULL,
                   env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C",
                        "DEBIAN_FRONTEND": "noninteractive"})

    def show(self, name, unit="orchestrator"):
        return self.inside("systemctl", "show", "-p", name, "--value", unit).stdout.strip()

    def journal(self, *more):
        return self.inside("journalctl", "-u", "orchestrator", "--no-pager", "-o", "cat", *more).stdout

    def ask(self, *words):
        return clean_root.json.loads(self.inside("orchestrator", *words, "-o", "json").stdout)

    def wait(self, is_true, what, seconds=30):
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            if is_true():
                return
            time.sleep(0.1)
        sys.exit(f"not in time: {what}\n" + (self.journal("-n", "40") if self.pid else ""))

    def write(self, path, text):
        target = self.root.path / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def end(self):
        self.process.kill()
        self.process.wait()
        for _ in range(100):
            try:
                for folder in sorted(self.group.rglob("*"), reverse=True):
                    if folder.is_dir():
                        folder.rmdir()
                self.group.rmdir()
                return
            except OSError:
                time.sleep(0.1)


def starts_and_reloads(host, config):
    host.inside("systemctl", "start", "orchestrator")
    expect(host.show("ActiveState") == "active", "systemctl start waits until it serves")
    expect(host.show("StatusText").startswith("serving: 0 running, 0 queued"), "systemctl status says what is open")
    expect(host.inside("stat", "-c", "%a %U", "/run/orchestrator", "/var/lib/orchestrator").stdout.split()
           == ["750", "orchestrator", "750", "orchestrator"], "its folders are its own")
    serving = host.inside("journalctl", "-u", "orchestrator", "-o", "json", "--no-pager", "-g", "host.serving").stdout
    expect('"PRIORITY":"6"' in serving, "the journal has the lines with their priority")

    host.write("/etc/orchestrator/conf.d/50-trial.yaml", JOB)
    expect(host.inside("systemctl", "reload", "orchestrator", check=False).returncode == 0, "a good file is reloaded")
    generation = host.ask("status")["config"]["generation"]
    host.write("/etc/orchestrator/conf.d/60-typo.yaml", "daemn: {}\n")
    refused = host.inside("systemctl", "reload", "orchestrator", check=False)
    expect(refused.returncode != 0, "systemctl reload fails where the file is refused")
    expect(host.show("ActiveState") == "active" and host.ask("status")["config"]["generation"] == generation,
           "and the host goes on with what it has")
    expect("daemn: unknown key" in host.journal(), "the journal names the place")
    (config / "conf.d/60-typo.yaml").unlink()
    expect(host.inside("systemctl", "reload", "orchestrator", check=False).returncode == 0, "mended, it is reloaded")


def reads_its_secrets(host):
    """From files that only root can read; the check that a reload begins with needs them as well."""
    secret = host.root.path / "etc/orchestrator/credentials/hook"
    host.write("/etc/orchestrator/credentials/hook", "a secret of the forge\n")
    secret.chmod(0o600)
    host.write("/etc/systemd/system/orchestrator.service.d/secret.conf",
               "[Service]\nLoadCredential=hook:/etc/orchestrator/credentials/hook\n")
    host.write("/etc/orchestrator/conf.d/40-hook.yaml",
               "http: { webhooks: { listen: 127.0.0.1:8481, gitea: { secret: { credential: hook } } } }\n")
    host.inside("systemctl", "daemon-reload")
    host.inside("systemctl", "restart", "orchestrator")
    expect(host.show("ActiveState") == "active", "a credential that systemd hands over is read")
    expect(host.inside("systemctl", "reload", "orchestrator", check=False).returncode == 0, "and by a reload")
    expect("a secret of the forge" not in host.journal(), "and told to nobody")


def run_a_job(host, name):
    host.inside("orchestrator", "task", "submit", "--repo", "shop", "--title", name, "--id", name)
    host.wait(lambda: host.ask("status")["workers"]["busy"] == 1, "a job runs")


def survives(host):
    run_a_job(host, "UP-1")
    worker = host.ask("queue", "list")["jobs"][0]["pid"]
    host.inside("systemctl", "kill", "--kill-whom=main", "-s", "KILL", "orchestrator")
    host.wait(lambda: host.show("NRestarts") == "1" and host.show("ActiveState") == "active", "it is started again")
    expect("worker.adopted" in host.journal(), "a killed host is started again, and adopts the job that went on")
    expect(host.ask("queue", "list")["jobs"][0]["pid"] == worker, "its worker is the one from before")

    host.write("/etc/systemd/system/orchestrator.service.d/quick.conf", QUICK)
    host.inside("systemctl", "daemon-reload")
    host.inside("systemctl", "restart", "orchestrator")
    before = host.show("MainPID")
    host.inside("kill", "-STOP", before)
    host.wait(lambda: host.show("MainPID") not in (before, "0") and host.show("ActiveState") == "active",
              "a host that hangs is replaced")
    expect("Watchdog timeout" in host.inside("journalctl", "--no-pager", "-o", "cat").stdout, "the watchdog ends a host that hangs")
    (host.root.path / "etc/systemd/system/orchestrator.service.d/quick.conf").unlink()
    host.inside("systemctl", "daemon-reload")
    host.inside("systemctl", "restart", "orchestrator")


def stops(host):
    host.wait(lambda: host.ask("status")["workers"]["busy"] == 0, "the job has ended")
    run_a_job(host, "UP-2")
    host.inside("systemctl", "stop", "orchestrator")
    expect(host.show("ActiveState") == "inactive" and host.show("Result") == "success", "systemctl stop drains and ends well")
    expect("host.stopped" in host.journal(), "the host says so")
    host.write("/etc/orchestrator/conf.d/60-typo.yaml", "daemn: {}\n")
    host.inside("systemctl", "start", "orchestrator", check=False)
    expect(host.show("ExecMainStatus") == "78" and host.show("NRestarts") == "0", "a refused file is not tried again and again")
    (host.root.path / "etc/orchestrator/conf.d/60-typo.yaml").unlink()
    host.inside("systemctl", "reset-failed", "orchestrator")
    host.inside("systemctl", "start", "orchestrator")


def upgrades(host, package):
    run_a_job(host, "UP-3")
    before = host.show("MainPID")
    (host.root.path / "var/tmp" / package.name).write_bytes(package.read_bytes())
    said = host.inside("dpkg", "-i", "--force-confold", f"/var/tmp/{package.name}")
    expect("draining" in said.stdout + said.stderr, "an upgrade drains first")
    expect(host.show("MainPID") != before and host.show("ActiveState") == "active", "the new version serves")
    status = host.ask("status")
    expect(not status["draining"] and status["ready"], "and starts new work")
    expect(host.inside("runuser", "-u", "orchestrator", "--", "orchestrator", "events", "verify").returncode == 0, "the audit trail is whole")


def refuses_an_upgrade(host, package):
    before = host.show("MainPID")
    host.write("/etc/orchestrator/conf.d/60-typo.yaml", "daemn: {}\n")
    (host.root.path / "var/tmp" / package.name).write_bytes(package.read_bytes())
    said = host.inside("dpkg", "-i", "--force-confold", f"/var/tmp/{package.name}")
    expect("daemn" in said.stdout + said.stderr and "nothing was started" in said.stdout + said.stderr,
           "an upgrade whose version refuses the file says why")
    expect(host.show("MainPID") == before and host.show("ActiveState") == "active", "and leaves the host that runs alone")
    (host.root.path / "etc/orchestrator/conf.d/60-typo.yaml").unlink()
    host.inside("systemctl", "restart", "orchestrator")
    host.inside("orchestrator", "resume", "--reason", "mended")


def lifecycle(root, build, folder):
    made = [packages(build, folder / version, version)["orchestrator"] for version in ("0.1.0", "0.2.0", "0.3.0")]
    root.apt("update")
    root.apt("install", "systemd-sysv", "dbus", "procps", "iproute2")
    root.inside("dpkg", "--purge", "orchestrator", check=False)
    root.inside("rm", "-rf", "/etc/systemd/system/orchestrator.service.d")
    root.install(made[0])
    root.unmount()
    host = Booted(root)
    try:
        starts_and_reloads(host, root.path / "etc/orchestrator")
        reads_its_secrets(host)
        survives(host)
        stops(host)
        upgrades(host, made[1])
        refuses_an_upgrade(host, made[2])
        host.inside("dpkg", "-r", "orchestrator")
        expect(host.show("ActiveState") in ("inactive", "failed") and host.inside("pgrep", "-x", "orchestrator", check=False).returncode == 1,
               "a removal stops it")
    finally:
        host.end()


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    root = clean_root.Root(pathlib.Path(sys.argv[2]).absolute())
    with tempfile.TemporaryDirectory() as name:
        try:
            lifecycle(root, pathlib.Path(sys.argv[1]).absolute(), pathlib.Path(name))
        finally:
            root.unmount()


if __name__ == "__main__":
    main()
