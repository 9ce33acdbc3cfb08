// SPDX-License-Identifier: Apache-2.0
// The statements whose cost must not grow with the number of finished tasks, in one place so that a
// test can ask SQLite for the plan of each. A partial index serves only a statement that repeats
// its condition; INDEXED BY makes SQLite refuse the statement if it does not.
#pragma once

#include "store/sqlite/rows.h"

#define ORC_OF_TASKS_AND_HOSTS                                              \
  " CROSS JOIN tasks t ON t.id=j.task_id LEFT JOIN hosts h ON h.id=j.owner" \
  " LEFT JOIN task_requests r ON r.task_id=t.id"

namespace orc::store::sql {

// Whether a task's live job waits, from indices alone: a live job that is not queued runs.
#define ORC_QUEUED_OF(task) \
  "SELECT 1 FROM jobs q INDEXED BY jobs_queued WHERE q.state='queued' AND q.task_id=" task

// ?1 after, ?2 stage or NULL, ?3 state or NULL, ?4 repo or ''
inline constexpr char k_tasks[] =
    "SELECT " ORC_TASK_COLUMNS " FROM " ORC_TASK_TABLES
    " WHERE t.id>?1 AND (?2 IS NULL OR t.stage=?2) AND (?3 IS NULL OR t.state=?3)"
    " AND (?4='' OR t.repo=?4) ORDER BY t.id";
inline constexpr char k_open_tasks[] =
    "SELECT " ORC_TASK_COLUMNS
    " FROM tasks t INDEXED BY tasks_open LEFT JOIN task_requests r ON r.task_id=t.id"
    " WHERE t.finished_at IS NULL AND t.state=?3 AND t.id>?1 AND (?2 IS NULL OR t.stage=?2)"
    " AND (?4='' OR t.repo=?4) ORDER BY t.id";

inline constexpr char k_open_task_on[] =
    "SELECT work_item FROM tasks INDEXED BY tasks_open_branch"
    " WHERE finished_at IS NULL AND repo=?1 AND branch=?2 LIMIT 1";

inline constexpr char k_running_jobs[] =
    "SELECT " ORC_JOB_COLUMNS "," ORC_TASK_COLUMNS
    " FROM jobs j INDEXED BY jobs_live" ORC_OF_TASKS_AND_HOSTS
    " WHERE j.finished_at IS NULL AND NOT EXISTS(" ORC_QUEUED_OF("j.task_id") ")"
    " AND j.state='running' ORDER BY j.started_at,j.id";
inline constexpr char k_queued_jobs[] = "SELECT " ORC_JOB_COLUMNS "," ORC_TASK_COLUMNS
                                        " FROM jobs j INDEXED BY jobs_queued" ORC_OF_TASKS_AND_HOSTS
                                        " WHERE j.state='queued' ORDER BY j.task_id";
// ?1 now, ?2 limit
inline constexpr char k_due_jobs[] =
    "SELECT id,task_id FROM jobs INDEXED BY jobs_queued WHERE state='queued' AND run_after<=?1"
    " ORDER BY task_id LIMIT ?2";
inline constexpr char k_queued_job[] =
    "SELECT " ORC_JOB_COLUMNS "," ORC_TASK_COLUMNS " FROM jobs j" ORC_OF_TASKS_AND_HOSTS
    " WHERE j.id=?1 AND j.state='queued'";
// ?1 now
inline constexpr char k_next_due[] =
    "SELECT min(run_after) FROM jobs INDEXED BY jobs_queued WHERE state='queued' AND run_after>?1";
inline constexpr char k_live_job[] =
    "SELECT " ORC_JOB_COLUMNS
    " FROM jobs j INDEXED BY jobs_live LEFT JOIN hosts h ON h.id=j.owner"
    " WHERE j.task_id=?1 AND j.finished_at IS NULL";
// From the end of the table: as many rows are read as are wanted.
inline constexpr char k_finished_jobs[] =
    "SELECT " ORC_JOB_COLUMNS " FROM " ORC_JOB_TABLES
    " WHERE j.state='finished' AND j.kind='produce' AND j.started_at IS NOT NULL"
    " ORDER BY j.id DESC";
inline constexpr char k_next_task_number[] = "SELECT ifnull(max(id),0)+1 FROM tasks";

// Stage, state, hold, whether its job runs, how many, since when: a row for each open task, and one
// for all that ended in the same way.
inline constexpr char k_stage_counts[] =
    "SELECT t.stage,t.state,t.hold_class,t.state='active' AND NOT EXISTS("
    ORC_QUEUED_OF("t.id") "),1,t.stage_since"
    " FROM tasks t INDEXED BY tasks_open WHERE t.finished_at IS NULL"
    " UNION ALL SELECT stage,state,NULL,0,count,oldest FROM finished_tasks";

inline constexpr char k_last_event[] = "SELECT ifnull(max(id),0) FROM events";
// ?1 after, ?2 task
inline constexpr char k_events[] =
    "SELECT id,task_id,kind,actor,text,data,at FROM events WHERE id>?1 ORDER BY id";
inline constexpr char k_events_of_task[] =
    "SELECT id,task_id,kind,actor,text,data,at FROM events INDEXED BY events_of_task"
    " WHERE task_id=?2 AND id>?1 ORDER BY id";
inline constexpr char k_open_alerts[] =
    "SELECT a.id,a.task_id,coalesce(t.work_item,''),a.condition,a.text,a.at FROM alerts a INDEXED "
    "BY alerts_open"
    " LEFT JOIN tasks t ON t.id=a.task_id WHERE a.cleared_at IS NULL ORDER BY a.id";
#define ORC_LEASES                                                                              \
  "SELECT l.task_id,t.work_item,l.epoch,l.holder,l.acquired_at,h.instance,h.pid,h.start_ticks," \
  "h.boot_id,h.stopped_at FROM transition_leases l"
#define ORC_OF_LEASES " JOIN tasks t ON t.id=l.task_id LEFT JOIN hosts h ON h.id=l.owner"
inline constexpr char k_lease[] = ORC_LEASES ORC_OF_LEASES " WHERE l.task_id=?1";
inline constexpr char k_held_leases[] =
    ORC_LEASES " INDEXED BY transition_leases_held" ORC_OF_LEASES
               " WHERE l.released_at IS NULL ORDER BY l.task_id";
inline constexpr char k_serial_places[] =
    "SELECT g.task_id,t.work_item,g.repo,g.arrived_at,g.entered_at FROM serial_gate g"
    " INDEXED BY serial_gate_line JOIN tasks t ON t.id=g.task_id ORDER BY g.repo,g.ticket";

inline constexpr char k_ending_jobs[] =
    "SELECT " ORC_JOB_COLUMNS "," ORC_TASK_COLUMNS
    " FROM ending_workers e CROSS JOIN jobs j ON j.id=e.job_id" ORC_OF_TASKS_AND_HOSTS;

// What does not fit together: task, job or 0, what it is.
inline constexpr char k_active_without_job[] =
    "SELECT t.id,0,'' FROM tasks t INDEXED BY tasks_open WHERE t.finished_at IS NULL"
    " AND t.state='active' AND NOT EXISTS(SELECT 1 FROM jobs j INDEXED BY jobs_live"
    " WHERE j.task_id=t.id AND j.finished_at IS NULL)";
inline constexpr char k_stray_jobs[] =
    "SELECT j.task_id,j.id,'job '||j.id||' is at '||j.stage||', its task is '||t.state||' at '"
    "||t.stage FROM jobs j INDEXED BY jobs_live CROSS JOIN tasks t ON t.id=j.task_id"
    " WHERE j.finished_at IS NULL AND (t.state<>'active' OR t.stage<>j.stage)";
inline constexpr char k_not_called[] =
    "SELECT j.task_id,j.id,'' FROM jobs j INDEXED BY jobs_queued"
    " LEFT JOIN serial_gate g ON g.task_id=j.task_id"
    " WHERE j.state='queued' AND j.reason='serial_gate' AND (g.task_id IS NULL"
    " OR g.ticket=(SELECT min(ticket) FROM serial_gate WHERE repo=g.repo))";
inline constexpr char k_idle_leases[] =
    "SELECT l.task_id,0,'' FROM transition_leases l INDEXED BY transition_leases_held"
    " CROSS JOIN tasks t ON t.id=l.task_id WHERE l.released_at IS NULL AND t.state<>'active'";
inline constexpr char k_idle_places[] =
    "SELECT g.task_id,0,'' FROM serial_gate g INDEXED BY serial_gate_line"
    " CROSS JOIN tasks t ON t.id=g.task_id"
    " WHERE t.state<>'active' AND t.state<>'waiting_human'";
inline constexpr char k_pull_requests_over[] =
    "SELECT t.id,0,'pull request '||p.number||' was closed while its task is at '||t.stage"
    " FROM tasks t INDEXED BY tasks_open CROSS JOIN pull_requests p ON p.task_id=t.id"
    " WHERE t.finished_at IS NULL AND t.state<>'held' AND p.state='closed'";
inline constexpr char k_open_holds[] =
    "SELECT id,hold_class FROM tasks INDEXED BY tasks_open"
    " WHERE finished_at IS NULL AND state='held'";

inline constexpr char k_due_outbox[] =
    "SELECT id,channel,key,body,attempts,due FROM outbox INDEXED BY outbox_due"
    " WHERE sent_at IS NULL AND due<=?1 ORDER BY due,id";

}  // namespace orc::store::sql
