import type { ClickHouseClient } from '@clickhouse/client'

export interface StatementFigures {
  readonly label: string
  count: number
  /** From the moment the connection was free for it until its result was there. */
  seconds: number
  maxSeconds: number
  /** Waiting for the statements before it on the same connection. */
  waitedSeconds: number
  /** Turning the result's text into values: JavaScript's time, not the engine's. */
  parseSeconds: number
  /** Statement text, without inserted rows. */
  textBytes: number
}

export interface StatementTimes {
  watch(client: ClickHouseClient): ClickHouseClient
  /** The dearest first. */
  figures(): readonly StatementFigures[]
}

/** Times every statement of the clients it is given, by kind and tables. */
export function timeStatements(): StatementTimes {
  const all = new Map<string, StatementFigures>()

  function figuresOf(label: string): StatementFigures {
    const known = all.get(label)
    if (known !== undefined) return known
    const fresh = { label, count: 0, seconds: 0, maxSeconds: 0, waitedSeconds: 0, parseSeconds: 0, textBytes: 0 }
    all.set(label, fresh)
    return fresh
  }

  function watch(client: ClickHouseClient): ClickHouseClient {
    // Statements of one connection run one after another: each begins when it is sent or when the last one ended.
    let lastEnd = 0

    async function timed<Result>(text: string, label: string, work: () => Promise<Result>): Promise<Result> {
      const asked = performance.now()
      try {
        return await work()
      } finally {
        const began = Math.max(asked, lastEnd)
        lastEnd = performance.now()
        const figures = figuresOf(label)
        figures.count += 1
        figures.seconds += (lastEnd - began) / 1_000
        figures.maxSeconds = Math.max(figures.maxSeconds, (lastEnd - began) / 1_000)
        figures.waitedSeconds += (began - asked) / 1_000
        figures.textBytes += text.length
      }
    }

    const watched: Pick<ClickHouseClient, 'command' | 'insert'> & { query: unknown } = {
      command: (params) => timed(params.query, labelOf(params.query), () => client.command(params)),
      insert: (params) => timed('', `INSERT ${params.table}`, () => client.insert(params)),
      async query(params: Parameters<ClickHouseClient['query']>[0]) {
        const label = labelOf(params.query)
        const result = await timed(params.query, label, () => client.query(params))
        return withTimedParse(result, figuresOf(label))
      },
    }
    return new Proxy(client, {
      get(target, name) {
        if (Object.hasOwn(watched, name)) return Reflect.get(watched, name)
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }

  return { watch, figures: () => [...all.values()].sort((a, b) => b.seconds - a.seconds) }
}

function withTimedParse<Result extends object>(result: Result, figures: StatementFigures): Result {
  return new Proxy(result, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      if (name !== 'json') return value.bind(target)
      return async () => {
        const started = performance.now()
        const parsed: unknown = await value.call(target)
        figures.parseSeconds += (performance.now() - started) / 1_000
        return parsed
      }
    },
  })
}

/** `SELECT call_links`, `INSERT call_minutes < quality_samples, call_events`: verb and tables, in order of mention. */
function labelOf(query: string): string {
  const verb = /^\s*(\w+)/.exec(query)?.[1]?.toUpperCase() ?? '?'
  const target = /\bINSERT INTO (\w+)/i.exec(query)?.[1]
  const sources = [...query.matchAll(/\b(?:FROM|JOIN)\s+([a-z]\w*)/g)].map(([, table]) => table ?? '')
  const from = [...new Set(sources)].join(', ')
  return target === undefined ? `${verb} ${from}` : `${verb} ${target} < ${from}`
}
