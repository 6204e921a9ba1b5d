-- A case: the records of docs/records.md in tables, schema 1. docs/case.md tells how to ask it.
--
-- Every record is kept as the JSON that --json writes; the other columns are taken out of it by SQLite itself, so that
-- they cannot say anything else. What ends in _ns, and the columns of event, are what records leave out or round, and
-- what a later run lines up again.

CREATE TABLE run(
  id INTEGER PRIMARY KEY,
  record TEXT,
  started TEXT GENERATED ALWAYS AS (json_extract(record, '$.started')) VIRTUAL,
  first_ns INTEGER, last_ns INTEGER,    -- of its captures' packets; NULL: it read logs only
  zone TEXT, clock_offset_s REAL, mtas TEXT -- --tz, --clock-offset, --mta: a later run takes them over
);

CREATE TABLE capture(
  id INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES run,
  record TEXT NOT NULL,
  number INTEGER GENERATED ALWAYS AS (json_extract(record, '$.index')) VIRTUAL, -- as frames of the run's records have it
  file TEXT GENERATED ALWAYS AS (json_extract(record, '$.file')) VIRTUAL,
  packets INTEGER GENERATED ALWAYS AS (json_extract(record, '$.packets')) VIRTUAL,
  first TEXT GENERATED ALWAYS AS (json_extract(record, '$.first')) VIRTUAL,
  last TEXT GENERATED ALWAYS AS (json_extract(record, '$.last')) VIRTUAL
);

CREATE TABLE connection(
  id INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES run,
  record TEXT NOT NULL,
  first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL, close_ns INTEGER,
  community_id TEXT GENERATED ALWAYS AS (json_extract(record, '$.community_id')) VIRTUAL,
  client TEXT GENERATED ALWAYS AS (json_extract(record, '$.client.ip')) STORED,
  client_port INTEGER GENERATED ALWAYS AS (json_extract(record, '$.client.port')) VIRTUAL,
  server TEXT GENERATED ALWAYS AS (json_extract(record, '$.server.ip')) STORED,
  server_port INTEGER GENERATED ALWAYS AS (json_extract(record, '$.server.port')) VIRTUAL,
  began TEXT GENERATED ALWAYS AS (json_extract(record, '$.milestones.syn.t')) STORED,
  closed TEXT GENERATED ALWAYS AS (json_extract(record, '$.milestones.close.t')) VIRTUAL,
  closed_by TEXT GENERATED ALWAYS AS (json_extract(record, '$.milestones.close.by')) VIRTUAL,
  closed_how TEXT GENERATED ALWAYS AS (json_extract(record, '$.milestones.close.how')) STORED,
  syn_attempts INTEGER GENERATED ALWAYS AS (json_extract(record, '$.syn_attempts')) VIRTUAL,
  syn_to_ok_us INTEGER GENERATED ALWAYS AS (json_extract(record, '$.syn_to_ok_us')) STORED,
  wait_us INTEGER GENERATED ALWAYS AS (json_extract(record, '$.wait_us')) VIRTUAL,
  outcome TEXT GENERATED ALWAYS AS (json_extract(record, '$.outcome')) STORED,
  early_close INTEGER GENERATED ALWAYS AS (json_extract(record, '$.early_close')) VIRTUAL,
  origin TEXT GENERATED ALWAYS AS (json_extract(record, '$.origin')) STORED,
  confidence REAL GENERATED ALWAYS AS (json_extract(record, '$.confidence')) VIRTUAL,
  service TEXT GENERATED ALWAYS AS (json_extract(record, '$.service')) VIRTUAL
);
CREATE INDEX connection_outcome ON connection(outcome, began);
CREATE INDEX connection_client ON connection(client, began);

CREATE TABLE log(
  id INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES run,
  name TEXT NOT NULL
);

CREATE TABLE event(
  id INTEGER PRIMARY KEY,
  log INTEGER NOT NULL REFERENCES log,
  record TEXT,                          -- NULL: it names no connection, and is no record
  line INTEGER, record_number INTEGER, number INTEGER, severity INTEGER, thread INTEGER, process INTEGER,
  t_local INTEGER,                      -- seconds on the log's own clock, counted as if that were UTC
  utc INTEGER NOT NULL,
  lpi_locality INTEGER, lpi_partner INTEGER, lpi_index INTEGER,
  cb INTEGER, error_code INTEGER, socket_error INTEGER, peer TEXT,
  component TEXT, thread_name TEXT, class_name TEXT, message_type TEXT, peer_name TEXT, text TEXT
);
CREATE INDEX event_number ON event(number, t_local);

-- These three are written anew by every run, over all captures and logs of the case.
CREATE TABLE clock(
  id INTEGER PRIMARY KEY,
  record TEXT NOT NULL,
  method TEXT GENERATED ALWAYS AS (json_extract(record, '$.method')) VIRTUAL,
  offset_s REAL GENERATED ALWAYS AS (json_extract(record, '$.offset_s')) VIRTUAL,
  matched INTEGER GENERATED ALWAYS AS (json_extract(record, '$.matched')) VIRTUAL,
  p_chance REAL GENERATED ALWAYS AS (json_extract(record, '$.p_chance')) VIRTUAL
);

CREATE TABLE incident(
  id INTEGER PRIMARY KEY,
  record TEXT NOT NULL,
  lpi TEXT GENERATED ALWAYS AS (json_extract(record, '$.lpi')) VIRTUAL,
  cb INTEGER GENERATED ALWAYS AS (json_extract(record, '$.cb')) VIRTUAL,
  t_local TEXT GENERATED ALWAYS AS (json_extract(record, '$.t_local')) VIRTUAL,
  t TEXT GENERATED ALWAYS AS (json_extract(record, '$.t')) VIRTUAL,
  connection INTEGER GENERATED ALWAYS AS (json_extract(record, '$.connection')) STORED,
  confidence TEXT GENERATED ALWAYS AS (json_extract(record, '$.confidence')) VIRTUAL,
  score REAL GENERATED ALWAYS AS (json_extract(record, '$.score')) VIRTUAL,
  lag_s REAL GENERATED ALWAYS AS (json_extract(record, '$.lag_s')) VIRTUAL
);
CREATE INDEX incident_connection ON incident(connection);

CREATE TABLE summary(
  run INTEGER PRIMARY KEY REFERENCES run,
  record TEXT NOT NULL,
  connections INTEGER GENERATED ALWAYS AS (json_extract(record, '$.connections')) VIRTUAL,
  origin TEXT GENERATED ALWAYS AS (json_extract(record, '$.origin')) VIRTUAL
);

-- Those of one run, strongest first. Their incidents are brought up to date by later runs.
CREATE TABLE finding(
  id INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES run,
  record TEXT NOT NULL,
  cause TEXT GENERATED ALWAYS AS (json_extract(record, '$.cause')) VIRTUAL,
  origin TEXT GENERATED ALWAYS AS (json_extract(record, '$.origin')) VIRTUAL,
  outcome TEXT GENERATED ALWAYS AS (json_extract(record, '$.outcome')) VIRTUAL,
  statement TEXT GENERATED ALWAYS AS (json_extract(record, '$.statement')) VIRTUAL,
  confidence REAL GENERATED ALWAYS AS (json_extract(record, '$.confidence')) VIRTUAL
);

-- The common questions.
CREATE VIEW failure AS
  SELECT c.*, i.id AS incident, i.lpi, i.confidence AS match, i.score AS match_score
    FROM connection c LEFT JOIN incident i ON i.connection = c.id
   WHERE c.outcome NOT IN ('ok', 'partial', 'pending');

CREATE VIEW incident_match AS
  SELECT i.id, i.lpi, i.t_local, i.t, i.confidence, i.score, i.lag_s, i.connection, c.client, c.client_port, c.server,
         c.began, c.outcome, c.origin
    FROM incident i LEFT JOIN connection c ON c.id = i.connection;

CREATE VIEW peer AS
  SELECT client, server, count(*) AS connections,
         sum(outcome NOT IN ('ok', 'partial', 'pending')) AS failures,
         max(syn_to_ok_us) / 1e6 AS longest_ok_s, min(began) AS first, max(began) AS last
    FROM connection GROUP BY client, server;

CREATE VIEW hour AS
  SELECT substr(began, 1, 13) || ':00Z' AS hour, count(*) AS connections,
         sum(outcome NOT IN ('ok', 'partial', 'pending')) AS failures,
         avg(syn_to_ok_us) / 1e6 AS mean_ok_s, max(syn_to_ok_us) / 1e6 AS longest_ok_s
    FROM connection WHERE began IS NOT NULL GROUP BY 1;

CREATE VIEW finding_connection AS
  SELECT f.id AS finding, j.value AS connection FROM finding f, json_each(f.record, '$.connections') j;

CREATE VIEW finding_incident AS
  SELECT f.id AS finding, j.value AS incident FROM finding f, json_each(f.record, '$.incidents') j;
