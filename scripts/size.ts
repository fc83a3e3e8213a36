/** Measures what a page downloads for each light door, and holds it to its budget. */
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Door → kilobytes (1,000 bytes) after bundling, minifying and gzip, multiformats included. */
export const BUDGETS: Readonly<Record<string, number>> = { index: 16, verify: 8 }

export interface DoorSize {
  readonly door: string
  readonly bytes: number
  readonly gzip: number
  readonly budget: number
}

/** The size of a door when a page imports all of it. */
export async function measure(door: string): Promise<DoorSize> {
  const { outputFiles } = await build({
    entryPoints: [`src/${door}.ts`],
    absWorkingDir: ROOT,
    bundle: true,
    minify: true,
    platform: 'browser',
    target: 'es2022',
    format: 'esm',
    write: false,
    logLevel: 'silent'
  })
  const bundle = outputFiles[0]!.contents
  const gzip = gzipSync(bundle, { level: 9 }).byteLength
  return { door, bytes: bundle.byteLength, gzip, budget: (BUDGETS[door] ?? 0) * 1000 }
}

if (import.meta.main) {
  const sizes = await Promise.all(Object.keys(BUDGETS).map(measure))
  for (const { door, bytes, gzip, budget } of sizes) {
    console.log(`${door.padEnd(8)} ${bytes} bytes, ${gzip} gzip, budget ${budget}${gzip > budget ? '  EXCEEDED' : ''}`)
  }
  process.exitCode = sizes.some(({ gzip, budget }) => gzip > budget) ? 1 : 0
}
