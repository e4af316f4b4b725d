-- Recordings that are known by their labels only end with the last label until a file of frames
-- says how long they are.
ALTER TABLE recordings ADD COLUMN open_end INTEGER NOT NULL DEFAULT 0;
