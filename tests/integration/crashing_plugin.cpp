// SPDX-License-Identifier: Apache-2.0
// A library that looks like a plugin until it is loaded: its constructor ends the process.
#include <csignal>

#include "orchestrator/plugin/abi.h"

extern "C" {

[[gnu::section(ORCH_IDENT_SECTION)]] extern const orch_ident orch_plugin_ident;
const orch_ident orch_plugin_ident{.magic = {'O', 'R', 'C', 'H', 'P', 'L', 'G', '\1'},
                                   .struct_size = sizeof(orch_ident),
                                   .abi_major = ORCH_ABI_MAJOR,
                                   .abi_minor = ORCH_ABI_MINOR,
                                   .pointer_size = sizeof(void*),
                                   .id = "test-runner",
                                   .version = "1.0.0"};
}

[[gnu::constructor]] static void crash() {
  ::raise(SIGSEGV);
}
