// SPDX-License-Identifier: Apache-2.0
// The handlers of the route table. Each reads one consistent picture or posts one command and waits
// for its answer. [any HTTP thread]
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "http/event_streams.h"
#include "http/exchange.h"
#include "http/problem.h"
#include "http/services.h"

namespace orc::http {

// probes.cpp
Result<Response> healthy(const Services& services, const Request& request);
Result<Response> ready(const Services& services, const Request& request);
Result<Response> health(const Services& services, const Request& request);
Result<Response> metrics(const Services& services, const Request& request);

// daemon.cpp
Result<Response> reload(const Services& services, const Request& request);
Result<Response> drain(const Services& services, const Request& request);
Result<Response> resume(const Services& services, const Request& request);
Result<Response> status(const Services& services, const Request& request);
Result<Response> queue(const Services& services, const Request& request);
Result<Response> list_stages(const Services& services, const Request& request);
Result<Response> list_gates(const Services& services, const Request& request);
Result<Response> advisor(const Services& services, const Request& request);
Result<Response> show_config(const Services& services, const Request& request);
Result<Response> next(const Services& services, const Request& request);
Result<Response> list_events(const Services& services, const Request& request);
inline constexpr std::string_view k_events_path = "/api/v1/events";
// topics.cpp
// ?topics=tasks,host,queue,task:ORCH-116,log:88 of an event stream; unset: every event.
Result<std::variant<StreamWish, Problem>> stream_wish(const Services& services,
                                                      const Request& request,
                                                      const std::string& last_event_id);

// schemas.cpp
Result<Response> config_schema(const Services& services, const Request& request);
Result<Response> artifact_schema(const Services& services, const Request& request);
Result<Response> event_schema(const Services& services, const Request& request);

// board.cpp
Result<Response> board_page(const Services& services, const Request& request);
Result<Response> task_page(const Services& services, const Request& request);
Result<Response> board_asset(const Services& services, const Request& request);

// tasks.cpp
Result<Response> list_tasks(const Services& services, const Request& request);
Result<Response> show_task(const Services& services, const Request& request);
Result<Response> task_timeline(const Services& services, const Request& request);
Result<Response> task_why(const Services& services, const Request& request);
Result<Response> task_artifact(const Services& services, const Request& request);
Result<Response> run_log(const Services& services, const Request& request);

// runs.cpp
Result<Response> list_runs(const Services& services, const Request& request);
Result<Response> show_run(const Services& services, const Request& request);
Result<Response> llm_usage(const Services& services, const Request& request);

// task_commands.cpp
Result<Response> submit_task(const Services& services, const Request& request);
Result<Response> approve_task(const Services& services, const Request& request);
Result<Response> reject_task(const Services& services, const Request& request);
Result<Response> retry_task(const Services& services, const Request& request);
Result<Response> hold_task(const Services& services, const Request& request);
Result<Response> release_task(const Services& services, const Request& request);
Result<Response> cancel_task(const Services& services, const Request& request);

// webhooks.cpp
Result<Response> receive_webhook(const Services& services, const Request& request);

// ownership.cpp
Result<Response> list_leases(const Services& services, const Request& request);
Result<Response> release_lease(const Services& services, const Request& request);
Result<Response> release_lease_by_query(const Services& services, const Request& request);

// plugins.cpp
Result<Response> list_plugins(const Services& services, const Request& request);
Result<Response> show_plugin(const Services& services, const Request& request);
Result<Response> kill_plugin(const Services& services, const Request& request);
Result<Response> unkill_plugin(const Services& services, const Request& request);
Result<Response> try_plugin(const Services& services, const Request& request);

}  // namespace orc::http
