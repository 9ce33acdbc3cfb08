#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Debian packages in a Debian of their own, as an operator meets them: installed by apt with their dependencies,
started as the service's user, upgraded while a job runs, removed, purged. Needs root, debootstrap and a mirror, so no
test suite runs it. What only a running systemd can show is tried by booted_root.py.
usage: clean_root.py BUILD_DIR ROOT      ROOT is made where it is not there, and left behind for the next time."""
import json
import pathlib
import subprocess
import sys
import tempfile
import time

MIRROR = "http://deb.debian.org/debian"
JOB = """plugins:
  llm-spawner: { enabled: true, repos: "*", isolation: off,
                 settings: { preset: custom, stdin: prompt, argv: [/bin/sh, -c, "sleep 6; exit 3"] } }
  test-runner: { enabled: false }
repos: { shop: {} }
"""


def run(*argv, check=True, **more):
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=900, check=False, **more)
    if check and done.returncode != 0:
        sys.exit(f"{' '.join(map(str, argv))}: {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done


def expect(condition, text):
    print(("ok    " if condition else "FAILED ") + text, flush=True)
    if not condition:
        sys.exit(1)


class Root:
    def __init__(self, folder):
        self.path = folder
        self.host = None
        if not (folder / "usr/bin/apt-get").exists():
            run("debootstrap", "--variant=minbase", "bookworm", folder, MIRROR)
        # No service of a package is started here, as in any build chroot (policy-rc.d, Debian Policy 9.3.3).
        policy = folder / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        if not (folder / "proc/self").exists():
            run("mount", "-t", "proc", "proc", folder / "proc")

    def unmount(self):
        run("umount", self.path / "proc", check=False)

    def inside(self, *argv, user=None, check=True):
        who = [f"--userspec={user}"] if user else []
        return run("chroot", *who, self.path, *argv, check=check, stdin=subprocess.DEVNULL,
                   env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "HOME": "/root",
                        "LC_ALL": "C"})

    def apt(self, *argv):
        return self.inside("apt-get", "-y", "-q", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confold", *argv)

    def install(self, package):
        target = self.path / "tmp" / package.name
        target.write_bytes(package.read_bytes())
        return self.apt("install", f"/tmp/{package.name}")

    def ask(self, *words):
        return json.loads(self.inside("orchestrator", *words, "-o", "json").stdout)

    def start(self):
        """As the unit does: its folders made beforehand, its user, its command."""
        for folder in ("var/lib/orchestrator", "run/orchestrator"):
            (self.path / folder).mkdir(parents=True, exist_ok=True)
            self.inside("chown", "orchestrator:orchestrator", "/" + folder)
        log = (self.path / "tmp/host.log").open("ab")
        self.host = subprocess.Popen(
            ["chroot", "--userspec=orchestrator:orchestrator", str(self.path), "/usr/bin/orchestrator", "serve", "--config",
             "/etc/orchestrator/orchestrator.yaml"], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/var/lib/orchestrator"})
        for _ in range(200):
            if self.inside("orchestrator", "status", check=False).returncode == 0:
                return
            time.sleep(0.1)
        sys.exit("the host does not answer:\n" + (self.path / "tmp/host.log").read_text()[-3000:])

    def stop(self):
        if self.host is not None:
            self.host.terminate()
            self.host.wait(timeout=60)
            self.host = None


def packages(build, folder, version):
    run("cpack", "--config", build / "CPackConfig.cmake", "-G", "DEB", "-B", folder,
        "-D", f"CPACK_PACKAGE_VERSION={version}", "-D", "CPACK_DEBIAN_COMPRESSION_TYPE=none")
    return {path.name.split("_")[0]: path for path in folder.glob("*.deb")}


def lifecycle(root, build, folder):
    first = packages(build, folder / "one", "0.1.0")
    root.apt("update")
    root.install(first["orchestrator"])
    expect("orchestrator" in root.inside("getent", "passwd", "orchestrator").stdout, "apt installs it, with its user")
    expect("orchestrator 0." in root.inside("orchestrator", "version").stdout, "the program finds its libraries")
    expect(root.inside("orchestrator", "config", "check").returncode == 0, "the shipped configuration is accepted")
    root.start()
    expect(root.ask("status")["ready"], "it serves as its own user")
    expect(root.inside("orchestrator", "task", "list", user="nobody:nogroup", check=False).returncode == 77,
           "nobody else may command it")

    (root.path / "etc/orchestrator/conf.d").mkdir(exist_ok=True)
    (root.path / "etc/orchestrator/conf.d/50-trial.yaml").write_text(JOB)
    expect(root.inside("orchestrator", "reload").returncode == 0, "a drop-in is reloaded")
    root.inside("orchestrator", "task", "submit", "--repo", "shop", "--title", "upgrade me", "--id", "UP-1")
    for _ in range(100):
        if root.ask("status")["workers"]["busy"]:
            break
        time.sleep(0.05)
    expect(root.ask("status")["workers"]["busy"] == 1, "a job runs")

    config = root.path / "etc/orchestrator/orchestrator.yaml"
    config.write_text(config.read_text() + "\n# mine\n")
    second = packages(build, folder / "two", "0.2.0")
    began = time.monotonic()
    said = root.install(second["orchestrator"])
    expect("draining" in said.stdout + said.stderr, f"the upgrade drains first ({time.monotonic() - began:.0f} s)")
    status = root.ask("status")
    expect(status["draining"] and status["workers"]["busy"] == 0, "the job has ended, and nothing new was started")
    expect("# mine" in config.read_text(), "the operator's configuration is kept")
    root.stop()
    root.start()
    expect(root.ask("status")["draining"], "the drain outlives the restart")
    root.inside("orchestrator", "resume", "--reason", "upgraded")
    expect(not root.ask("status")["draining"], "it is resumed")
    expect(root.inside("orchestrator", "events", "verify", user="orchestrator:orchestrator").returncode == 0, "the audit trail is whole")
    root.stop()

    root.apt("remove", "orchestrator")
    expect(not (root.path / "usr/bin/orchestrator").exists(), "a removal takes the programs")
    expect(config.exists() and (root.path / "var/lib/orchestrator/orchestrator.db").exists(),
           "and leaves configuration and state")
    root.apt("purge", "orchestrator")
    expect(not config.exists() and not (root.path / "var/lib/orchestrator").exists(), "a purge takes both")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    root = Root(pathlib.Path(sys.argv[2]).absolute())
    with tempfile.TemporaryDirectory() as name:
        try:
            lifecycle(root, pathlib.Path(sys.argv[1]).absolute(), pathlib.Path(name))
        finally:
            root.stop()
            root.unmount()


if __name__ == "__main__":
    main()
