#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves the direction of the includes over the tree: folders of the host see only what lies below them, a
third-party library stays in its rooms, and plugins see the plugin API alone."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "checks"))
import tree  # noqa: E402

# Which folders of host/ a folder may include. A folder without a row here is refused.
LEAF = {"base", "domain"}
BELOW_ENGINE = LEAF | {"config", "store", "jobs", "process", "git", "artifacts", "clients"}
MAY_INCLUDE = {
    "base": set(),
    "domain": {"base"},
    "process": LEAF,
    "artifacts": LEAF,
    "store": LEAF,
    "clients": LEAF,
    "gates": LEAF,
    "config": LEAF | {"process", "gates"},
    "jobs": LEAF | {"process"},
    "git": LEAF | {"process"},
    "engine": BELOW_ENGINE,
    "http": BELOW_ENGINE | {"engine"},
    "cli": LEAF | {"config"},
    "sandbox": {"process"},
    "worker": LEAF | {"process", "jobs", "git", "artifacts", "gates"},
    "app": BELOW_ENGINE | {"engine", "http", "cli", "gates"},
    "": {"base", "app", "cli"},  # main.cpp
}

# Third-party headers by the start of their path, and the folders they may appear in. `in_headers`: also in a
# header of that room; else in .cpp files only.
ROOMS = {
    "Poco/": {"http", "clients", "app", "cli"},
    "yaml-cpp/": {"config"},
    "sqlite3.h": {"store"},
    "boost/": {"worker"},
    "openssl/": {"base"},
    "valijson/": {"config"},
    "CLI/": {"app", "cli"},
    "prometheus/": {"http"},
    "kainjow/": {"http"},
    "nlohmann/": set(MAY_INCLUDE) - {"base", "domain"},
    "orchestrator/plugin/": {"config", "worker"},
}
CPP_ONLY = {"nlohmann/": "nlohmann/json_fwd.hpp", "boost/": "", "valijson/": ""}
SYSTEM_FOLDERS = ("sys/", "linux/", "arpa/", "net/", "netinet/")
# What a plugin may include besides its own files, the plugin API and the standard library.
PLUGIN_ROOMS = ("orchestrator/plugin/", "nlohmann/")
PLUGIN_ROOMS_OF = {"llm-spawner": ("kainjow/",)}
TEST_ROOMS = ("gtest/", "gmock/")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)
LIBRARY = re.compile(r"orch_library\(\s*(\w+)([^)]*)\)")


def cmake_arrows(root):
    """folder → the folders that host/CMakeLists.txt lets it see."""
    text = re.sub(r"#[^\n]*", "", (root / "host/CMakeLists.txt").read_text(encoding="utf-8"))
    arrows = {}
    for name, arguments in LIBRARY.findall(text):
        words = arguments.split()
        depends = words[words.index("DEPENDS") + 1:] if "DEPENDS" in words else []
        if "THIRD_PARTY" in depends:
            depends = depends[:depends.index("THIRD_PARTY")]
        arrows[name] = set(depends)
    return arrows


def includes(path):
    text = tree.code_of(path)
    return [(m.group(1) == "<", m.group(2), text.count("\n", 0, m.start()) + 1) for m in INCLUDE.finditer(text)]


def third_party(folder, path, header, rooms):
    for prefix, allowed in rooms.items():
        if not header.startswith(prefix):
            continue
        if folder not in allowed:
            return f"<{header}> belongs to {', '.join(sorted(allowed))}, not to {folder or 'main.cpp'}"
        if prefix in CPP_ONLY and path.suffix != ".cpp" and header != CPP_ONLY[prefix]:
            return f"<{header}> is for .cpp files"
        return None
    if "/" in header and not header.startswith(SYSTEM_FOLDERS):
        return f"<{header}> has no room in tests/check_layers.py"
    return None


def host_include(root, folder, header, arrows):
    target = header.split("/")[0] if "/" in header else ""
    generated_from = root / "host" / (header + ".in")
    if not (root / "host" / header).is_file() and not generated_from.is_file():
        return f'"{header}" is not a file below host/'
    if target == folder:
        return None
    if target not in MAY_INCLUDE.get(folder, set()):
        return f'{folder or "main.cpp"} may not include {target}: "{header}"'
    if folder in arrows and target not in arrows[folder]:
        return f'host/CMakeLists.txt gives {folder} no DEPENDS {target}: "{header}"'
    return None


def host_findings(root):
    arrows = cmake_arrows(root)
    found = [f"host/CMakeLists.txt: {name} may not depend on {', '.join(sorted(extra))}"
             for name, depends in arrows.items() if (extra := depends - MAY_INCLUDE.get(name, set()))]
    folders = [p.name for p in sorted((root / "host").iterdir()) if p.is_dir()]
    found += [f"host/{name}: unknown folder; give it a row in tests/check_layers.py"
              for name in folders if name not in MAY_INCLUDE]
    scanned = 0
    for path in tree.files(root, "host"):
        parts = path.relative_to(root / "host").parts
        folder = parts[0] if len(parts) > 1 else ""
        if folder not in MAY_INCLUDE:
            continue
        for angled, header, line in includes(path):
            scanned += 1
            problem = (third_party(folder, path, header, ROOMS) if angled
                       else host_include(root, folder, header, arrows))
            if problem:
                found.append(f"{path.relative_to(root)}:{line}: {problem}")
    return found if scanned else found + ["host: no #include found; the scan looked at nothing"]


def plugin_findings(root):
    found = []
    for path in tree.files(root, "plugins", "plugin-api/include"):
        parts = path.relative_to(root).parts
        rooms = PLUGIN_ROOMS + SYSTEM_FOLDERS + PLUGIN_ROOMS_OF.get(parts[1], ())
        rooms += TEST_ROOMS if "tests" in parts else ()
        for angled, header, line in includes(path):
            problem = None
            if angled and "/" in header and not header.startswith(rooms):
                problem = f"<{header}>: a plugin sees the plugin API alone"
            heavy = header.startswith("nlohmann/") and header != CPP_ONLY["nlohmann/"]
            if angled and heavy and path.suffix != ".cpp":
                problem = f"<{header}> is for .cpp files"
            own = ("orchestrator/plugin/", "support/") if "tests" in parts else ("orchestrator/plugin/",)
            if not angled and "/" in header and not header.startswith(own):
                problem = f'"{header}": a plugin includes its own files and the plugin API'
            if problem:
                found.append(f"{path.relative_to(root)}:{line}: {problem}")
    return found


def findings(root):
    return host_findings(root) + plugin_findings(root)


if __name__ == "__main__":
    tree.main(findings)
