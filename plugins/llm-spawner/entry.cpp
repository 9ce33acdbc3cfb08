// SPDX-License-Identifier: Apache-2.0
#include "llm_spawner.h"

ORCHESTRATOR_PLUGIN(llm_spawner::LlmSpawner, "llm-spawner", ORCH_VERSION, llm_spawner::k_meta);
