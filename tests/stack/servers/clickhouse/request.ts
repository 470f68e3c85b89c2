import type { IncomingMessage } from 'node:http'
import { buffer as bufferOf } from 'node:stream/consumers'
import { createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import { FrontError } from './answers.ts'
import type { Session, Statement } from './engine.ts'

/** What belongs to the interface and is no setting of the engine. */
const ofTheInterface = new Set([
  ...['query', 'query_id', 'session_id', 'session_timeout', 'session_check', 'database', 'default_format', 'user'],
  ...['password', 'role', 'wait_end_of_query', 'send_progress_in_http_headers', 'buffer_size', 'compress'],
  ...['http_headers_progress_interval_ms', 'enable_http_compression', 'http_zlib_compression_level', 'quota_key'],
  ...[
    'http_response_buffer_size',
    'cancel_http_readonly_queries_on_client_close',
    'decompress',
    'client_protocol_version',
  ],
  // Of clusters, which this engine has none of.
  ...['insert_quorum', 'insert_quorum_parallel', 'insert_quorum_timeout', 'select_sequential_consistency'],
])

export interface Asked {
  readonly statement: Statement
  readonly session: Session | undefined
  readonly queryId: string | undefined
  readonly compress: boolean
  readonly user: string
  readonly password: string
}

/** A request of the HTTP interface, read to its end. */
export async function readRequest(request: IncomingMessage): Promise<Asked> {
  const url = new URL(request.url ?? '/', 'http://front')
  const body = await bodyOf(request)
  const fields = new Map(url.searchParams)
  const isForm = request.headers['content-type']?.startsWith('multipart/form-data') === true
  if (isForm) {
    const headers = { 'content-type': String(request.headers['content-type']) }
    for (const [name, value] of await new Response(new Uint8Array(body), { headers }).formData()) {
      fields.set(name, String(value))
    }
  }
  const inUrl = fields.get('query')
  const query = inUrl ?? body.toString()
  const { user, password } = whoAsks(request, fields)
  return {
    statement: {
      query,
      rows:
        inUrl === undefined || isForm || (body.length === 0 && !/\bFORMAT\s+\w+\s*$/i.test(query)) ? undefined : body,
      params: new Map(
        [...fields].filter(([name]) => name.startsWith('param_')).map(([name, value]) => [name.slice(6), value]),
      ),
      settings: new Map([...fields].filter(([name]) => !ofTheInterface.has(name) && !name.startsWith('param_'))),
      database: fields.get('database') ?? String(request.headers['x-clickhouse-database'] ?? 'default'),
      format: fields.get('default_format') ?? header(request, 'x-clickhouse-format'),
    },
    session: sessionOf(fields),
    queryId: fields.get('query_id'),
    compress: fields.get('enable_http_compression') === '1',
    ...{ user, password },
  }
}

const header = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  switch (request.headers['content-encoding']) {
    case undefined:
    case 'identity':
      return bufferOf(request)
    case 'gzip':
      return bufferOf(request.pipe(createGunzip()))
    case 'deflate':
      return bufferOf(request.pipe(createInflate()))
    case 'zstd':
      return bufferOf(request.pipe(createZstdDecompress()))
    default:
      throw new FrontError(48, 'NOT_IMPLEMENTED', 'Unknown compression method.')
  }
}

function sessionOf(fields: ReadonlyMap<string, string>): Session | undefined {
  const id = fields.get('session_id')
  if (id === undefined || id === '') return undefined
  const timeoutSeconds = Number(fields.get('session_timeout') ?? 60)
  if (!Number.isInteger(timeoutSeconds) || timeoutSeconds < 0 || timeoutSeconds > 3_600) {
    throw new FrontError(374, 'INVALID_SESSION_TIMEOUT', 'Invalid session timeout.')
  }
  return { id, timeoutSeconds, check: fields.get('session_check') === '1' }
}

function whoAsks(request: IncomingMessage, fields: ReadonlyMap<string, string>): { user: string; password: string } {
  const basic = /^Basic (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (basic !== undefined) {
    const [user = '', ...rest] = Buffer.from(basic, 'base64').toString().split(':')
    return { user: user === '' ? 'default' : user, password: rest.join(':') }
  }
  return {
    user: header(request, 'x-clickhouse-user') ?? fields.get('user') ?? 'default',
    password: header(request, 'x-clickhouse-key') ?? fields.get('password') ?? '',
  }
}
