/** Tables without row-level security, and why each may do without. Every other table is a tenant's: a test holds it. */
export const globalTables: Readonly<Record<string, string>> = {
  schema_migrations: 'about the database itself',
  metric_definitions: 'a metric means the same for everybody',
  model_metadata: 'formulas and codec tables hold for everybody',
  archive_cuts: "which offsets of the log are archived; holds nobody's messages",
  audit_marks: "how far the auditor's sweeps have come; one row each, never shown to people",
  archive_leftovers: "names of the operator's files that are to be deleted; never shown to people",
  census_progress: 'how far a count of raw has come, by shard; names nobody',
  data_pipeline_runs: "the operator's jobs; one file may hold many tenants",
  erasure_salt: 'one row: the key of the hashes by which erased persons are known; no tenant sees it',
  watermark_readers: 'which topics have a reader; names nobody',
  watermarks: "written by pipelines for all tenants in one statement, '*' among them; never shown to people",
}
