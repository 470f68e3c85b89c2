-- Links say which ids a record is made of, so they stay as long as records do, not only as long as raw: a late call detail
-- of one half of a frozen call would otherwise find that half alone, and a late link none of it. Ten years and not for
-- ever, because a TTL can be set again without harm, and taken away only once. Way back: MODIFY TTL expires_at.
ALTER TABLE call_links MODIFY TTL expires_at + INTERVAL 10 YEAR;
