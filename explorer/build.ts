import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build, type Metafile, type OutputFile } from 'esbuild'

/** Bundles the page into explorer/dist: hashed names under assets/, index.html, and each file compressed beside it. */

const web = join(import.meta.dirname, 'web')
const dist = join(import.meta.dirname, 'dist')

/** What a first visit may fetch, compressed: about two seconds on a slow phone line. */
const firstViewBytesMax = 250_000

const entries = ['main.tsx', 'theme-early.ts', 'main.css', 'icon.svg']

/** Outputs are named after their source and a hash. */
const isEntry = (path: string): boolean => entries.some((entry) => basename(path).startsWith(`${entry.split('.')[0]}-`))

const { outputFiles, metafile } = await build({
  absWorkingDir: web,
  entryPoints: entries,
  outdir: join(dist, 'assets'),
  bundle: true,
  minify: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  entryNames: '[name]-[hash]',
  chunkNames: 'part-[hash]',
  assetNames: '[name]-[hash]',
  loader: { '.svg': 'copy' },
  legalComments: 'none',
  metafile: true,
  write: false,
  logLevel: 'warning',
})

rmSync(dist, { recursive: true, force: true })
mkdirSync(join(dist, 'assets'), { recursive: true })
const pages = [...outputFiles.map(contentOf), indexPage(metafile)]
const sizes = new Map(pages.map((page) => [page.path, write(page)]))
report(firstView(metafile), sizes)

interface Content {
  /** Within dist/. */
  readonly path: string
  readonly bytes: Uint8Array
}

function contentOf({ path, contents }: OutputFile): Content {
  return { path: relative(dist, path), bytes: contents }
}

/** Names the built files in the page. Their hashes change with their content, so browsers may keep them for ever. */
function indexPage({ outputs }: Metafile): Content {
  const template = readFileSync(join(web, 'index.html'), 'utf8')
  const html = template.replace(/\{\{(.+?)\}\}/g, (_, wanted: string) => {
    const [stem, ending] = wanted.split('.')
    const found = Object.keys(outputs)
      .map((path) => basename(path))
      .find((name) => name.startsWith(`${stem}-`) && name.endsWith(`.${ending}`))
    if (found === undefined) throw new Error(`index.html names ${wanted}, which was not built`)
    return `/assets/${found}`
  })
  return { path: 'index.html', bytes: Buffer.from(html) }
}

/** Writes a file and its compressed variants; returns the size of what most browsers will fetch. */
function write({ path, bytes }: Content): number {
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })
  writeFileSync(join(dist, path), bytes)
  writeFileSync(join(dist, `${path}.br`), brotli)
  writeFileSync(join(dist, `${path}.gz`), gzipSync(bytes, { level: 9 }))
  return brotli.length
}

/** What the list of calls needs: the entries, and what main imports at once (and not only when asked). */
function firstView({ outputs }: Metafile): readonly string[] {
  const seen = new Set<string>()
  const visit = (path: string): void => {
    if (seen.has(path)) return
    seen.add(path)
    for (const { path: next, kind } of outputs[path]?.imports ?? []) if (kind === 'import-statement') visit(next)
  }
  for (const path of Object.keys(outputs)) if (outputs[path]?.entryPoint !== undefined && isEntry(path)) visit(path)
  return ['index.html', ...[...seen].map((path) => join('assets', basename(path)))]
}

function report(first: readonly string[], sizes: ReadonlyMap<string, number>): void {
  for (const [path, size] of [...sizes].sort(([, a], [, b]) => b - a)) {
    console.log(`${String(size).padStart(8)} B  ${path}${first.includes(path) ? '' : '  (when asked for)'}`)
  }
  const total = first.reduce((sum, path) => sum + (sizes.get(path) ?? 0), 0)
  console.log(`${String(total).padStart(8)} B  first view, compressed; at most ${firstViewBytesMax} B`)
  if (total > firstViewBytesMax) throw new Error(`the first view is ${total - firstViewBytesMax} B too large`)
}
