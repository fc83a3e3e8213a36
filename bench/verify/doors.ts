import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { bundleForPage, chunksOf, measure, zipped } from '../../scripts/size.ts'
import { median } from '../compare.ts'
import { readyToVerify } from './ready.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const LIGHT = fileURLToPath(new URL('../../dist/verify.js', import.meta.url))

/** What a program writes to be ready to verify: with the light door, and with what people would use instead. */
const PROGRAMS: Readonly<Record<string, string>> = {
  'trend-archive/verify': readyToVerify('trend-archive/verify'),
  '@helia/verified-fetch': "export { createVerifiedFetch } from '@helia/verified-fetch'",
  'EAS SDK': "export { EAS, Offchain } from '@ethereum-attestation-service/eas-sdk'",
  'ethers, Contract and JsonRpcProvider': "export { Contract, JsonRpcProvider } from 'ethers'"
}
const [OURS = '', ...PEERS] = Object.keys(PROGRAMS)
/** Milliseconds over an empty process. */
const MOST = 30

export interface DoorRow {
  readonly name: string
  /** Milliseconds over an empty process, median of fresh ones. */
  readonly import: number
  /** Bytes after bundling for a page, minifying and gzip, of what is loaded until it can verify. */
  readonly size: number
}

/** @param repetitions processes a program, in turn */
export async function doors(repetitions: number): Promise<readonly DoorRow[]> {
  if (!existsSync(LIGHT)) throw new Error('there is no dist: run npm run build first')
  const programs = Object.entries({ empty: '', ...PROGRAMS })
  const times = new Map(programs.map(([name]) => [name, [] as number[]]))
  for (let turn = 0; turn <= repetitions; turn++) {
    for (const [name, text] of programs) {
      const start = performance.now()
      execFileSync(process.execPath, programOf(text), { cwd: ROOT, stdio: 'ignore' })
      // The first of each warms the disk up.
      if (turn > 0) times.get(name)!.push(performance.now() - start)
    }
  }
  const empty = median(times.get('empty')!)
  return await Promise.all(
    Object.entries(PROGRAMS).map(async ([name, text]) => ({
      name,
      import: median(times.get(name)!) - empty,
      size: await sizeOf(name, text)
    }))
  )
}

/** The arguments of a process that loads it. The modules of the EAS SDK for `import` do not load in Node. */
function programOf(text: string): readonly string[] {
  const from = /from ['"]([^'"]+)['"]/.exec(text)?.[1]
  if (from === undefined) return ['--input-type=module', '--eval', text]
  return from.includes('eas-sdk')
    ? ['--input-type=commonjs', '--eval', `require('${from}')`]
    : ['--input-type=module', '--eval', text]
}

/** What a page loads: of ours with what every verdict takes, since a door that judges nothing compares with nothing. */
async function sizeOf(name: string, text: string): Promise<number> {
  if (name === OURS) return (await measure('verify')).inAll
  const { outputFiles, metafile } = await bundleForPage({ stdin: { contents: text, resolveDir: ROOT } })
  const [entry] = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === '<stdin>')!
  const chunks = [...chunksOf(metafile, entry)]
  return outputFiles
    .filter(({ path }) => chunks.some((chunk) => path.endsWith(chunk)))
    .reduce((sum, { contents }) => sum + zipped(contents), 0)
}

export const doorLines = (rows: readonly DoorRow[]): readonly string[] => [
  'ready to verify: import in a fresh process over an empty one, and what a page loads, gzip',
  ...rows.map(
    ({ name, import: time, size }) =>
      `${name.padEnd(40)}${time.toFixed(0).padStart(8)} ms${(size / 1000).toFixed(1).padStart(10)} kB`
  )
]

/** What the light door misses, in words. */
export function missedBy(rows: readonly DoorRow[]): readonly string[] {
  const ours = rows.find(({ name }) => name === OURS)!
  const slower = PEERS.filter((name) => rows.some((row) => row.name === name && row.import <= ours.import))
  const larger = PEERS.filter((name) => rows.some((row) => row.name === name && row.size <= ours.size))
  return [
    ...(ours.import > MOST ? [`${OURS} takes ${ours.import.toFixed(0)} ms to import (≤ ${MOST})`] : []),
    ...slower.map((name) => `${OURS} is no quicker than ${name}`),
    ...larger.map((name) => `${OURS} is no smaller than ${name}`)
  ]
}
