-- The first schema of project.db.
-- Whatever a person entered lives in tables that only grow: a change or a deletion is a new
-- revision, and triggers refuse UPDATE and DELETE.

CREATE TABLE facts (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE animals (
    id     TEXT PRIMARY KEY,
    sex    TEXT NOT NULL DEFAULT '',
    strain TEXT NOT NULL DEFAULT '',
    cohort TEXT NOT NULL DEFAULT ''
);

CREATE TABLE sessions (
    id   TEXT PRIMARY KEY,
    date TEXT NOT NULL DEFAULT ''
);

-- What was done to an animal in a session; the same animal has another one at its baseline.
CREATE TABLE conditions (
    session           TEXT NOT NULL REFERENCES sessions (id),
    animal            TEXT NOT NULL REFERENCES animals (id),
    treatment         TEXT NOT NULL DEFAULT '',
    dose              REAL,
    dose_unit         TEXT NOT NULL DEFAULT '',
    time_since_dose_s REAL,
    baseline          INTEGER NOT NULL DEFAULT 0,
    side              TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (session, animal)
);

CREATE TABLE recordings (
    id         TEXT PRIMARY KEY,
    video      TEXT NOT NULL DEFAULT '',
    session    TEXT NOT NULL DEFAULT '',
    n_frames   INTEGER NOT NULL,
    fps        REAL NOT NULL,
    clock      TEXT NOT NULL CHECK (clock IN ('pts', 'declared')),
    times_s    BLOB,               -- float64, little-endian, for a clock of timestamps
    added      TEXT NOT NULL
);

CREATE TABLE recording_animals (
    recording TEXT NOT NULL REFERENCES recordings (id),
    place     INTEGER NOT NULL,    -- order of the pose track
    animal    TEXT NOT NULL REFERENCES animals (id),
    PRIMARY KEY (recording, place),
    UNIQUE (recording, animal)
);

CREATE TABLE trials (
    recording   TEXT NOT NULL REFERENCES recordings (id),
    number      INTEGER NOT NULL,
    first_frame INTEGER NOT NULL,
    n_frames    INTEGER NOT NULL,
    valid       INTEGER NOT NULL,
    PRIMARY KEY (recording, number)
);

-- Files stay where they are; what they held is known by digest.
CREATE TABLE files (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    kind    TEXT NOT NULL CHECK (kind IN ('pose', 'labels', 'video', 'metadata')),
    path    TEXT NOT NULL,         -- relative to the project when inside it
    format  TEXT NOT NULL DEFAULT '',
    options TEXT NOT NULL DEFAULT '{}',
    UNIQUE (kind, path)
);

CREATE TABLE file_versions (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    file   INTEGER NOT NULL REFERENCES files (id),
    digest TEXT NOT NULL,
    size   INTEGER NOT NULL,
    added  TEXT NOT NULL
);

-- Which recordings (and trials) a version of a file speaks of.
CREATE TABLE file_recordings (
    version      INTEGER NOT NULL REFERENCES file_versions (id),
    recording    TEXT NOT NULL REFERENCES recordings (id),
    trial        INTEGER,
    n_rows       INTEGER,
    first_frame  INTEGER,          -- frame of the first row, for labels frame by frame
    row_to_frame BLOB,             -- int64, little-endian, when the rows are not frames 0, 1, 2
    annotator    TEXT NOT NULL DEFAULT ''
);
CREATE INDEX file_versions_file ON file_versions (file, id);
CREATE INDEX file_recordings_version ON file_recordings (version);
CREATE INDEX file_recordings_recording ON file_recordings (recording);

-- One row a revision; `id` is the bout, the newest revision of it counts.
CREATE TABLE bouts (
    revision   INTEGER PRIMARY KEY AUTOINCREMENT,
    id         INTEGER NOT NULL,
    recording  TEXT NOT NULL REFERENCES recordings (id),
    animal     TEXT NOT NULL,
    target     TEXT NOT NULL,
    behavior   TEXT NOT NULL,
    start      INTEGER NOT NULL CHECK (start >= 0),
    stop       INTEGER NOT NULL CHECK (stop > start),
    state      TEXT NOT NULL CHECK (state IN ('yes', 'no', 'unscorable')),
    annotator  TEXT NOT NULL,
    source     TEXT NOT NULL,
    confidence REAL,               -- NULL when not given
    side       TEXT NOT NULL,
    modifiers  TEXT NOT NULL,
    comment    TEXT NOT NULL,
    deleted    INTEGER NOT NULL DEFAULT 0,
    author     TEXT NOT NULL,      -- who made this revision
    file       INTEGER REFERENCES files (id),  -- the label file it came from, if any
    made       TEXT NOT NULL
);
CREATE INDEX bouts_id ON bouts (id, revision);
CREATE INDEX bouts_place ON bouts (recording, start, stop);
CREATE INDEX bouts_file ON bouts (file);

CREATE TABLE observed (
    revision  INTEGER PRIMARY KEY AUTOINCREMENT,
    id        INTEGER NOT NULL,
    recording TEXT NOT NULL REFERENCES recordings (id),
    animal    TEXT NOT NULL,
    target    TEXT NOT NULL,
    behavior  TEXT NOT NULL,
    start     INTEGER NOT NULL CHECK (start >= 0),
    stop      INTEGER NOT NULL CHECK (stop > start),
    annotator TEXT NOT NULL,
    deleted   INTEGER NOT NULL DEFAULT 0,
    author    TEXT NOT NULL,
    file      INTEGER REFERENCES files (id),
    made      TEXT NOT NULL
);
CREATE INDEX observed_id ON observed (id, revision);
CREATE INDEX observed_place ON observed (recording, start, stop);
CREATE INDEX observed_file ON observed (file);

CREATE TABLE ratings (
    revision  INTEGER PRIMARY KEY AUTOINCREMENT,
    id        INTEGER NOT NULL,
    recording TEXT NOT NULL REFERENCES recordings (id),
    animal    TEXT NOT NULL,
    scale     TEXT NOT NULL,
    value     NOT NULL,            -- a number or a word
    start     INTEGER,
    stop      INTEGER,
    annotator TEXT NOT NULL,
    deleted   INTEGER NOT NULL DEFAULT 0,
    author    TEXT NOT NULL,
    file      INTEGER REFERENCES files (id),
    made      TEXT NOT NULL
);
CREATE INDEX ratings_id ON ratings (id, revision);
CREATE INDEX ratings_place ON ratings (recording, start, stop);
CREATE INDEX ratings_file ON ratings (file);

CREATE TABLE runs (
    name TEXT PRIMARY KEY,
    made TEXT NOT NULL
);

CREATE VIEW current_bouts AS
    SELECT * FROM bouts AS b
    WHERE deleted = 0
      AND NOT EXISTS (SELECT 1 FROM bouts AS n WHERE n.id = b.id AND n.revision > b.revision);
CREATE VIEW current_observed AS
    SELECT * FROM observed AS o
    WHERE deleted = 0
      AND NOT EXISTS (SELECT 1 FROM observed AS n WHERE n.id = o.id AND n.revision > o.revision);
CREATE VIEW current_ratings AS
    SELECT * FROM ratings AS r
    WHERE deleted = 0
      AND NOT EXISTS (SELECT 1 FROM ratings AS n WHERE n.id = r.id AND n.revision > r.revision);
CREATE VIEW current_versions AS
    SELECT * FROM file_versions AS v
    WHERE NOT EXISTS (SELECT 1 FROM file_versions AS n WHERE n.file = v.file AND n.id > v.id);

CREATE TRIGGER bouts_keep_old BEFORE UPDATE ON bouts
BEGIN SELECT RAISE(ABORT, 'bouts are only added: a change is a new revision'); END;
CREATE TRIGGER bouts_keep_all BEFORE DELETE ON bouts
BEGIN SELECT RAISE(ABORT, 'bouts are only added: a deletion is a new revision'); END;
CREATE TRIGGER observed_keep_old BEFORE UPDATE ON observed
BEGIN SELECT RAISE(ABORT, 'observed ranges are only added: a change is a new revision'); END;
CREATE TRIGGER observed_keep_all BEFORE DELETE ON observed
BEGIN SELECT RAISE(ABORT, 'observed ranges are only added: a deletion is a new revision'); END;
CREATE TRIGGER ratings_keep_old BEFORE UPDATE ON ratings
BEGIN SELECT RAISE(ABORT, 'ratings are only added: a change is a new revision'); END;
CREATE TRIGGER ratings_keep_all BEFORE DELETE ON ratings
BEGIN SELECT RAISE(ABORT, 'ratings are only added: a deletion is a new revision'); END;
