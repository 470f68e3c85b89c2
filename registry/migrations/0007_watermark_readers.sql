-- Who keeps watermarks going, and how far a count of raw has come: both so that nobody is waited for who does not come.
-- way back:
--   DROP TABLE callscope.watermark_readers, callscope.census_progress;

-- When somebody last said that he runs the pipeline that reads this topic, by the database's own clock, the one that all
-- processes share. Apart from the watermarks, which are written with every batch.
CREATE TABLE callscope.watermark_readers (
  topic text PRIMARY KEY,
  alive_ms bigint NOT NULL
);

-- Of a group that has lost its offsets: of each shard the slice of raw that is to be counted next. Of a count that was begun
-- long ago nothing is believed: it may have been another loss.
CREATE TABLE callscope.census_progress (
  shard integer PRIMARY KEY,
  next_slice integer NOT NULL,
  begun_ms bigint NOT NULL
);
