/**
 * `npm run bench:import`: how long a fresh Node takes until a light door is open, and until it is ready to verify, over one
 * that does nothing; and how long the command takes for a proof. The doors are those of the built package. Processes take
 * turns, 15 each. Ends with one line of figures, and with 1 where a median misses its bar, whatever the machine.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from '../scripts/build.ts'
import bundles from '../test/vectors/bundles.json' with { type: 'json' }
import { median } from './compare.ts'
import { readyToVerify } from './verify/ready.ts'

const ROUNDS = 15
const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Beside the project's node_modules, as the doors name packages. */
mkdirSync(join(ROOT, '.trend-archive'), { recursive: true })
const folder = mkdtempSync(join(ROOT, '.trend-archive', 'import-'))
const proofs = mkdtempSync(join(tmpdir(), 'trend-archive-import-'))
const proof = bundles.bundles.find(({ story }) => story === 'alone')!
const file = join(proofs, 'alone.trend.car')

const dist = join(folder, 'dist')
const door = (name: string): string => pathToFileURL(join(dist, 'quick', `${name}.js`)).href
const script = (text: string): readonly string[] => ['--input-type=module', '--eval', text]

interface Case {
  readonly args: readonly string[]
  /** Milliseconds that it may take, over the empty process unless it is a command. */
  readonly most: number
  readonly isCommand?: boolean
}

const CASES: Readonly<Record<string, Case>> = {
  empty: { args: script(''), most: Number.POSITIVE_INFINITY },
  'verify, open': { args: script(`await import('${door('verify')}')`), most: 30 },
  'verify, ready': { args: script(readyToVerify(door('verify'))), most: 30 },
  'verify/proof, open': { args: script(`await import('${door('verify-proof')}')`), most: 30 },
  'verify --offline': {
    args: [join(dist, 'cli.js'), 'verify', file, '--offline', '--block-hash', proof.block.hash],
    most: 250,
    isCommand: true
  }
}

try {
  writeFileSync(file, Buffer.from(proof.file, 'base64'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "version": "0.0.0" }\n')
  await build(dist)
  const taken = new Map(Object.keys(CASES).map((name): [string, number[]] => [name, []]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, { args }] of Object.entries(CASES)) taken.get(name)!.push(milliseconds(args))
  }
  const empty = taken.get('empty')!
  const rows = Object.entries(CASES)
    .slice(1)
    .map(([name, { most, isCommand }]) => {
      const times = taken.get(name)!
      const [least, middle] = isCommand ? [0, 0] : [Math.min(...empty), median(empty)]
      return { name, most, least: Math.min(...times) - least, median: median(times) - middle }
    })
  console.log(`an empty process: median ${median(empty).toFixed(0)} ms, least ${Math.min(...empty).toFixed(0)}`)
  for (const row of rows) {
    const standing = row.median <= row.most ? 'ok    ' : 'MISSED'
    console.log(
      `  ${standing}  ${row.name}: median ${row.median.toFixed(1)} ms, least ${row.least.toFixed(1)}; bar ${row.most}`
    )
  }
  const figures = rows.map((row) => `${row.name} ${row.median.toFixed(0)} of ${row.most} ms`)
  console.log(`import: ${figures.join(' · ')}; an empty process ${median(empty).toFixed(0)} ms`)
  process.exitCode = rows.every((row) => row.median <= row.most) ? 0 : 1
} finally {
  rmSync(folder, { recursive: true })
  rmSync(proofs, { recursive: true })
}

function milliseconds(args: readonly string[]): number {
  const began = performance.now()
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  const took = performance.now() - began
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`)
  return took
}
