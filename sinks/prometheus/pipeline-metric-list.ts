import type { MetricLiteral } from './metrics.ts'

const batchBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
// 5 s is promised for events and ended calls, 30 s for running figures.
const delayBuckets = [0.5, 1, 2, 3, 5, 10, 15, 20, 30, 60, 120, 300]

const byTopic = ['pipeline', 'topic'] as const
const bySink = ['sink', 'table'] as const

/** The health of callscope itself. */
export const pipelineMetrics = {
  records: {
    name: 'callscope_pipeline_records_total',
    unit: 'count',
    help: 'Messages read from the log, repeats included',
    labels: ['pipeline', 'topic'],
  },
  trimmed: {
    name: 'callscope_pipeline_trimmed_records_total',
    unit: 'count',
    help: 'Messages that the log forgot before the pipeline read them, at most: must stay 0',
    labels: byTopic,
  },
  deadLetters: {
    name: 'callscope_pipeline_dead_letters_total',
    unit: 'count',
    help: 'Messages or parts of messages refused for good, by reason',
    labels: ['pipeline', 'reason'],
  },
  batches: { name: 'callscope_pipeline_batches_total', unit: 'count', help: 'Batches decoded', labels: ['pipeline'] },
  batchSeconds: {
    name: 'callscope_pipeline_batch_seconds',
    unit: 'seconds',
    help: 'From reading a batch to handing it to its store, seconds',
    labels: ['pipeline'],
    buckets: batchBuckets,
  },
  retries: {
    name: 'callscope_pipeline_retries_total',
    unit: 'count',
    help: 'Deliveries that a store did not take and that were tried again, by cause',
    labels: ['pipeline', 'sink', 'reason'],
  },
  lagMessages: {
    name: 'callscope_pipeline_lag_messages',
    unit: 'count',
    help: 'Messages in the log that the pipeline has not read, over all partitions of the topic',
    labels: byTopic,
  },
  partitionLagMessages: {
    name: 'callscope_pipeline_partition_lag_messages',
    unit: 'count',
    help: 'Messages that the pipeline has not read of the partition of the topic that is furthest behind',
    labels: byTopic,
  },
  lagSeconds: {
    name: 'callscope_pipeline_lag_seconds',
    unit: 'seconds',
    help: "Age of the oldest message not committed, by the log's own times; goes on growing while a store takes nothing; 0 when all is done, seconds",
    labels: byTopic,
  },
  settleSeconds: {
    name: 'callscope_pipeline_settle_seconds',
    unit: 'seconds',
    help: 'From the moment the log took a message to the moment its rows were acknowledged, seconds',
    labels: ['pipeline'],
    buckets: delayBuckets,
  },
  sinkRows: {
    name: 'callscope_pipeline_sink_rows_total',
    unit: 'count',
    help: 'Rows that a store has taken, repeats included',
    labels: bySink,
  },
  sinkBytes: {
    name: 'callscope_pipeline_sink_bytes_total',
    unit: 'bytes',
    help: 'Bytes of the requests that a store has taken, before compression',
    labels: bySink,
  },
  sinkRequestSeconds: {
    name: 'callscope_pipeline_sink_request_seconds',
    unit: 'seconds',
    help: 'Duration of a request to a store, by whether it was taken, seconds',
    labels: [...bySink, 'outcome'],
    buckets: batchBuckets,
  },
  pausedPartitions: {
    name: 'callscope_pipeline_paused_partitions',
    unit: 'count',
    help: 'Partitions that are not read because a store does not take what came from them',
    labels: ['pipeline'],
  },
  bufferedBytes: {
    name: 'callscope_pipeline_buffered_bytes',
    unit: 'bytes',
    help: 'Size of the messages that are read and not committed',
    labels: ['pipeline'],
  },
  assignedPartitions: {
    name: 'callscope_pipeline_assigned_partitions',
    unit: 'count',
    help: 'Partitions that this process reads',
    labels: ['pipeline'],
  },
  generationChanges: {
    name: 'callscope_pipeline_generation_changes_total',
    unit: 'count',
    help: "Changes of the members of the pipeline's consumer group that this process has seen",
    labels: ['pipeline'],
  },
  sinkRetries: {
    name: 'callscope_pipeline_sink_retries_total',
    unit: 'count',
    help: 'Requests to Loki or Tempo whose rows are sent again, by what the store answered',
    labels: ['sink', 'reason'],
  },
  sinkRefused: {
    name: 'callscope_pipeline_sink_refused_rows_total',
    unit: 'count',
    help: 'Rows that a store refused for good, by reason; a sample of them is in the dead letters',
    labels: ['sink', 'reason'],
  },
  sinkCut: {
    name: 'callscope_pipeline_sink_cut_rows_total',
    unit: 'count',
    help: 'Rows that were shortened to what a store takes, by what was cut',
    labels: ['sink', 'reason'],
  },
  conflicts: {
    name: 'callscope_pipeline_conflicts_total',
    unit: 'count',
    help: 'Events and call detail that came again under one id with unequal content: a fault of their producer. Samples are not watched',
    labels: [],
  },
  recomputes: {
    name: 'callscope_pipeline_recomputes_total',
    unit: 'count',
    help: 'Calls recomputed, by outcome',
    labels: ['outcome'],
  },
  dirtyCalls: {
    name: 'callscope_pipeline_dirty_calls',
    unit: 'count',
    help: 'Calls announced as changed and not recomputed yet',
    labels: [],
  },
  dirtySeconds: {
    name: 'callscope_pipeline_dirty_oldest_seconds',
    unit: 'seconds',
    help: "Age of about the oldest change announced and not recomputed, by the log's time, seconds",
    labels: [],
  },
  recordsStalled: {
    name: 'callscope_pipeline_records_stalled_seconds',
    unit: 'seconds',
    help: 'For so long calls have waited and none has been computed or given up, seconds; 0 while any is, however many wait',
    labels: [],
  },
  summaryDelay: {
    name: 'callscope_pipeline_summary_delay_seconds',
    unit: 'seconds',
    help: 'From the announcement of a change, by its log time, to the stored call record; late: of changes that were read late, which wait, seconds',
    labels: ['urgency'],
    buckets: delayBuckets,
  },
  archivedMessages: {
    name: 'callscope_pipeline_archived_messages_total',
    unit: 'count',
    help: 'Messages stored in the archive and noted in its index, by class of data',
    labels: ['class'],
  },
  archiveLost: {
    name: 'callscope_pipeline_archive_lost_messages_total',
    unit: 'count',
    help: 'Messages that the log forgot before they were archived: must stay 0',
    labels: [],
  },
  auditorDifferences: {
    name: 'callscope_pipeline_auditor_differences_total',
    unit: 'count',
    help: 'Derived rows that did not agree with raw ones on two looks, by what was wrong: must stay 0',
    labels: ['kind'],
  },
  auditorRows: {
    name: 'callscope_pipeline_auditor_rows',
    unit: 'count',
    help: "Samples of the slice of time that the auditor looked at last: raw ones, and those that the calls' minutes count",
    labels: ['side'],
  },
  auditorLook: {
    name: 'callscope_pipeline_auditor_look_timestamp_seconds',
    unit: 'seconds',
    help: "When the auditor last looked, by the log's time, seconds since 1970; 0: it has not yet",
    labels: [],
  },
  auditorRound: {
    name: 'callscope_pipeline_auditor_round_seconds',
    unit: 'seconds',
    help: 'How long the last whole round of each sweep of the auditor took: within so long everything stored is looked at, seconds',
    labels: ['sweep'],
  },
  watermarkAge: {
    name: 'callscope_pipeline_watermark_age_seconds',
    unit: 'seconds',
    help: 'How long ago the moment is until which all of a tenant is known to have arrived, seconds',
    labels: ['tenant'],
  },
  partitionWatermarkAge: {
    name: 'callscope_pipeline_partition_watermark_age_seconds',
    unit: 'seconds',
    help: 'The same of the partition of a topic that is furthest behind, whichever tenant it holds back, seconds',
    labels: ['topic'],
  },
  clockAhead: {
    name: 'callscope_pipeline_clock_ahead_seconds',
    unit: 'seconds',
    help: "How far a clock is ahead of the time that has passed, where it is not believed; negative: behind; 0 while it is: this machine's, and of Kafka's brokers the one furthest ahead, seconds",
    labels: ['clock'],
  },
  blindSeconds: {
    name: 'callscope_pipeline_blind_seconds_total',
    unit: 'seconds',
    help: 'Time in which nobody was looking: the process was down, or the pipeline stuck or far behind, seconds',
    labels: ['pipeline'],
  },
  telemetryDropped: {
    name: 'callscope_pipeline_telemetry_dropped_total',
    unit: 'count',
    help: 'Spans and log lines of callscope itself that were lost on their way to where they are looked at',
    labels: ['signal'],
  },
  contextMisses: {
    name: 'callscope_pipeline_context_misses_total',
    unit: 'count',
    help: 'Samples whose call was not known when they were shown live: labelled unknown',
    labels: [],
  },
  edgeMessages: {
    name: 'callscope_pipeline_edge_messages_total',
    unit: 'count',
    help: 'Messages that came in over HTTP, by edge and outcome',
    labels: ['edge', 'outcome'],
  },
  tenantRefused: {
    name: 'callscope_pipeline_tenant_refused_requests_total',
    unit: 'count',
    help: 'Requests answered with 429 because the tenant has sent more than its share and other tenants would wait for it',
    labels: ['tenant'],
  },
  tenantUnread: {
    name: 'callscope_pipeline_tenant_unread_bytes',
    unit: 'bytes',
    help: 'What a tenant has sent and a pipeline has not stored yet, of the pipeline that is furthest behind, bytes',
    labels: ['tenant'],
  },
  tenantOverdue: {
    name: 'callscope_pipeline_tenant_overdue_calls',
    unit: 'count',
    help: 'Calls of a tenant that wait to be computed although their time has come',
    labels: ['tenant'],
  },
  buildInfo: {
    name: 'callscope_pipeline_build_info',
    unit: 'info',
    help: 'Always 1; version, revision of the source and version of Node are in the labels',
    labels: ['version', 'revision', 'node'],
  },
} as const satisfies Readonly<Record<string, MetricLiteral>>
