/** Measures what a page downloads for each light door, and holds it to its budget. */
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { type BuildOptions, type BuildResult, build, type Metafile } from 'esbuild'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/**
 * Door → bytes after bundling, minifying and gzip, multiformats included. The target is what it should weigh; the
 * ceiling is what it may weigh today, so that it does not grow unseen. Decision record 0002 says why they differ.
 */
export const BUDGETS: Readonly<Record<string, Budget>> = {
  index: { target: 16_000, ceiling: 53_000 },
  verify: { target: 8_000, ceiling: 8_000, judging: ['verdict/verify', 'registry/rpc'], inAll: 34_000 },
  'verify-proof': { target: 14_000, ceiling: 14_000, judging: ['verdict/verify-bundle'], inAll: 38_000 },
  car: { target: 30_000, ceiling: 30_000 },
  lineage: { target: 24_000, ceiling: 40_000 }
}

export interface Budget {
  readonly target: number
  readonly ceiling: number
  /** The modules behind `import()` that every verdict needs. */
  readonly judging?: readonly string[]
  /** What a page may have loaded when an ordinary document, recorded alone, has been judged. */
  readonly inAll?: number
}

export interface DoorSize {
  readonly door: string
  /** What a page loads to begin with, when it imports all of the door. */
  readonly gzip: number
  /** What it has loaded when an ordinary document has been judged. */
  readonly inAll: number
  /** What it loads later, if ever: modules behind `import()`. */
  readonly later: number
  readonly budget: Budget
  /** The heaviest parts of what is loaded to begin with, in bytes before gzip. */
  readonly parts: readonly (readonly [string, number])[]
}

/** Bundles modules as a page would get them, in chunks; nothing is written. */
export const bundleForPage = async (
  input: Pick<BuildOptions, 'entryPoints' | 'stdin'>
): Promise<BuildResult<{ write: false; metafile: true }>> =>
  await build({
    ...input,
    absWorkingDir: ROOT,
    outdir: 'dist',
    bundle: true,
    splitting: true,
    minify: true,
    platform: 'browser',
    target: 'es2022',
    format: 'esm',
    write: false,
    metafile: true,
    logLevel: 'silent'
  })

/** The size of a door when a page imports all of it. */
export async function measure(door: string): Promise<DoorSize> {
  const { outputFiles, metafile } = await bundleForPage({ entryPoints: [`src/${door}.ts`] })
  const sizes = new Map(outputFiles.map(({ path, contents }) => [relative(ROOT, path), zipped(contents)]))
  const first = chunksOf(metafile, `dist/${door}.js`)
  const total = sum([...sizes.values()])
  const weigh = (chunks: ReadonlySet<string>): number => sum([...chunks].map((chunk) => sizes.get(chunk) ?? 0))
  const gzip = weigh(first)
  const judging = (BUDGETS[door]?.judging ?? []).map((module) => `src/${module}.ts`)
  const loaded = new Set(first)
  for (const [chunk, { entryPoint = '' }] of Object.entries(metafile.outputs)) {
    if (judging.includes(entryPoint)) chunksOf(metafile, chunk, loaded)
  }
  const inputs = [...first].flatMap((chunk) => Object.entries(metafile.outputs[chunk]!.inputs))
  const parts = inputs.map(([file, { bytesInOutput }]) => [file, bytesInOutput] as const)
  return {
    door,
    gzip,
    inAll: weigh(loaded),
    later: total - gzip,
    budget: BUDGETS[door]!,
    parts: parts.sort(([, a], [, b]) => b - a).slice(0, 12)
  }
}

/** A chunk and the chunks that come with it at once. */
export function chunksOf(metafile: Metafile, entry: string, seen: Set<string> = new Set()): ReadonlySet<string> {
  if (seen.has(entry)) return seen
  seen.add(entry)
  for (const { path, kind } of metafile.outputs[entry]?.imports ?? []) {
    if (kind === 'import-statement') chunksOf(metafile, path, seen)
  }
  return seen
}

/** Whether a door weighs more than it may, at once or with what every verdict takes. */
export const isTooLarge = ({ gzip, inAll, budget }: Pick<DoorSize, 'gzip' | 'inAll' | 'budget'>): boolean =>
  gzip > budget.ceiling || inAll > (budget.inAll ?? Number.POSITIVE_INFINITY)

export const zipped = (contents: Uint8Array): number => gzipSync(contents, { level: 9 }).byteLength
const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0)

if (import.meta.main) {
  const sizes = await Promise.all(Object.keys(BUDGETS).map(measure))
  for (const { door, gzip, inAll, later, budget, parts } of sizes) {
    const { target, ceiling } = budget
    const standing = isTooLarge({ gzip, inAll, budget })
      ? 'TOO LARGE'
      : gzip > target
        ? 'over its target'
        : 'within its target'
    const judged =
      budget.inAll === undefined ? '' : `, ${inAll} with what every verdict takes (ceiling ${budget.inAll})`
    console.log(
      `${door}: ${gzip} bytes gzip at once${judged}, ${later} more in all; ${standing} of ${target}, ceiling ${ceiling}`
    )
    if (gzip > target) for (const [file, bytes] of parts) console.log(`  ${String(bytes).padStart(6)}  ${file}`)
  }
  process.exitCode = sizes.some(isTooLarge) ? 1 : 0
}
