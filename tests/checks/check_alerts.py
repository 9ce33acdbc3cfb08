#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""promtool reads the alert rules, and every alert fires on what it is for and on nothing else: a table of series, an
hour and more of each. Ends with 77 where there is no promtool (./setup ci)."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = ROOT / "config/alerts.yml"
HOUR, DAY = 60, 24 * 60  # minutes, the step of the series


def still(value, minutes=2 * HOUR):
    return f"{value}+0x{minutes}"


def jump(before, after, minutes=30):
    """Stays, and is another value from then on."""
    return f"{before}+0x{2 * HOUR - minutes} {after}+0x{minutes}"


def own(name, **labels):
    return name + "{" + ",".join(f'{key}="{value}"' for key, value in {"instance": "a", **labels}.items()) + "}"


M = "orchestrator_"
UP, ENABLED = own(M + "plugin_up", plugin="p"), own(M + "plugin_enabled", plugin="p")
OK, BAD = (own(M + "llm_runs_total", role="tester", model="m", effort="e", result=word) for word in ("ok", "auth"))
HOLD = own(M + "tasks", stage="testing", state="infra_hold")

# alert → (series that make it fire, series that do not, minute of the look)
CASES = {
    "OrchestratorConfigReloadRejected": ({own(M + "config_last_reload_successful"): still(0)},
                                         {own(M + "config_last_reload_successful"): still(1)}),
    "OrchestratorPluginDown": ({UP: still(0), ENABLED: still(1)}, {UP: still(0), ENABLED: still(0)}),
    "OrchestratorPluginOffForLong": ({ENABLED: still(0, 2 * DAY)}, {ENABLED: f"1+0x{DAY} 0+0x{DAY}"}, DAY + 60),
    "OrchestratorProducerPaused": ({own(M + "breaker_open", producer="p", reason="network"): still(1)},
                                   {own(M + "breaker_open", producer="p", reason="network"): still(0)}),
    "OrchestratorSelftestFailed": ({own(M + "selftest_passed", subject="merge_gate"): still(0)},
                                   {own(M + "selftest_passed", subject="merge_gate"): still(1)}),
    "OrchestratorServiceDegraded": ({own(M + "post_deploy_monitors", state="degraded"): jump(1, 2)},
                                    {own(M + "post_deploy_monitors", state="degraded"): still(2)}),
    "OrchestratorRollbackUnfinished": ({own(M + "post_deploy_rollbacks", state="unknown"): jump(0, 1)},
                                       {own(M + "post_deploy_rollbacks", state="succeeded"): jump(0, 1),
                                        own(M + "post_deploy_rollbacks", state="unknown"): still(3)}),
    "OrchestratorInfraHold": ({HOLD: still(2)}, {HOLD: still(0)}),
    "OrchestratorStageStuck": ({own(M + "oldest_task_age_seconds", stage="review"): still(90000)},
                               {own(M + "oldest_task_age_seconds", stage="review"): still(80000)}),
    "OrchestratorReconcilerSilent": ({own(M + "reconciler_last_run_timestamp_seconds"): still(1)},
                                     {own(M + "reconciler_last_run_timestamp_seconds"): f"0+60x{2 * HOUR}"}),
    "OrchestratorQuarantine": ({own(M + "reconciler_actions_total", action="quarantined"): jump(0, 1)},
                               {own(M + "reconciler_actions_total", action="repaired"): jump(0, 1)}),
    "OrchestratorSpendHigh": ({own(M + "llm_cost_usd_total", role="tester", model="m"): f"0+1x{2 * HOUR}"},
                              {own(M + "llm_cost_usd_total", role="tester", model="m"): f"900+0.1x{2 * HOUR}"}),
    "OrchestratorAgentRunsFail": ({OK: still(9), BAD: f"0+1x{2 * HOUR}"},
                                  {OK: f"0+4x{2 * HOUR}", BAD: f"0+1x{2 * HOUR}"}),
    "OrchestratorNotificationsFail": ({own(M + "notifications_total", channel="log", result="failed"): f"0+1x{2 * HOUR}"},
                                      {own(M + "notifications_total", channel="log", result="failed"): still(7)}),
    "OrchestratorDatabaseBusy": ({own(M + "db_busy_total"): f"0+120x{2 * HOUR}"}, {own(M + "db_busy_total"): f"0+5x{2 * HOUR}"}),
    "OrchestratorProcessesLeftBehind": (
        {own(M + "process_group_kills_total", signal="SIGTERM", reason="leftover"): f"0+1x{2 * HOUR}"},
        {own(M + "process_group_kills_total", signal="SIGTERM", reason="timeout"): f"0+1x{2 * HOUR}"}),
    "OrchestratorWebhooksRefused": ({own(M + "webhooks_total", source="gitea", result="refused"): f"0+1x{2 * HOUR}"},
                                    {own(M + "webhooks_total", source="gitea", result="refused"): jump(0, 1)}),
    "OrchestratorDeploymentUnknown": ({own(M + "deployments", state="unknown"): jump(1, 2)},
                                      {own(M + "deployments", state="unknown"): still(2)}),
    "OrchestratorStaleLease": ({own(M + "leases", state="stale"): still(1)}, {own(M + "leases", state="stale"): still(0)}),
    "OrchestratorDraining": ({own(M + "draining"): still(1)}, {own(M + "draining"): jump(0, 1)}),
    "OrchestratorDown": ({}, {own(M + "build_info"): still(1)}),
}


def promtool():
    own_copy = ROOT / "build/tools/promtool"
    return str(own_copy) if own_copy.exists() else shutil.which("promtool")


def look(alert, series, fires, minute=2 * HOUR):
    return {"interval": "1m", "input_series": [{"series": name, "values": values} for name, values in series.items()],
            "promql_expr_test": [{"expr": f'count(ALERTS{{alertname="{alert}",alertstate="firing"}}) or vector(0)',
                                  "eval_time": f"{minute}m", "exp_samples": [{"labels": "{}", "value": int(fires)}]}]}


def run(*argv):
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0:
        print(done.stdout[-4000:] + done.stderr[-4000:])
    return done.returncode == 0


def main():
    alerts = set(re.findall(r"- alert: (\w+)", RULES.read_text(encoding="utf-8")))
    strangers = sorted(alerts ^ set(CASES))
    if strangers or not alerts:
        print("in the rules or in the table, but not in both: " + ", ".join(strangers))
        return 1
    tool = promtool()
    if tool is None:
        print("skipped: no promtool here; ./setup ci fetches it")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        tests = []
        for alert, (firing, quiet, *minute) in CASES.items():
            tests += [look(alert, firing, True, *minute), look(alert, quiet, False, *minute)]
        page = pathlib.Path(folder) / "tests.yml"  # JSON is YAML
        page.write_text(json.dumps({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": tests}))
        return 0 if run(tool, "check", "rules", RULES) and run(tool, "test", "rules", page) else 1


if __name__ == "__main__":
    sys.exit(main())
