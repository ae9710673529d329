CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0008');
CREATE TABLE artifacts (
	flow_run_id TEXT NOT NULL,
	number INTEGER NOT NULL,
	id TEXT NOT NULL,
	at REAL NOT NULL,
	kind TEXT NOT NULL,
	"key" TEXT NOT NULL,
	description TEXT NOT NULL,
	media_type TEXT NOT NULL,
	location TEXT NOT NULL,
	size INTEGER NOT NULL,
	progress REAL,
	PRIMARY KEY (flow_run_id, id)
);
CREATE TABLE automation_turns (
	id INTEGER NOT NULL,
	seen INTEGER NOT NULL,
	turn INTEGER NOT NULL,
	PRIMARY KEY (id)
);
INSERT INTO "automation_turns" VALUES(1,0,0);
CREATE TABLE automations (
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	definition TEXT NOT NULL,
	deployment_id TEXT,
	paused INTEGER NOT NULL,
	created_at REAL NOT NULL,
	updated_at REAL NOT NULL,
	since INTEGER NOT NULL,
	armed_at REAL,
	window_at REAL NOT NULL,
	window_count INTEGER NOT NULL,
	held INTEGER NOT NULL,
	last_held TEXT,
	PRIMARY KEY (id),
	UNIQUE (name)
);
CREATE TABLE block_types (
	type TEXT NOT NULL,
	title TEXT NOT NULL,
	description TEXT NOT NULL,
	logo_url TEXT NOT NULL,
	home TEXT NOT NULL,
	schema TEXT NOT NULL,
	updated_at REAL NOT NULL,
	PRIMARY KEY (type)
);
CREATE TABLE blocks (
	type TEXT NOT NULL,
	name TEXT NOT NULL,
	id TEXT NOT NULL,
	data TEXT NOT NULL,
	schema TEXT NOT NULL,
	created_at REAL NOT NULL,
	updated_at REAL NOT NULL,
	PRIMARY KEY (type, name)
)
 WITHOUT ROWID

;
CREATE TABLE deployment_runs (
	run_id TEXT NOT NULL,
	deployment_id TEXT NOT NULL,
	version INTEGER NOT NULL,
	origin TEXT NOT NULL,
	schedule_id TEXT,
	tick REAL,
	backfill TEXT,
	due_at REAL NOT NULL,
	priority INTEGER NOT NULL,
	runner_id TEXT,
	claimed_at REAL,
	done_at REAL,
	PRIMARY KEY (run_id)
);
CREATE TABLE deployment_versions (
	deployment_id TEXT NOT NULL,
	version INTEGER NOT NULL,
	at REAL NOT NULL,
	definition TEXT NOT NULL,
	digest TEXT NOT NULL,
	snapshot TEXT NOT NULL,
	environment TEXT NOT NULL,
	PRIMARY KEY (deployment_id, version)
);
CREATE TABLE deployments (
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	flow TEXT NOT NULL,
	kind TEXT NOT NULL,
	version INTEGER NOT NULL,
	paused INTEGER NOT NULL,
	created_at REAL NOT NULL,
	updated_at REAL NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (name)
);
CREATE TABLE events (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	at REAL NOT NULL,
	name TEXT NOT NULL,
	resource TEXT NOT NULL,
	run_id TEXT,
	kind TEXT,
	state TEXT,
	message TEXT,
	is_end INTEGER NOT NULL,
	payload TEXT
);
CREATE TABLE failures (
	flow_run_id TEXT NOT NULL,
	number INTEGER NOT NULL,
	attempt INTEGER NOT NULL,
	error_type TEXT NOT NULL,
	message TEXT NOT NULL,
	traceback TEXT NOT NULL,
	inputs TEXT NOT NULL,
	PRIMARY KEY (flow_run_id, number, attempt)
);
CREATE TABLE firings (
	id INTEGER NOT NULL,
	automation_id TEXT NOT NULL,
	"key" TEXT NOT NULL,
	at REAL NOT NULL,
	event TEXT NOT NULL,
	count INTEGER NOT NULL,
	depth INTEGER NOT NULL,
	actions_done INTEGER NOT NULL,
	outcome TEXT NOT NULL,
	claimed_by TEXT,
	claimed_until REAL,
	done_at REAL,
	PRIMARY KEY (id)
);
CREATE TABLE flow_runs (
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	flow TEXT NOT NULL,
	kind TEXT NOT NULL,
	serial INTEGER NOT NULL,
	version TEXT NOT NULL,
	parameters TEXT NOT NULL,
	tags TEXT NOT NULL,
	parent_run_id TEXT,
	parent_number INTEGER NOT NULL,
	directory TEXT,
	state_kind TEXT NOT NULL,
	state_name TEXT NOT NULL,
	state_message TEXT,
	state_at REAL NOT NULL,
	state_version INTEGER NOT NULL,
	attempts INTEGER NOT NULL,
	created_at REAL NOT NULL,
	started_at REAL,
	ended_at REAL,
	owner_host TEXT,
	owner_boot_id TEXT,
	owner_pid INTEGER,
	owner_process_started TEXT,
	owner_token TEXT,
	lease_until REAL,
	cancel_requested_at REAL, entry TEXT, lost_parameters TEXT, value TEXT,
	PRIMARY KEY (id)
);
CREATE TABLE limit_slots (
	limit_name TEXT NOT NULL,
	run_id TEXT NOT NULL,
	number INTEGER NOT NULL,
	slots INTEGER NOT NULL,
	host TEXT NOT NULL,
	boot_id TEXT NOT NULL,
	pid INTEGER NOT NULL,
	process_started TEXT NOT NULL,
	lease_until REAL NOT NULL,
	PRIMARY KEY (limit_name, run_id, number)
)
 WITHOUT ROWID

;
CREATE TABLE limits (
	name TEXT NOT NULL,
	slots INTEGER NOT NULL,
	at REAL NOT NULL,
	PRIMARY KEY (name)
);
CREATE TABLE logs (
	id INTEGER NOT NULL,
	flow_run_id TEXT NOT NULL,
	number INTEGER NOT NULL,
	at REAL NOT NULL,
	level INTEGER NOT NULL,
	logger TEXT NOT NULL,
	message TEXT NOT NULL,
	PRIMARY KEY (id)
);
CREATE TABLE results (
	flow_run_id TEXT NOT NULL,
	number INTEGER NOT NULL,
	attempt INTEGER NOT NULL,
	at REAL NOT NULL,
	cache_key TEXT,
	expires_at REAL,
	serializer TEXT NOT NULL,
	inline TEXT NOT NULL,
	location TEXT NOT NULL,
	size INTEGER NOT NULL,
	sha256 TEXT NOT NULL,
	signature TEXT NOT NULL,
	PRIMARY KEY (flow_run_id, number, attempt)
);
CREATE TABLE run_causes (
	run_id TEXT NOT NULL,
	firing_id INTEGER NOT NULL,
	depth INTEGER NOT NULL,
	PRIMARY KEY (run_id)
)
 WITHOUT ROWID

;
CREATE TABLE run_inputs (
	flow_run_id TEXT NOT NULL,
	"key" TEXT NOT NULL,
	schema TEXT NOT NULL,
	asked_at REAL NOT NULL,
	expires_at REAL,
	value TEXT,
	given_at REAL,
	PRIMARY KEY (flow_run_id, "key")
)
 WITHOUT ROWID

;
CREATE TABLE runners (
	id TEXT NOT NULL,
	host TEXT NOT NULL,
	boot_id TEXT NOT NULL,
	pid INTEGER NOT NULL,
	process_started TEXT NOT NULL,
	workers INTEGER NOT NULL,
	started_at REAL NOT NULL,
	lease_until REAL NOT NULL,
	stopped_at REAL, serves TEXT,
	PRIMARY KEY (id)
);
CREATE TABLE schedules (
	id TEXT NOT NULL,
	deployment_id TEXT NOT NULL,
	name TEXT NOT NULL,
	definition TEXT NOT NULL,
	catchup TEXT NOT NULL,
	overlap TEXT NOT NULL,
	paused INTEGER NOT NULL,
	created_at REAL NOT NULL,
	planned_at REAL NOT NULL,
	next_at REAL,
	PRIMARY KEY (id)
);
CREATE TABLE states (
	flow_run_id TEXT NOT NULL,
	number INTEGER NOT NULL,
	version INTEGER NOT NULL,
	kind TEXT NOT NULL,
	name TEXT NOT NULL,
	message TEXT,
	at REAL NOT NULL,
	attempt INTEGER NOT NULL,
	PRIMARY KEY (flow_run_id, number, version)
)
 WITHOUT ROWID

;
CREATE TABLE task_runs (
	flow_run_id TEXT NOT NULL,
	number INTEGER NOT NULL,
	name TEXT NOT NULL,
	task TEXT NOT NULL,
	kind TEXT NOT NULL,
	tags TEXT NOT NULL,
	upstreams TEXT NOT NULL,
	map_id INTEGER NOT NULL,
	map_index INTEGER NOT NULL,
	parent INTEGER NOT NULL,
	state_kind TEXT NOT NULL,
	state_name TEXT NOT NULL,
	state_message TEXT,
	state_at REAL NOT NULL,
	state_version INTEGER NOT NULL,
	attempts INTEGER NOT NULL,
	created_at REAL NOT NULL,
	started_at REAL,
	ended_at REAL, version TEXT, digest INTEGER, value TEXT,
	PRIMARY KEY (flow_run_id, number)
)
 WITHOUT ROWID

;
CREATE TABLE ticks (
	schedule_id TEXT NOT NULL,
	at REAL NOT NULL,
	run_id TEXT,
	outcome TEXT NOT NULL,
	reason TEXT,
	decided_at REAL NOT NULL,
	PRIMARY KEY (schedule_id, at)
)
 WITHOUT ROWID

;
CREATE TABLE variables (
	name TEXT NOT NULL,
	value TEXT NOT NULL,
	tags TEXT NOT NULL,
	created_at REAL NOT NULL,
	updated_at REAL NOT NULL,
	PRIMARY KEY (name)
);
CREATE TABLE watched_files (
	automation_id TEXT NOT NULL,
	path TEXT NOT NULL,
	size INTEGER NOT NULL,
	mtime_ns INTEGER NOT NULL,
	PRIMARY KEY (automation_id, path)
)
 WITHOUT ROWID

;
CREATE INDEX ix_flow_runs_listed ON flow_runs (created_at) WHERE kind <> 'task';
CREATE INDEX ix_flow_runs_name ON flow_runs (name);
CREATE INDEX ix_flow_runs_newest ON flow_runs (created_at);
CREATE INDEX ix_flow_runs_parent ON flow_runs (parent_run_id) WHERE parent_run_id IS NOT NULL;
CREATE INDEX ix_flow_runs_serial ON flow_runs (flow, serial);
CREATE INDEX ix_flow_runs_unfinished ON flow_runs (created_at) WHERE ended_at IS NULL;
CREATE INDEX ix_logs_flow_run ON logs (flow_run_id, id);
CREATE INDEX ix_results_cache_key ON results (cache_key, at) WHERE cache_key IS NOT NULL;
CREATE UNIQUE INDEX ix_schedules_deployment ON schedules (deployment_id, name);
CREATE INDEX ix_schedules_due ON schedules (next_at) WHERE paused = 0 AND next_at IS NOT NULL;
CREATE INDEX ix_deployment_runs_backfill ON deployment_runs (backfill) WHERE backfill IS NOT NULL;
CREATE INDEX ix_deployment_runs_deployment ON deployment_runs (deployment_id, due_at);
CREATE INDEX ix_deployment_runs_due ON deployment_runs (priority DESC, due_at) WHERE runner_id IS NULL AND done_at IS NULL;
CREATE INDEX ix_deployment_runs_open ON deployment_runs (deployment_id) WHERE done_at IS NULL;
CREATE INDEX ix_blocks_name ON blocks (name);
CREATE UNIQUE INDEX ix_firings_key ON firings (automation_id, "key");
CREATE INDEX ix_firings_open ON firings (at) WHERE done_at IS NULL;
CREATE TRIGGER event_of_state AFTER INSERT ON states WHEN NEW.number = 0 BEGIN
  INSERT INTO events (at, name, resource, run_id, kind, state, message, is_end)
  SELECT NEW.at, 'run.' || NEW.kind, 'flow:' || f.flow, f.id, NEW.kind, NEW.name, NEW.message,
    NEW.kind IN ('completed', 'failed', 'crashed', 'cancelled')
    AND NOT EXISTS (SELECT 1 FROM deployment_runs q WHERE q.run_id = NEW.flow_run_id AND q.done_at IS NULL)
  FROM flow_runs f WHERE f.id = NEW.flow_run_id AND f.kind <> 'task';
END;
CREATE TRIGGER event_of_done AFTER UPDATE OF done_at ON deployment_runs
WHEN NEW.done_at IS NOT NULL AND OLD.done_at IS NULL BEGIN
  INSERT INTO events (at, name, resource, run_id, kind, state, message, is_end)
  SELECT NEW.done_at, 'run.done', 'flow:' || f.flow, f.id, f.state_kind, f.state_name, f.state_message, 1
  FROM flow_runs f WHERE f.id = NEW.run_id AND f.ended_at IS NOT NULL;
END;
CREATE TRIGGER bound_of_events AFTER INSERT ON events BEGIN
  DELETE FROM events WHERE id <= NEW.id - 200000;
END;
DELETE FROM "sqlite_sequence";
PRAGMA user_version = 8;
