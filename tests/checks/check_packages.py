#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the Debian packages and installs, upgrades, removes and purges them below a root of their own: the operator's
configuration survives an upgrade, a configuration that is refused stops nothing but the start, state survives a removal.
usage: check_packages.py BUILD_DIR      Ends with 77 where packages cannot be installed (not root, no dpkg)."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile


def run(*argv, **more):
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=600, **more)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, argv))}: {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done.stdout + done.stderr


def check(condition, text):
    if not condition:
        sys.exit(f"failed: {text}")


class Root:
    """A file system with nothing in it but dpkg's own records."""

    def __init__(self, folder):
        self.path = folder
        for name in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "var/log"):
            (folder / name).mkdir(parents=True)
        for name in ("status", "available"):
            (folder / "var/lib/dpkg" / name).touch()

    def dpkg(self, *arguments):
        return run("dpkg", f"--root={self.path}", "--force-depends", "--force-script-chrootless", "--force-confold",
                   "--force-unsafe-io",  # nothing here has to outlive a power cut
                   "--log=/dev/null", *arguments)

    def at(self, name):
        return self.path / name


def packages(build, folder, version):
    run("cpack", "--config", build / "CPackConfig.cmake", "-G", "DEB", "-B", folder,
        "-D", f"CPACK_PACKAGE_VERSION={version}", "-D", "CPACK_DEBIAN_COMPRESSION_TYPE=none")
    return {path.name.split("_")[0]: path for path in folder.glob("*.deb")}


def judge(debs):
    """lintian has nothing to say but what config/debian/lintian-overrides explains."""
    if shutil.which("lintian") is None:
        print("lintian is not here; ./setup ci installs it")
        return
    run("lintian", "--allow-root", "--fail-on", "error,warning", "--suppress-tags", "uses-no-compression-for-data-tarball",
        *debs.values())


def main():
    build = pathlib.Path(sys.argv[1])
    if os.geteuid() != 0 or shutil.which("dpkg") is None or shutil.which("dpkg-shlibdeps") is None:
        print("skipped: needs root, dpkg and dpkg-shlibdeps")
        return 77
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        first = packages(build, folder / "one", "0.1.0")
        check(set(first) == {"orchestrator", "orchestrator-plugin-dev", "orchestrator-doc"}, f"packages: {sorted(first)}")
        judge(first)
        control = run("dpkg-deb", "-f", first["orchestrator"], "Depends")
        check("libpoconet80" in control and "git" in control, f"Depends: {control}")
        root = Root(folder / "root")
        root.dpkg("-i", *first.values())
        config = root.at("etc/orchestrator/orchestrator.yaml")
        for path in ("usr/bin/orchestrator", "usr/bin/orchestrator-worker", "usr/lib/systemd/system/orchestrator.service",
                     "usr/share/man/man1/orchestrator.1.gz", "usr/share/man/man5/orchestrator.yaml.5.gz", "usr/share/man/man7/orchestrator-plugin.7.gz",
                     "usr/share/zsh/vendor-completions/_orchestrator", "usr/share/fish/vendor_completions.d/orchestrator.fish", "usr/share/bash-completion/completions/orchestrator",
                     "usr/share/orchestrator/orchestrator.schema.json", "usr/share/orchestrator/alerts.yml",
                     "usr/include/orchestrator/plugin/abi.h", "etc/default/orchestrator"):
            check(root.at(path).exists(), f"{path} is not installed")
        check("orchestrator 0." in run(root.at("usr/bin/orchestrator"), "version"), "the installed program runs")
        run(root.at("usr/bin/orchestrator"), "config", "check", "-c", config)
        state = root.at("var/lib/orchestrator/orchestrator.db")
        state.parent.mkdir(parents=True)
        state.touch()

        config.write_text(config.read_text() + "\n# mine\n")
        second = packages(build, folder / "two", "0.2.0")
        root.dpkg("-i", second["orchestrator"])
        check("# mine" in config.read_text(), "the operator's configuration survives an upgrade")
        check("0.2.0" in root.dpkg("-s", "orchestrator"), "the upgrade is installed")

        config.write_text(config.read_text() + "\ndaemn: {}\n")
        third = packages(build, folder / "three", "0.3.0")
        said = root.dpkg("-i", third["orchestrator"])
        check("nothing was started" in said, f"a refused configuration is told of: {said}")
        check("daemn" in said, f"the finding is shown: {said}")

        root.dpkg("-r", "orchestrator")
        check(config.exists() and state.exists(), "a removal keeps configuration and state")
        check(not root.at("usr/bin/orchestrator").exists(), "a removal removes the program")
        root.dpkg("-P", "orchestrator")
        check(not config.exists() and not state.exists(), "a purge takes both")
    return 0


if __name__ == "__main__":
    sys.exit(main())
