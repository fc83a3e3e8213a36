/**
 * `npm run conformance`: writes the cases of the conformance kit from vectors and from recorded proofs. `-- --check` says
 * whether they are up to date, `-- --record` records new proofs first. What must be refused, and why, is stated and not
 * computed.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleCases } from './bundles.ts'
import { type Case, folderOf, plainName } from './case.ts'
import { cidCases, documentCases } from './documents.ts'
import { record } from './record.ts'

const FOLDER = fileURLToPath(new URL('../../conformance/cases/', import.meta.url))

/** Files that the cases are, by their path from the folder of all. */
function filesOf(group: string, cases: readonly Case[]): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>()
  for (const one of cases) {
    const { about, ask, files: own = {}, exit, answer } = one
    const namesakes = cases.filter((other) => plainName(other) === plainName(one))
    const folder = join(group, folderOf(one, namesakes.indexOf(one)))
    const path = join(folder, 'case.json')
    files.set(path, Buffer.from(`${JSON.stringify({ about, ask, exit, answer }, undefined, 2)}\n`))
    for (const [name, bytes] of Object.entries(own)) files.set(join(folder, name), bytes)
  }
  return files
}

if (process.argv.includes('--record')) await record()

const wanted = new Map([
  ...filesOf('document', documentCases),
  ...filesOf('cid', cidCases),
  ...filesOf('bundle', await bundleCases())
])
const there = new Set(
  (await readdir(FOLDER, { recursive: true, withFileTypes: true }).catch(() => []))
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name).slice(FOLDER.length))
)
const isSame = async (path: string, bytes: Uint8Array): Promise<boolean> =>
  there.has(path) && Buffer.compare(await readFile(join(FOLDER, path)), bytes) === 0

const stale = [...there].filter((path) => !wanted.has(path))
const fresh: string[] = []
for (const [path, bytes] of wanted) if (!(await isSame(path, bytes))) fresh.push(path)

if (process.argv.includes('--check')) {
  for (const path of [...stale, ...fresh]) console.error(`conformance/cases/${path} is out of date`)
  process.exitCode = stale.length + fresh.length === 0 ? 0 : 1
} else {
  for (const path of stale) await rm(join(FOLDER, path))
  for (const path of fresh) {
    await mkdir(dirname(join(FOLDER, path)), { recursive: true })
    await writeFile(join(FOLDER, path), wanted.get(path)!)
  }
}
console.log(`conformance: ${wanted.size} files, ${fresh.length} of them new or changed, ${stale.length} too many`)
