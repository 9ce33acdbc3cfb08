#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks a plugin's file against the link rules of the plugin API: what keeps a module loadable beside another
version of itself, and its refusal readable."""
import subprocess
import sys

EXPORTS = {"orch_plugin_ident", "orch_plugin_query"}


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def faults_of(path):
    exported = {line.split()[-1] for line in output_of("nm", "-D", "--defined-only", path).splitlines()}
    if exported != EXPORTS:
        yield f"exports {sorted(exported)}, wanted exactly {sorted(EXPORTS)}"
    if any(len(f) > 2 and f[-2] == "u" for f in map(str.split, output_of("nm", path).splitlines())):
        yield "has GNU_UNIQUE symbols: two generations would share them and neither would unload"
    dynamic = output_of("readelf", "-dW", path)
    for unwanted in ("(RPATH)", "(RUNPATH)", "(TEXTREL)"):
        if unwanted in dynamic:
            yield f"has {unwanted}"
    if "BIND_NOW" not in dynamic:
        yield "is not bound at load: a missing symbol would end the process at its first call"
    segments = output_of("readelf", "-lW", path)
    if "GNU_RELRO" not in segments:
        yield "has no relro segment"
    if any("GNU_STACK" in line and "RWE" in line for line in segments.splitlines()):
        yield "has an executable stack"
    if "Build ID" not in output_of("readelf", "-nW", path):
        yield "has no build id"
    sections = output_of("readelf", "-SW", path)
    if not any(".orchplg" in line and " 000200 " in line for line in sections.splitlines()):
        yield "has no identity section of 512 bytes"


def main():
    faults = [f"{path}: {fault}" for path in sys.argv[1:] for fault in faults_of(path)]
    print("\n".join(faults) or "sound")
    return 1 if faults or len(sys.argv) < 2 else 0


if __name__ == "__main__":
    sys.exit(main())
