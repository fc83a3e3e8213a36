/**
 * Mends package-lock.json; run after every `npm install`.
 *
 * - Adds the platform packages that npm leaves out when the registry in use does not carry them (npm/cli#9342): without
 *   them `npm ci` refuses the lock it has just been given.
 * - Takes the engines off all platform packages. npm skips an optional package whose engines do not fit the Node that
 *   runs npm, without a word; but it is the project's own Node that loads it.
 */
import { readFileSync, writeFileSync } from 'node:fs'

interface Entry {
  readonly version?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
  readonly engines?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const FILE = new URL('../package-lock.json', import.meta.url)

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/android/, 'android'],
  [/darwin|macos/, 'darwin'],
  [/win32|windows/, 'win32'],
  [/linux/, 'linux'],
  [/freebsd/, 'freebsd']
]
const osOf = (name: string): string | undefined => SYSTEMS.find(([pattern]) => pattern.test(name))?.[1]
const cpuOf = (name: string): string | undefined =>
  /arm64/.test(name) ? 'arm64' : /x64|amd64/.test(name) ? 'x64' : undefined
const libcOf = (name: string, os: string): readonly string[] | undefined =>
  /musl$/.test(name) ? ['musl'] : /gnu$/.test(name) && os === 'linux' ? ['glibc'] : undefined

const lock = JSON.parse(readFileSync(FILE, 'utf8')) as { packages: Record<string, Entry> }
const added: Record<string, Entry> = {}

for (const [parent, { dev, optionalDependencies = {} }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const path = `node_modules/${name}`
    const [os, cpu] = [osOf(name), cpuOf(name)]
    if (path in lock.packages || `${parent}/${path}` in lock.packages || !/^\d/.test(version)) continue
    if (os === undefined || cpu === undefined) continue
    const libc = libcOf(name, os)
    added[path] = { version, cpu: [cpu], ...(dev && { dev }), optional: true, os: [os], ...(libc && { libc }) }
  }
}

const mended = Object.entries({ ...lock.packages, ...added }).map(
  ([path, entry]) => [path, withoutEngines(entry)] as const
)
const packages = Object.fromEntries(mended.sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(FILE, `${JSON.stringify({ ...lock, packages }, null, 2)}\n`)
console.log(`package-lock.json: ${Object.keys(added).length} platform packages added`)

function withoutEngines(entry: Entry): Entry {
  if (entry.optional !== true || entry.os === undefined) return entry
  const { engines: _, ...rest } = entry
  return rest
}
