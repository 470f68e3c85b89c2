-- What a record was folded from and does not show: with its raw gone, a late link or call detail folds from this.
-- Way back: DROP COLUMN (frozen records then know their events and evidence as far as they show them).
ALTER TABLE calls ADD COLUMN kept String COMMENT 'facts that the record does not show, JSON (KeptFacts in contracts/summaries.ts)' CODEC(ZSTD(3)) AFTER record;
