/** Packs the package as npm would publish it, from a fresh build in a folder of its own, and looks it over. */
import { execFileSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import packageJson from '../package.json' with { type: 'json' }
import { build } from './build.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

export interface Packed {
  readonly tarball: string
  /** Bytes of the tarball, and of its files when unpacked. */
  readonly size: number
  readonly unpackedSize: number
  readonly files: readonly string[]
}

/** Builds in `folder` and packs there, so that neither `dist` nor a build under way is touched. */
export async function pack(folder: string): Promise<Packed> {
  const stage = join(folder, 'package')
  await build(join(stage, 'dist'))
  const published = packageJson.files.filter((pattern) => pattern !== 'dist')
  for (const file of ['package.json', ...globSync(published, { cwd: ROOT })]) {
    mkdirSync(dirname(join(stage, file)), { recursive: true })
    cpSync(join(ROOT, file), join(stage, file), { recursive: true })
  }
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]
  const [report] = JSON.parse(execFileSync('npm', args, { cwd: stage, encoding: 'utf8' })) as [NpmPack]
  const { filename, size, unpackedSize, files } = report
  return { tarball: join(folder, filename), size, unpackedSize, files: files.map(({ path }) => path) }
}

interface NpmPack {
  readonly filename: string
  readonly size: number
  readonly unpackedSize: number
  readonly files: readonly { readonly path: string }[]
}

/** What is wrong with a built package, as sentences; none when it is fit to publish. */
export async function faultsOf(folder: string): Promise<readonly string[]> {
  const stage = join(folder, 'package')
  const { messages } = await publint({ pkgDir: stage, strict: true, pack: false })
  const pkg = JSON.parse(readFileSync(join(stage, 'package.json'), 'utf8')) as Record<string, unknown>
  return [
    ...messages.map((message) => formatMessage(message, pkg, { color: false }) ?? message.code),
    ...foreignTypes(join(stage, 'dist'))
  ]
}

/** Declarations must resolve for a consumer who has nothing but our dependencies. */
function foreignTypes(dist: string): readonly string[] {
  const known = ['node', ...Object.keys(packageJson.dependencies)]
  return globSync('**/*.d.ts', { cwd: dist }).flatMap((file) => {
    const text = readFileSync(join(dist, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '')
    const named = [...text.matchAll(/(?:from|import)\s*\(?\s*['"]([^'".][^'"]*)['"]/g)].map(([, name]) => name!)
    const foreign = named.filter(
      (name) => !known.some((one) => name === one || (/^[/:]/.test(name.slice(one.length)) && name.startsWith(one)))
    )
    return foreign.map((name) => `dist/${file} names the types of ${name}, which is no dependency`)
  })
}

if (import.meta.main) {
  const folder = mkdtempSync(join(tmpdir(), 'trend-archive-pack-'))
  try {
    const { size, unpackedSize, files } = await pack(folder)
    for (const file of files) console.log(file)
    console.log(`${files.length} files, ${kB(size)} packed, ${kB(unpackedSize)} unpacked`)
    const faults = await faultsOf(folder)
    for (const fault of faults) console.error(fault)
    process.exitCode = faults.length === 0 ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function kB(bytes: number): string {
  return `${(bytes / 1000).toFixed(0)} kB`
}
