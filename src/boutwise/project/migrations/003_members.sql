-- One file may hold the pose of several recordings: which of them this one is.
ALTER TABLE file_recordings ADD COLUMN member TEXT NOT NULL DEFAULT '';
