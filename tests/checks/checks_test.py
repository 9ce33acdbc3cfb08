#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The checks themselves: each is green on a sound tree, red on the one defect it is for, red on an empty one."""
import pathlib
import stat
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import check_docs  # noqa: E402
import check_layers  # noqa: E402
import check_llm_transport  # noqa: E402
import check_messages  # noqa: E402
import check_processes  # noqa: E402
import check_push  # noqa: E402
import check_reliability  # noqa: E402
import check_sizes  # noqa: E402
import check_stage_table  # noqa: E402
import check_stage_writer  # noqa: E402

SOUND = {
    "host/CMakeLists.txt": "orch_library(base THIRD_PARTY x)\norch_library(store DEPENDS base domain)\n"
                           "orch_library(engine DEPENDS base store)\n",
    "host/base/text.h": "#pragma once\n#include <string>\n",
    "host/store/store.cpp": '#include <sqlite3.h>\n#include "base/text.h"\n'
                            'const char* a = "UPDATE tasks SET rev = rev + 1,"\n    " stage = ?1 WHERE id = ?2";\n'
                            'const char* b = "UPDATE tasks SET title = ?1 WHERE stage = ?2";\n',
    "host/engine/loop.cpp": '#include "store/store.h"\n// system("ls") only in words, as is codex\n'
                            'void f() { log(LogLevel::info, "job.held", "x"); }\n',
    "host/store/store.h": "#pragma once\n",
    "plugins/llm-spawner/presets.cpp": '#include <orchestrator/plugin/sdk.hpp>\nconst char* c = "claude";\n',
    "docs/operations/messages.md": "### `job.held`\nA job is held.\n[up](../architecture.md)\n",
    "docs/architecture.md": "a\n<!-- stages:begin -->\n| stage |\n<!-- stages:end -->\nb\n",
    "orchestrator": "#!/bin/sh\necho '| stage |'\n",
}


class Checks(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def plant(self, **changed):
        for name, text in (SOUND | {k.replace("__", "/").replace("_dot_", "."): v for k, v in changed.items()}).items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        (self.root / "orchestrator").chmod(stat.S_IRWXU)

    def refused(self, findings, word, *arguments):
        lines = findings(self.root, *arguments)
        self.assertTrue(any(word in line for line in lines), f"no finding says {word!r}: {lines}")

    def test_a_sound_tree_passes_every_check(self):
        self.plant()
        for check in (check_docs, check_layers, check_llm_transport, check_messages, check_processes, check_sizes,
                      check_stage_writer):
            self.assertEqual(check.findings(self.root), [], check.__name__)
        self.assertEqual(check_stage_table.findings(self.root, self.root / "orchestrator"), [])

    def test_an_empty_tree_fails_every_scan(self):
        (self.root / "host").mkdir()
        (self.root / "host/CMakeLists.txt").write_text("")
        for check in (check_docs, check_layers, check_llm_transport, check_messages, check_processes, check_sizes,
                      check_stage_writer):
            self.assertNotEqual(check.findings(self.root), [], check.__name__)

    def test_layers_refuse_an_arrow_the_other_way(self):
        self.plant(host__base__text_dot_h='#include "store/store.h"\n')
        self.refused(check_layers.findings, "base may not include store")

    def test_layers_refuse_an_arrow_that_cmake_does_not_draw(self):
        self.plant(host__domain__x_dot_h="\n", host__engine__loop_dot_cpp='#include "domain/x.h"\n')
        self.refused(check_layers.findings, "no DEPENDS domain")

    def test_layers_refuse_a_cmake_arrow_against_the_rules(self):
        self.plant(host__CMakeLists_dot_txt="orch_library(base DEPENDS engine)\n")
        self.refused(check_layers.findings, "base may not depend on engine")

    def test_layers_refuse_an_unknown_folder(self):
        self.plant(host__misc__x_dot_h="#pragma once\n")
        self.refused(check_layers.findings, "unknown folder")

    def test_layers_refuse_a_third_party_header_outside_its_room(self):
        self.plant(host__engine__loop_dot_cpp="#include <sqlite3.h>\n")
        self.refused(check_layers.findings, "belongs to store")

    def test_layers_refuse_a_third_party_header_without_a_room(self):
        self.plant(host__engine__loop_dot_cpp="#include <fmt/format.h>\n")
        self.refused(check_layers.findings, "has no room")

    def test_layers_refuse_the_heavy_json_header_in_a_header(self):
        self.plant(host__store__store_dot_h="#include <nlohmann/json.hpp>\n")
        self.refused(check_layers.findings, "for .cpp files")

    def test_layers_refuse_a_plugin_that_looks_into_the_host(self):
        self.plant(plugins__lint__x_dot_cpp='#include "base/text.h"\n')
        self.refused(check_layers.findings, "its own files")

    def test_processes_refuse_a_shell(self):
        for code in ('int f() { return system("ls"); }', 'auto p = popen("ls", "r");',
                     'run({"sh", "-c", text});', 'run("/bin/sh -c ls");'):
            self.plant(host__engine__loop_dot_cpp=code)
            self.refused(check_processes.findings, "argument list")

    def test_stage_writer_refuses_a_second_file(self):
        self.plant(host__engine__loop_dot_cpp='const char* q = "UPDATE tasks SET stage=?1";\n')
        self.refused(check_stage_writer.findings, "host/engine/loop.cpp")

    def test_push_refuses_a_second_place_and_a_forced_one(self):
        self.plant(host__git__push_dot_cpp='Command c(place, "push");\n')
        self.assertEqual(check_push.findings(self.root), [])
        for code in ('Command c(place, "push");', 'c.option("--force");', 'c.refspec("+x:refs/heads/main");'):
            self.plant(host__git__other_dot_cpp=code + "\n")
            self.refused(check_push.findings, "host/git/other.cpp")

    def test_llm_transport_refuses_an_agent_command_outside_the_spawner(self):
        self.plant(plugins__lint__x_dot_cpp='const char* c = "codex";\n')
        self.refused(check_llm_transport.findings, "codex")

    def test_llm_transport_lets_a_model_name_pass(self):
        self.plant(host__engine__loop_dot_cpp='const char* c = "claude-opus-4-8";\n')
        self.assertEqual(check_llm_transport.findings(self.root), [])

    def test_sizes_refuse_a_long_file(self):
        self.plant(host__engine__loop_dot_cpp="\n" * 401)
        self.refused(check_sizes.findings, "401 lines")

    def test_docs_refuse_a_path_of_one_machine_and_a_dead_link(self):
        self.plant(docs__a_dot_md="see /work/x and [this](gone.md)\n")
        self.refused(check_docs.findings, "a path of one machine")
        self.refused(check_docs.findings, "gone.md")

    def test_messages_refuse_both_directions_of_drift(self):
        self.plant(docs__operations__messages_dot_md="### `job.lost`\n")
        self.refused(check_messages.findings, '"job.held" has no entry')
        self.refused(check_messages.findings, '"job.lost" is logged nowhere')

    def test_reliability_refuses_a_test_and_a_fail_point_that_are_not_there(self):
        self.plant(docs__reliability_dot_md="## Fail-points\n| `a.b` | x |\n## The matrix\n`Suite.Gone`\n",
                   host__base__failpoint_dot_h='  X(c_d, "c.d", "y")\n', host__app__check__check_dot_cpp="",
                   host__app__check__outside_dot_cpp="", host__store__sqlite__row_checks_dot_cpp='{"I1", "it_holds"}')
        for problem in ("no test Suite.Gone", "a.b: x is not in the program", "c.d: y of the program is missing",
                        "it_holds of the program is missing"):
            self.refused(check_reliability.findings, problem)

    def test_stage_table_refuses_drift_and_accepts_on_request(self):
        self.plant(docs__architecture_dot_md="a\n<!-- stages:begin -->\n| old |\n<!-- stages:end -->\nb\n")
        binary = self.root / "orchestrator"
        self.refused(check_stage_table.findings, "not what", binary)
        check_stage_table.accept(self.root, binary)
        self.assertEqual(check_stage_table.findings(self.root, binary), [])
        self.assertIn("\nb\n", (self.root / check_stage_table.PAGE).read_text())


if __name__ == "__main__":
    unittest.main()
