// SPDX-License-Identifier: Apache-2.0
#include "staging_runner.h"

ORCHESTRATOR_PLUGIN(staging_runner::StagingRunner, "staging-runner", "0.1.0",
                    staging_runner::k_meta);
