import { brotliCompressSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { PageFile } from '#contracts/pages.ts'
import { aServer } from './http-for-tests.ts'

const html = Buffer.from('<!doctype html><title>callscope</title>')
const script = Buffer.from('console.log(1)')
const aFile = (type: string, content: Buffer): PageFile => ({
  ...{ type, content, brotli: brotliCompressSync(content), gzip: gzipSync(content) },
})
const files = new Map([
  ['index.html', aFile('text/html; charset=utf-8', html)],
  ['assets/main-A1B2.js', aFile('text/javascript; charset=utf-8', script)],
  ['robots.txt', { ...aFile('text/plain; charset=utf-8', html), brotli: undefined, gzip: undefined }],
])
const aPage = () => aServer({ pages: { find: (path) => files.get(path) } }).app
const get = (url: string, headers: Record<string, string> = {}) => ({ method: 'GET' as const, url, headers })

describe('the page', () => {
  test('answers under every address that it makes a view of, from anywhere, without a credential', async () => {
    for (const url of ['/', '/calls', '/calls/abc%2Fd?tenant=acme', '/now', '/import']) {
      const answer = await aPage().inject({ ...get(url), remoteAddress: '203.0.113.9' })
      expect([url, answer.statusCode, answer.rawPayload]).toEqual([url, 200, html])
      expect(answer.headers['cache-control']).toBe('no-cache')
    }
  })

  test('may load what this server serves and nothing else; the API keeps its own stricter policy', async () => {
    const policy = (await aPage().inject(get('/'))).headers['content-security-policy']
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/)
    expect(policy).not.toMatch(/unsafe|\*|http/)
    const api = await aPage().inject(get('/api/session'))
    expect(api.headers['content-security-policy']).toBe("default-src 'none'; frame-ancestors 'none'")
    expect((await aPage().inject(get('/'))).headers['x-content-type-options']).toBe('nosniff')
  })

  test('assets are kept for ever, and sent as small as the client takes them', async () => {
    const asked = async (accepted: string) => {
      const { headers, rawPayload } = await aPage().inject(get('/assets/main-A1B2.js', { 'accept-encoding': accepted }))
      expect(headers['cache-control']).toBe('public, max-age=31536000, immutable')
      expect(headers.vary).toBe('accept-encoding')
      return [headers['content-encoding'], rawPayload.equals(script)]
    }
    expect(await asked('gzip, deflate, br')).toEqual(['br', false])
    expect(await asked('gzip;q=0.5, br;q=0')).toEqual(['gzip', false])
    expect(await asked('identity')).toEqual([undefined, true])
  })

  test('names no file but those of the page, and what the API does not have is a problem', async () => {
    for (const url of ['/assets/%2e%2e%2findex.html', '/assets/nothing.js', '/package.json', '/calls.html']) {
      const answer = await aPage().inject(get(url))
      expect([url, answer.statusCode]).toEqual([url, 404])
    }
    const unknown = await aPage().inject(get('/api/nothing'))
    expect(unknown.headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(unknown.json()).toMatchObject({ status: 404 })
    expect((await aPage().inject(get('/robots.txt'))).statusCode).toBe(200)
  })

  test('that has not been built says how to build it', async () => {
    const answer = await aServer().app.inject(get('/calls/abc'))
    expect(answer.statusCode).toBe(503)
    expect(answer.headers['content-type']).toMatch(/^text\/plain/)
    expect(answer.body).toMatch(/npm run build/)
  })

  test('is not served under a foreign name', async () => {
    expect((await aPage().inject(get('/', { host: 'evil.example' }))).statusCode).toBe(421)
  })
})
