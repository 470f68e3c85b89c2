import { once } from 'node:events'
import { rmSync, writeFileSync, writeSync } from 'node:fs'
import { setPriority } from 'node:os'
import { createInterface } from 'node:readline'
import { buffer } from 'node:stream/consumers'
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { confineConnection, jsonLine, queryFailed, resultBytesMax, SqlRefused, tooLarge } from './sql-confined.ts'
import type { SqlReport, SqlRequest } from './sql-process.ts'
import { linkSnapshot } from './sql-snapshot.ts'

/*
 * The process of one query of the console: it opens a snapshot of the warehouse, runs the query, writes the result, and ends.
 * sql-process.ts starts it, and kills it when the query passes its limit.
 */

const reportsTo = 3

/** Other work goes first on the processor, and this process first when memory runs out. */
function stepBack(): void {
  setPriority(5)
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000')
  } catch {
    // No Linux, or not allowed: the limit of memory holds all the same.
  }
}

const report = (text: SqlReport): void => void writeSync(reportsTo, jsonLine(text))

/** A query that still runs would hold up any other way to end. */
function end(snapshot: string): never {
  rmSync(snapshot, { recursive: true, force: true })
  process.kill(process.pid, 'SIGKILL')
  throw new Error('not reached')
}

async function requestFromParent(): Promise<SqlRequest> {
  const lines = createInterface({ input: process.stdin })
  const [line] = (await once(lines, 'line')) as [string]
  const request = JSON.parse(line) as SqlRequest
  // The parent is gone, and with it whoever wanted to know.
  lines.once('close', () => end(request.snapshot))
  return request
}

function link({ warehouse, snapshot, sql }: SqlRequest): void {
  try {
    linkSnapshot({ from: warehouse, to: snapshot, sql })
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (!noHardLinks.has(code)) throw error
    throw new SqlRefused(
      `sql needs a file system with hard links, and that of ${warehouse} has none (${code}): put the data folder (dataDir) on another one`,
    )
  }
}

const noHardLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

async function openConfined(request: SqlRequest): Promise<ClickHouseClient> {
  const { snapshot, limits } = request
  link(request)
  const { createChdbConnection } = await import('chdb/connection')
  const settings = { connection: createChdbConnection({ path: snapshot }), log: { level: ClickHouseLogLevel.OFF } }
  const client = createClient(settings as unknown as Parameters<typeof createClient>[0])
  // What is looked at for seconds need not be tidied.
  await client.command({ query: 'SYSTEM STOP MERGES' })
  await confineConnection(client, limits)
  return client
}

async function resultOf(client: ClickHouseClient, query: string): Promise<Buffer> {
  try {
    const result = await client.exec({ query: `${query}\nFORMAT JSONCompact` })
    return await buffer(result.stream)
  } catch (error) {
    throw queryFailed(error)
  }
}

async function main(): Promise<void> {
  stepBack()
  const request = await requestFromParent()
  try {
    const client = await openConfined(request)
    report({ type: 'running' })
    const result = await resultOf(client, request.sql)
    if (result.length > resultBytesMax) throw tooLarge
    report({ type: 'answered', bytes: result.length })
    await new Promise((resolve) => void process.stdout.write(result, resolve))
  } catch (error) {
    report({ type: error instanceof SqlRefused ? 'refused' : 'failed', detail: (error as Error).message })
  }
  end(request.snapshot)
}

await main()
