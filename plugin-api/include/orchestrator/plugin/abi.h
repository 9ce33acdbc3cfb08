/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The binary contract between the host's worker and a plugin. This file is normative; the C++ SDK
 * (sdk.hpp) is a convenience that compiles into the plugin.
 *
 * A plugin is a shared object that exports exactly two symbols: the data block `orch_plugin_ident` in
 * section ".orchplg", which the host reads from the file without loading it, and the function
 * `orch_plugin_query`. One worker process loads it, makes one instance, asks it whether it takes one job,
 * and lets it produce. There is no unloading: the process ends.
 *
 * Rules that hold everywhere:
 *   - Every struct that crosses the line starts with `struct_size`, set by whoever fills it. Structs only
 *     ever grow at the end; a reader uses a field only if it lies inside the size it was given.
 *   - Strings are (pointer, length), UTF-8, not NUL-terminated. The caller owns what it passes, valid for
 *     the call; the callee copies what it keeps. Nothing allocated on one side is freed on the other.
 *   - No exception, longjmp or exit() crosses the line. stdout and stderr of the worker are a log.
 *   - [instance]: never two at once for one instance. [any thread]: from any thread, also concurrently.
 */
#ifndef ORCHESTRATOR_PLUGIN_ABI_H
#define ORCHESTRATOR_PLUGIN_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Same major: compatible. The host serves a plugin whose required minor is not above its own. */
#define ORCH_ABI_MAJOR 1u
#define ORCH_ABI_MINOR 0u

typedef struct orch_str {
  const char* data;
  size_t size;
} orch_str;

/* What a call can answer besides its result. */
typedef int32_t orch_status;
enum {
  ORCH_OK = 0,
  ORCH_E_CONFIG = 1,    /* configure: the settings are refused; the reason went to host->log */
  ORCH_E_STATE = 2,     /* called at the wrong time, or a second submit */
  ORCH_E_ARGUMENT = 3,  /* an argument breaks the contract; nothing was done */
  ORCH_E_FAILED = 4,    /* could not be done; errno-like detail where the call has a place for it */
  ORCH_E_EXCEPTION = 5, /* the SDK caught an exception at the line */
  ORCH_E_MEMORY = 6
};

enum { ORCH_LOG_DEBUG = 0, ORCH_LOG_INFO = 1, ORCH_LOG_WARNING = 2, ORCH_LOG_ERROR = 3 };

/* ---- identity: readable without running any code of the plugin ------------------------------------ */

#define ORCH_IDENT_MAGIC "ORCHPLG\1"
#define ORCH_IDENT_SECTION ".orchplg"
#define ORCH_IDENT_SIZE 512

typedef struct orch_ident {
  char magic[8]; /* ORCH_IDENT_MAGIC, no terminator */
  uint32_t struct_size;
  uint32_t abi_major;
  uint32_t abi_minor; /* the least minor the plugin needs */
  uint32_t pointer_size;
  char id[64];          /* [a-z0-9.-]+, NUL-padded; equal to the descriptor's */
  char version[32];     /* semantic version, NUL-padded */
  char sdk_version[32]; /* of the headers it was built with */
  char toolchain[128];  /* compiler and library: information, never a reason to refuse */
  char reserved[232];   /* zeros */
} orch_ident;

/* ---- outcomes -------------------------------------------------------------------------------------- */

enum {
  ORCH_OUTCOME_VERDICT = 1, /* the tool really ran: a statement about the work */
  ORCH_OUTCOME_DECLINE = 2, /* not mine; legal only before any side effect */
  ORCH_OUTCOME_DEFER = 3,   /* transient: did not run, may run later */
  ORCH_OUTCOME_HOLD = 4     /* permanent until something outside changes */
};

/* Reasons, in ranges; the host refuses a reason outside its outcome's range. */
enum {
  ORCH_WHY_NONE = 0, /* VERDICT only */
  ORCH_WHY_OUT_OF_SCOPE = 10,
  ORCH_WHY_NO_CONTRACT = 11,
  ORCH_WHY_DISABLED = 12,
  ORCH_WHY_TIMEOUT = 20,
  ORCH_WHY_NETWORK = 21,
  ORCH_WHY_RESOURCE = 22,
  ORCH_WHY_BUSY = 23,
  ORCH_WHY_CANCELLED = 24,
  ORCH_WHY_IN_PROGRESS = 25,
  ORCH_WHY_TOOL_MISSING = 30,
  ORCH_WHY_CREDENTIALS = 31,
  ORCH_WHY_CONFIG = 32,
  ORCH_WHY_CONTRACT_BROKEN = 33,
  ORCH_WHY_UNKNOWN = 34 /* ended in a way no rule of the plugin knows */
};

/* Submitted exactly once per produce(), through host->submit. */
typedef struct orch_outcome {
  uint32_t struct_size;
  int32_t kind; /* ORCH_OUTCOME_* */
  int32_t why;  /* ORCH_WHY_* */
  uint32_t reserved;
  orch_str text; /* one line for people */
  /* VERDICT: the token of the stage's verdict key. Empty says "the artifact lies in the worktree, written
   * by an agent" or "the stage has no machine verdict". */
  orch_str token;
  /* VERDICT with a token: Markdown below the frontmatter. The host writes the frontmatter. At most 1 MiB. */
  orch_str body;
  /* DEFER */
  uint64_t retry_after_ms; /* 0: the host's own backoff */
  orch_str resume_token;   /* opaque, at most 4 KiB; given back with the next attempt */
} orch_outcome;

/* ---- running a program ------------------------------------------------------------------------------ */

enum {
  ORCH_RUN_EXITED = 1,
  ORCH_RUN_SIGNALLED = 2,
  ORCH_RUN_TIMED_OUT = 3,
  ORCH_RUN_NOT_STARTED = 4,
  ORCH_RUN_CANCELLED = 5
};

typedef struct orch_env {
  orch_str name;
  orch_str value;
} orch_env;

/* Called with output as it arrives, in the thread that called run_process. `stream` is 1 or 2. */
typedef void (*orch_output_fn)(void* context, int32_t stream, orch_str bytes);

typedef struct orch_process {
  uint32_t struct_size;
  uint32_t argc;
  const orch_str* argv; /* argv[0] is looked up in PATH; never a shell string */
  orch_str cwd;         /* empty: the worktree */
  /* The child's whole environment beyond the host's allow-list (PATH, HOME, LANG, TMPDIR, TZ, ORCH_RUN_ID).
   * Nothing else of the worker's environment is inherited. */
  const orch_env* env;
  uint64_t env_count;
  orch_str stdin_bytes; /* empty: /dev/null */
  uint64_t timeout_ms;  /* 0: until the job's own deadline */
  uint64_t grace_ms;    /* 0: the host's kill_grace; between the soft signal and SIGKILL */
  uint64_t output_cap;  /* bytes kept of each stream, first and last half; 0: 1 MiB */
  int32_t soft_signal;  /* 0: SIGTERM */
  int32_t mutating;     /* not 0: counts as a side effect */
  /* not 0: start and return at once; the child survives the job, has no ORCH_RUN_ID and no output is kept. Counts
   * as a side effect; ended is ORCH_RUN_EXITED with code 0 once it runs. What it starts survives as long as the
   * child itself stays: it must not hand its work to a daemon and end before the job does. */
  int32_t detached;
  uint32_t reserved;
  orch_output_fn on_output; /* may be null */
  void* on_output_context;
} orch_process;

/* Filled by the host; the strings are valid until the next run_process or the end of the call. */
typedef struct orch_process_result {
  uint32_t struct_size;
  int32_t ended; /* ORCH_RUN_* */
  int32_t code;  /* exit code, signal number, or errno for NOT_STARTED */
  int32_t truncated;
  orch_str out;
  orch_str err;
  uint64_t duration_ms;
} orch_process_result;

/* ---- what a plugin is asked to do -------------------------------------------------------------------- */

typedef struct orch_artifact {
  uint32_t struct_size;
  int32_t required;
  orch_str file; /* relative to artifact_dir; '*' stands for part of a file name */
} orch_artifact;

typedef struct orch_request {
  uint32_t struct_size;
  int32_t attempt; /* counts from 1 within one visit of the stage */
  orch_str job;
  orch_str run_id; /* unique per attempt; also ORCH_RUN_ID in the environment of every child that ends with the job */
  orch_str work_item;
  orch_str title;
  orch_str request;  /* the business request as submitted: hostile text */
  orch_str feedback; /* why the last gate sent the task back; empty on a first visit */
  orch_str stage;
  orch_str role;
  orch_str model;  /* from configuration only */
  orch_str effort; /* from configuration only */
  orch_str repo;
  orch_str branch;
  orch_str base_branch;
  orch_str commit;      /* the branch head this attempt works on; empty without a repository */
  orch_str base_commit; /* where the branch left the base branch; empty if unknown */
  orch_str content_id;
  /* Folders, absolute. `worktree` is the task's own clone and the only place an agent may write;
   * `verification` is a checkout of exactly `commit` that the host made for this job, without .git;
   * `artifact_dir` is <worktree>/docs/work-items/<work item>. Without a repository the worktree is a plain folder
   * and `verification` is empty; development has no verification checkout either. */
  orch_str worktree;
  orch_str verification;
  orch_str artifact_dir;
  orch_str scratch;      /* private to this job; removed with it */
  orch_str prompt_file;  /* the shipped default prompt of the role */
  orch_str contract;     /* the repository's configuration block as a JSON object */
  orch_str resume_token; /* from the last DEFER of this task at this stage; else empty */
  orch_str verdict_key;  /* of the stage; empty: it has no machine verdict */
  const orch_str* tokens; /* allowed verdict tokens */
  uint64_t token_count;
  const orch_artifact* artifacts; /* what the stage owes; use artifact_stride to step */
  uint64_t artifact_count;
  uint64_t artifact_stride;
  /* Who released the hold of a verdict that stops for a human at this stage, on exactly this content; else empty. */
  orch_str approved_by;
} orch_request;

/* ---- what the host offers ---------------------------------------------------------------------------- */

/* All [any thread] unless said otherwise. `context` is host->context. Valid from create's return until
 * destroy; run_process and submit only inside produce (run_process also inside preflight). */
typedef struct orch_host {
  uint32_t struct_size;
  uint32_t abi_minor;
  void* context;
  /* Rate and size limited; tagged with plugin and job. */
  void (*log)(void* context, int32_t level, orch_str message);
  /* Not 0 once the job should end: cancelled by a human, or past its deadline. */
  int32_t (*cancelled)(void* context);
  uint64_t (*now_ms)(void* context);       /* wall clock, milliseconds since the epoch */
  uint64_t (*remaining_ms)(void* context); /* until this job's deadline */
  /* Runs a program in its own session and sweeps its whole process tree at the end. Blocks.
   * ORCH_OK also when the program failed: read the result. */
  orch_status (*run_process)(void* context, const orch_process* spec, orch_process_result* result);
  /* [instance] The outcome of this produce(). A second call is ORCH_E_STATE and fails the job; a token,
   * kind or reason outside the contract is ORCH_E_ARGUMENT and fails the job. */
  orch_status (*submit)(void* context, const orch_outcome* outcome);
  /* An extension table by name and revision ("orch.statedir/1"); NULL if this host has none. */
  const void* (*get_extension)(void* context, orch_str name);
} orch_host;

/* "orch.statedir/1": a folder that outlives the job, one per plugin and task. */
#define ORCH_EXT_STATEDIR "orch.statedir/1"
typedef struct orch_ext_statedir {
  uint32_t struct_size;
  orch_str (*path)(void* context);
} orch_ext_statedir;

/* "orch.artifact.aux/1": a further file for the task's artifact folder (a raw report, a triage). Names:
 * [A-Za-z0-9._-], no leading dot, at most 8 files and 4 MiB in all. Never read by a gate. */
#define ORCH_EXT_ARTIFACT_AUX "orch.artifact.aux/1"
typedef struct orch_ext_artifact_aux {
  uint32_t struct_size;
  orch_status (*write)(void* context, orch_str name, orch_str bytes);
} orch_ext_artifact_aux;

/* "orch.progress/1": one line on what it does now, shown to operators. */
#define ORCH_EXT_PROGRESS "orch.progress/1"
typedef struct orch_ext_progress {
  uint32_t struct_size;
  void (*report)(void* context, orch_str text);
} orch_ext_progress;

/* "orch.agent_run/1": the record of one LLM invocation. Negative numbers say "unknown". */
#define ORCH_EXT_AGENT_RUN "orch.agent_run/1"
typedef struct orch_agent_run {
  uint32_t struct_size;
  int32_t complete; /* not 0: the program said itself that it had finished */
  orch_str program;
  orch_str program_version;
  orch_str model;
  orch_str effort;
  orch_str result; /* ok, auth, rate_limit, overload, context, timeout, killed, bad_artifact, unknown */
  int64_t input_tokens;
  int64_t output_tokens;
  int64_t cache_read_tokens;
  int64_t cache_write_tokens;
  int64_t turns;
  double cost_usd;
  int64_t wall_ms;
} orch_agent_run;
typedef struct orch_ext_agent_run {
  uint32_t struct_size;
  orch_status (*record)(void* context, const orch_agent_run* run);
} orch_ext_agent_run;

/* "orch.base_checkout/1": inside produce() only. A checkout of base_commit that the host makes on the first call,
 * without .git, removed with the job. Empty: there is no base, or it could not be made; the reason is in the log. */
#define ORCH_EXT_BASE_CHECKOUT "orch.base_checkout/1"
typedef struct orch_ext_base_checkout {
  uint32_t struct_size;
  orch_str (*path)(void* context);
} orch_ext_base_checkout;

/* "orch.preflight/1": inside preflight() only. The repositories that the plugin may be asked to produce for, so
 * that what a repository needs is looked for before a task depends on it. Of each request only these are set: repo,
 * base_branch, contract, scratch, and verification where the host knows the repository already: the files of
 * its default branch near the root (two folders deep), none larger than 256 KiB. */
#define ORCH_EXT_PREFLIGHT "orch.preflight/1"
typedef struct orch_ext_preflight {
  uint32_t struct_size;
  uint32_t reserved;
  uint64_t (*count)(void* context);
  const orch_request* (*repository)(void* context, uint64_t index); /* null: there is none of that index */
  /* What was found about one, in one line: with ORCH_OK what will be run, with ORCH_E_FAILED what is missing. A
   * later call replaces an earlier one. preflight() itself then speaks of the plugin's own surroundings alone. */
  void (*found)(void* context, uint64_t index, orch_status status, orch_str text);
} orch_ext_preflight;

/* ---- what a plugin is -------------------------------------------------------------------------------- */

enum {
  ORCH_CAP_PREFLIGHT = 1u << 0,    /* preflight() is not null */
  ORCH_CAP_CANCEL = 1u << 1,       /* cancel() is not null */
  ORCH_CAP_SIDE_EFFECTS = 1u << 2, /* produce may change something outside the job's folders */
  ORCH_CAP_RESUMABLE = 1u << 3,    /* uses resume_token */
  ORCH_CAP_LLM = 1u << 4           /* starts a language model: the single LLM transport */
};

typedef struct orch_plugin orch_plugin; /* the plugin's own instance type */

/* One stage a plugin can produce for. The host's own table is the authority: a stage or token that it does
 * not know is refused at load. */
typedef struct orch_stage_claim {
  uint32_t struct_size;
  uint32_t reserved;
  orch_str stage;       /* "testing"; "*" for every stage */
  orch_str verdict_key; /* "result"; empty for "*" and for stages without one */
} orch_stage_claim;

/* Static and constant for the life of the process. */
typedef struct orch_descriptor {
  uint32_t struct_size;
  uint32_t capabilities; /* ORCH_CAP_*; a bit without its function, or the reverse, is refused */
  orch_str id;
  orch_str name;
  orch_str version;
  orch_str license;
  orch_str description;
  orch_str settings_schema; /* JSON Schema, draft-07 */
  const orch_stage_claim* stages;
  uint64_t stage_count;
  uint64_t stage_stride;
  uint64_t default_timeout_ms;

  /* Allocate an instance. May call host->log, nothing else. 100 ms. [instance] */
  orch_status (*create)(const orch_host* host, orch_plugin** instance);
  /* Take the settings: a JSON object that already fits settings_schema, defaults filled in. No I/O. 1 s.
   * [instance] */
  orch_status (*configure)(orch_plugin* instance, orch_str settings);
  /* Take this job? A pure decision from the request and cheap looks at files; no process, no network.
   * ORCH_OK and *accepted; a refusal names its reason (10–19) and text through `why` and `text`, which stay
   * valid until the next call on the instance. 1 s. [instance] */
  orch_status (*accepts)(orch_plugin* instance, const orch_request* request, int32_t* accepted, int32_t* why,
                         orch_str* text);
  /* Do the work; submit exactly one outcome; return ORCH_OK after all own threads ended. Until the job's
   * deadline. [instance] */
  orch_status (*produce)(orch_plugin* instance, const orch_request* request);
  /* Is the surrounding in order? Changes nothing. ORCH_OK, or ORCH_E_FAILED with `text`. 30 s. [instance] */
  orch_status (*preflight)(orch_plugin* instance, orch_str* text);
  /* Make a running produce return soon. Sets a flag, never blocks. [any thread] */
  void (*cancel)(orch_plugin* instance);
  /* Legal after any failed step. [instance] */
  void (*destroy)(orch_plugin* instance);
} orch_descriptor;

/* NULL: cannot serve a host of this version. Allocates nothing, logs nothing, no I/O. */
typedef const orch_descriptor* (*orch_plugin_query_fn)(uint32_t host_abi_major, uint32_t host_abi_minor);
#define ORCH_QUERY_SYMBOL "orch_plugin_query"
#define ORCH_IDENT_SYMBOL "orch_plugin_ident"

#ifdef __cplusplus
}
#endif

#endif
