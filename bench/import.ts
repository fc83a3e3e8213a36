/**
 * `npm run bench:import`: how long a fresh Node takes until a light door is open, and until it is ready to verify, over one
 * that does nothing; and how long the command takes for a proof. The doors are those of the built package. Processes take
 * turns, 15 each. Ends with one line of figures, and with 1 where a row is missed: by the least of each, as whatever else
 * the machine does can only add to it. The median is beside it. The bars are for a machine whose empty process takes 40 ms;
 * one that is slower, or busy, has as much more time as its empty process takes, and the figures say how much that is.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from '../scripts/build.ts'
import bundles from '../test/vectors/bundles.json' with { type: 'json' }

const ROUNDS = 15
/** Milliseconds of an empty process, where the bars are for. */
const USUAL = 40
const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Beside the project's node_modules, as the doors name packages. */
mkdirSync(join(ROOT, '.trend-archive'), { recursive: true })
const folder = mkdtempSync(join(ROOT, '.trend-archive', 'import-'))
const proofs = mkdtempSync(join(tmpdir(), 'trend-archive-import-'))
const proof = bundles.bundles.find(({ story }) => story === 'alone')!
const file = join(proofs, 'alone.trend.car')

const dist = join(folder, 'dist')
const door = (name: string): string => JSON.stringify(pathToFileURL(join(dist, 'quick', `${name}.js`)).href)
const script = (text: string): readonly string[] => ['--input-type=module', '--eval', text]

/** All that judges and all that reads a node is loaded, and neither has anybody to ask. */
const READY = `
  const { deploymentOf, parseCid, rpcRegistry, verify } = await import(${door('verify')})
  const request = async () => { throw new Error('nobody') }
  const { address } = deploymentOf('eip155:31337')
  const registry = rpcRegistry({ chain: 'eip155:31337', address, request })
  const cid = parseCid(${JSON.stringify(proof.cid)})
  await Promise.all([verify({ sources: [], registries: [registry] }, { cid }), registry.block('latest').catch(() => 0)])`

interface Case {
  readonly args: readonly string[]
  /** Milliseconds that it may take, over the empty process unless it is a command. */
  readonly most: number
  readonly isCommand?: boolean
}

const CASES: Readonly<Record<string, Case>> = {
  empty: { args: script(''), most: Number.POSITIVE_INFINITY },
  'verify, open': { args: script(`await import(${door('verify')})`), most: 30 },
  'verify, ready': { args: script(READY), most: 30 },
  'verify/proof, open': { args: script(`await import(${door('verify-proof')})`), most: 30 },
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
  const slower = Math.max(1, Math.min(...empty) / USUAL)
  const rows = Object.entries(CASES).map(([name, { most, isCommand }]) => {
    const times = taken.get(name)!
    const [least, middle] = isCommand ? [0, 0] : [Math.min(...empty), median(empty)]
    return { name, most: most * slower, least: Math.min(...times) - least, median: median(times) - middle }
  })
  console.log(`an empty process: ${Math.min(...empty).toFixed(0)} ms, median ${median(empty).toFixed(0)} ms`)
  for (const row of rows.slice(1)) {
    const standing = row.least <= row.most ? 'ok    ' : 'MISSED'
    console.log(
      `  ${standing}  ${row.name}: ${row.least.toFixed(1)} ms, median ${row.median.toFixed(1)}; bar ${row.most.toFixed(0)}`
    )
  }
  const figures = Object.fromEntries(rows.slice(1).map((row) => [row.name, Math.round(row.least)]))
  console.log(
    `\n${JSON.stringify({ ...figures, empty: Math.round(Math.min(...empty)), slower: Number(slower.toFixed(1)) })}`
  )
  process.exitCode = rows.every(({ least, most }) => least <= most) ? 0 : 1
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

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 1]!
}
