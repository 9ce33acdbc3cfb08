#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""./setup against stand-ins for apt: it installs exactly what is missing, once, and says what to do if it cannot."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
STAND_INS = {
    "dpkg-query": '#!/bin/sh\nfor last; do :; done\ngrep -qx "$last" "$STAND/missing" || printf installed\n',
    "apt-get": '#!/bin/sh\necho "$@" >>"$STAND/calls"\n[ "$2" != download ] || touch "$3.deb"\n'
               '[ "$2" = update ] || [ ! -e "$STAND/broken" ]\n',
    # Whatever the package, it holds both files, each with its own name in it.
    "dpkg-deb": '#!/bin/sh\nfor f in usr/bin/promtool usr/sbin/nginx; do mkdir -p "$3/${f%/*}"; printf %s "$f" >"$3/$f";'
                ' chmod +x "$3/$f"; done\n',
    "sudo": '#!/bin/sh\n[ "$1" = -n ] && shift\nexec "$@"\n',
}


class Setup(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.stand = pathlib.Path(folder.name) / "bin"
        self.tree = pathlib.Path(folder.name) / "tree"  # it works in the folder it lies in
        self.stand.mkdir()
        self.tree.mkdir()
        for name in ("setup", "packages.txt"):
            shutil.copy(ROOT / name, self.tree / name)
        for name, text in STAND_INS.items():
            (self.stand / name).write_text(text)
            (self.stand / name).chmod(0o755)

    def run_setup(self, *arguments, missing=(), path="{stand}:/usr/bin:/bin"):
        (self.stand / "missing").write_text("".join(f"{name}\n" for name in missing))
        environment = {"PATH": path.format(stand=self.stand), "STAND": str(self.stand), "HOME": os.environ["HOME"]}
        return subprocess.run([str(self.tree / "setup"), *arguments], env=environment, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=60, check=False)

    def calls(self):
        path = self.stand / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def test_touches_nothing_when_all_is_there(self):
        done = self.run_setup()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.calls(), [])

    def test_updates_once_and_installs_what_is_missing(self):
        done = self.run_setup(missing=["cmake", "libpoco-dev"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.calls(), ["-qq update", "-qq install -y --no-install-recommends cmake libpoco-dev"])

    def test_leaves_out_for_the_demo_what_only_the_tests_need(self):
        self.assertEqual(self.run_setup("demo", missing=["openssh-server"]).returncode, 0)
        self.assertEqual(self.calls(), [])

    def test_takes_single_files_out_of_packages_for_ci_and_installs_none_of_these(self):
        self.assertEqual(self.run_setup("test").returncode, 0)
        self.assertEqual(self.calls(), [])
        done = self.run_setup("ci")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.calls(), ["-qq download prometheus", "-qq download nginx"])
        tool = self.tree / "build/tools/promtool"
        self.assertEqual(tool.read_text(), "usr/bin/promtool")
        self.assertTrue(os.access(tool, os.X_OK))
        self.run_setup("ci")
        self.assertEqual(len(self.calls()), 2, "what is there is not fetched again")

    def test_goes_on_where_a_file_cannot_be_fetched(self):
        (self.stand / "broken").touch()
        done = self.run_setup("ci")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("could not fetch the package prometheus; what needs promtool is skipped", done.stderr)
        self.assertFalse((self.tree / "build/tools/promtool").exists())

    def test_says_the_command_to_run_by_hand_when_it_cannot(self):
        (self.stand / "broken").touch()
        done = self.run_setup(missing=["cmake"])
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("sudo apt-get update && sudo apt-get install --no-install-recommends cmake", done.stderr)

    def test_refuses_a_purpose_it_does_not_know(self):
        self.assertNotEqual(self.run_setup("everything").returncode, 0)


if __name__ == "__main__":
    unittest.main()
