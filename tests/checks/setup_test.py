#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""./setup against stand-ins for apt: it installs exactly what is missing, once, and says what to do if it cannot."""
import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
STAND_INS = {
    "dpkg-query": '#!/bin/sh\nfor last; do :; done\ngrep -qx "$last" "$STAND/missing" || printf installed\n',
    "apt-get": '#!/bin/sh\necho "$@" >>"$STAND/calls"\n[ "$2" = update ] || [ ! -e "$STAND/broken" ]\n',
    "sudo": '#!/bin/sh\n[ "$1" = -n ] && shift\nexec "$@"\n',
}


class Setup(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.stand = pathlib.Path(folder.name)
        for name, text in STAND_INS.items():
            (self.stand / name).write_text(text)
            (self.stand / name).chmod(0o755)

    def run_setup(self, *arguments, missing=(), path="{stand}:/usr/bin:/bin"):
        (self.stand / "missing").write_text("".join(f"{name}\n" for name in missing))
        environment = {"PATH": path.format(stand=self.stand), "STAND": str(self.stand), "HOME": os.environ["HOME"]}
        return subprocess.run([str(ROOT / "setup"), *arguments], env=environment, capture_output=True, text=True,
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

    def test_leaves_to_ci_what_a_machine_of_ones_own_should_not_get(self):
        self.assertEqual(self.run_setup("test", missing=["prometheus"]).returncode, 0)
        self.assertEqual(self.calls(), [])
        self.assertEqual(self.run_setup("ci", missing=["prometheus", "cmake"]).returncode, 0)
        self.assertEqual(self.calls(), ["-qq update", "-qq install -y --no-install-recommends cmake prometheus"])

    def test_says_the_command_to_run_by_hand_when_it_cannot(self):
        (self.stand / "broken").touch()
        done = self.run_setup(missing=["cmake"])
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("sudo apt-get update && sudo apt-get install --no-install-recommends cmake", done.stderr)

    def test_refuses_a_purpose_it_does_not_know(self):
        self.assertNotEqual(self.run_setup("everything").returncode, 0)


if __name__ == "__main__":
    unittest.main()
