#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_llm_map is green on the tree as it is, and red on each way in which the pages could drift."""
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import check_llm_map as check  # noqa: E402
import tree  # noqa: E402

DRIFTS = [
    (check.MAP, "role: tester, stage: testing", "role: reviewer, stage: testing", "role and verdict key"),
    (check.MAP, "producers: [test-runner, llm-spawner]", "producers: [llm-spawner]", "the chain differs"),
    (check.MAP, "verdict_key: verdict, on_control_path: true", "verdict_key: verdict, on_control_path: false", "puts a model"),
    (check.MAP, "derivable: true, avoidable: true", "derivable: true, avoidable: false", "avoidable is"),
    (check.MAP, "<!-- llm-call-sites:begin -->", "", "looked at nothing"),
    (check.ROADMAP, "| no |\n| 3", "| yes |\n| 3", "exactly one row"),
    (check.ROADMAP, "| agent_runs |", "| a guess |", "savings come from"),
    (check.ROADMAP, "plugin: staging-runner", "plugin: other", "avoidable paths"),
    (check.ROADMAP, "| 2 |", "| 4 |", "ranks"),
    (check.ROADMAP, "| first_slice |", "| first |", "columns"),
    (check.ROADMAP, "The first slice", "TASK-12: the first slice", "invents a ticket"),
    (check.CONFIG, "producers: [deploy-finalizer, llm-spawner]", "producers: [llm-spawner]", "the chain differs"),
    (check.POLICY, "| `rate_limit` | limited |", "| `rate_limit` | shut |", "differs from"),
    (check.POLICY, "<!-- provider-gate:begin -->", "", "differs from"),
    (check.GATE, 'SignRow{"overload"', 'SignRow{"overlord"', "has no result"),
    (check.CANON, '"feedback",', "", "variables of a prompt"),
    (check.POLICY, "| developer | claude-opus-4-8 | xhigh |", "| developer | claude-opus-4-8 | high |", "model and effort of developer"),
    (check.OPTIONS, 'RoleDefault{Role::tester, "medium"}', 'RoleDefault{Role::tester, "low"}', "default effort of tester"),
    (check.STAGES, '.verdict_key = "result"', '.verdict_key = "outcome"', "role and verdict key"),
]


class LlmMap(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for name in (check.MAP, check.ROADMAP, check.POLICY, check.STAGES, check.CONFIG, check.GATE, check.ENDS,
                     check.PROMPT, check.CANON, check.OPTIONS):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(tree.ROOT / name, self.root / name)

    def test_the_tree_as_it_is_passes(self):
        self.assertEqual(check.findings(self.root), [])

    def test_every_drift_is_found(self):
        for name, old, new, word in DRIFTS:
            with self.subTest(drift=new):
                path = self.root / name
                text = path.read_text(encoding="utf-8")
                self.assertIn(old, text)
                path.write_text(text.replace(old, new), encoding="utf-8")
                lines = check.findings(self.root)
                path.write_text(text, encoding="utf-8")
                self.assertTrue(any(word in line for line in lines), f"no finding says {word!r}: {lines}")


if __name__ == "__main__":
    unittest.main()
