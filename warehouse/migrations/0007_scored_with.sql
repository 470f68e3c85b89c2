-- What scoring read of events, so that a recompute sees for itself which minutes were scored with something else.
-- Way back: DROP COLUMN (rescoring is then announced or does not happen).
ALTER TABLE call_minutes ADD COLUMN scored_with UInt64 COMMENT 'hash of the answer and the codecs that events stated when it was scored; 0: none';
