// SPDX-License-Identifier: Apache-2.0
#include "http/handlers/shared.h"

namespace orc::http {

namespace {

constexpr int k_most_events = 10'000;

}  // namespace

Problem no_such_task(const std::string& id) {
  return Problem{404, "task_not_found", "there is no task " + id, "orchestrator task list"};
}

Result<Subject> subject_of(const Services& services, const Request& request) {
  ORC_TRY(engine::StatusPtr status, published_status(services));
  ORC_TRY(auto reader, services.readers.borrow());
  ORC_TRY(auto task, reader->task(request.captured.at(0)));
  return Subject{std::move(status), std::move(reader), std::move(task)};
}

Result<views::Picture> picture_of(const Subject& subject) {
  return take_picture_with(*subject.reader, *subject.status, {&*subject.task, 1});
}

Result<views::TaskFacts> facts_of(store::Reader& reader, TaskId task) {
  views::TaskFacts facts;
  ORC_TRY(facts.jobs, reader.jobs(task));
  ORC_TRY(facts.decisions, reader.decisions(task));
  ORC_TRY(facts.artifacts, reader.artifacts(task));
  ORC_TRY(facts.approvals, reader.approvals(task));
  ORC_TRY(facts.agent_runs, reader.agent_runs(task));
  ORC_TRY(facts.events, reader.events(EventId{}, task, k_most_events));
  ORC_TRY(facts.pull_request, reader.pull_request(task));
  ORC_TRY(facts.gate_runs, reader.gate_runs(task));
  ORC_TRY(facts.deployments, reader.deployments(task));
  ORC_TRY(std::vector<Monitor> monitors, reader.monitors(task));
  if (monitors.empty()) return facts;
  ORC_TRY(facts.samples, reader.samples(monitors.front().id));
  facts.monitor = std::move(monitors.front());
  return facts;
}

}  // namespace orc::http
