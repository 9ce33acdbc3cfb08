// SPDX-License-Identifier: Apache-2.0
#include "deploy_finalizer.h"

ORCHESTRATOR_PLUGIN(deploy_finalizer::DeployFinalizer, "deploy-finalizer", ORCH_VERSION,
                    deploy_finalizer::k_meta);
