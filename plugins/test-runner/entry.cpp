// SPDX-License-Identifier: Apache-2.0
#include "test_runner.h"

ORCHESTRATOR_PLUGIN(test_runner::TestRunner, "test-runner", "0.1.0", test_runner::k_meta);
