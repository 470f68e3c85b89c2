import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadPages } from './pages.ts'

test('the built page is read with what was compressed beside it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'callscope-page-'))
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), '<!doctype html>')
  for (const end of ['', '.br', '.gz']) writeFileSync(join(folder, 'assets', `main-1.js${end}`), `js${end}`)
  const pages = await loadPages(folder)
  expect(pages.find('index.html')).toMatchObject({ type: 'text/html; charset=utf-8', brotli: undefined })
  const script = pages.find('assets/main-1.js')
  expect([script?.type, String(script?.content), String(script?.brotli), String(script?.gzip)]).toEqual([
    ...['text/javascript; charset=utf-8', 'js', 'js.br', 'js.gz'],
  ])
  expect(pages.find('assets/main-1.js.br')).toBeUndefined()
})

test('a page that was never built has no files', async () => {
  expect((await loadPages('/nowhere')).find('index.html')).toBeUndefined()
})
