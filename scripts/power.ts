/**
 * `npm run test:power`: cuts the power of a disk while an archive on it is written, over and over, and opens what was on
 * the disk at that instant. The disk is a file system in a file whose bytes are copied without a sync. As a control the
 * same is done to blockstore-fs, which acknowledges before anything is on the disk: where it loses nothing, the method
 * would show nothing.
 *
 * Needs Linux, root and loop devices; where it cannot run it says so and ends well. `--rounds 20`, `--seed`.
 */
import { copyFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { FsBlockstore } from 'blockstore-fs'
import { openStore } from '../src/block/store.ts'
import { documentBlock } from './kill/calls.ts'
import { killModule } from './kill/child.ts'
import { cutPower } from './kill/cut.ts'
import { type Disk, removeDisks, scratchFolder, whyNoDisk } from './kill/disk.ts'
import {
  acknowledgedOf,
  type Inspected,
  inspectAnew,
  inspectedFaults,
  momentOf,
  workloadOf,
  writerArgs
} from './kill/pins.ts'
import { anySeed, randomOf } from './kill/random.ts'
import { inRounds } from './kill/rounds.ts'

interface PowerDamage extends Inspected {
  readonly rounds: number
}

const PINS = 1_000
/** Documents that are pinned by a process that is killed, and by the next one. */
const CONTINUED = 50
/** Seconds from the last acknowledgement to the cut: before the file system's journal is written, and after. */
const WAITS = [0, 0, 0, 7]

async function powerRound(seed: number, round: number): Promise<PowerDamage> {
  const random = randomOf(seed, round)
  const workload = workloadOf(random, PINS)
  const fileOn = (folder: string): string => join(folder, 'archive', 'archive.db')
  const when = { moment: momentOf(random, workload), wait: WAITS[round % WAITS.length]! }
  const { disk, lines } = await cutPower('writer', (folder) => writerArgs(fileOn(folder), workload), when)
  try {
    return { rounds: 1, ...(await inspectAnew(fileOn(disk.folder), workload, acknowledgedOf(lines))) }
  } finally {
    await disk.remove()
  }
}

/**
 * A process is killed after it has written to the log and before that was synced; the next one pins the same, finds it
 * there, and acknowledges. The log that was not synced is one that was copied from elsewhere.
 */
async function continuedRound(_round: number): Promise<Losses> {
  const fileOn = (folder: string): string => join(folder, 'archive.db')
  const argsOn = (folder: string): readonly string[] => [fileOn(folder), String(CONTINUED)]
  const prepare = async ({ folder, sync }: Disk): Promise<void> => {
    openStore(fileOn(folder)).close()
    sync()
    const elsewhere = scratchFolder()
    try {
      copyFileSync(fileOn(folder), fileOn(elsewhere))
      await killModule('pinner', argsOn(elsewhere), { lines: CONTINUED, delay: 0 })
      copyFileSync(`${fileOn(elsewhere)}-wal`, `${fileOn(folder)}-wal`)
    } finally {
      rmSync(elsewhere, { recursive: true, force: true })
    }
  }
  const cut = { moment: { lines: CONTINUED, delay: 0 }, wait: 0, prepare }
  const { disk, lines } = await cutPower('pinner', argsOn, cut)
  try {
    const store = openStore(fileOn(disk.folder))
    let lost = 0
    for (const line of lines) {
      const { digest } = (await documentBlock(Number(line))).cid.multihash
      if (!store.pins.keeps(digest) || store.get(digest) === undefined) lost++
    }
    store.close()
    return { acknowledged: lines.length, lost }
  } finally {
    await disk.remove()
  }
}

interface Losses {
  readonly acknowledged: number
  readonly lost: number
}

/** The same cut for a store that does not sync. */
async function controlRound(seed: number, round: number): Promise<Losses> {
  const moment = { lines: 200 + randomOf(seed, round, 1).below(600), delay: 0 }
  const folderOn = (folder: string): string => join(folder, 'blocks')
  const { disk, lines } = await cutPower('careless', (folder) => [folderOn(folder), String(PINS)], { moment, wait: 0 })
  try {
    const store = new FsBlockstore(folderOn(disk.folder))
    await store.open()
    let lost = 0
    for (const line of lines) {
      const { cid, bytes } = await documentBlock(Number(line))
      const found = await Array.fromAsync(store.get(cid)).catch(() => [])
      if (Buffer.compare(Buffer.concat(found), bytes) !== 0) lost++
    }
    return { acknowledged: lines.length, lost }
  } finally {
    await disk.remove()
  }
}

async function main(): Promise<number> {
  const options = { rounds: { type: 'string' }, seed: { type: 'string' } } as const
  const { rounds = '20', seed = String(anySeed()) } = parseArgs({ options }).values
  const why = await whyNoDisk()
  if (why !== undefined) {
    console.log(`not run: ${why}`)
    return 0
  }
  console.log(`seed ${seed}`)
  const control = await inRounds({ count: 2, atOnce: 1 }, (round) => controlRound(Number(seed), round))
  console.log(`blockstore-fs ${JSON.stringify(control)}`)
  const continued = await inRounds({ count: 2, atOnce: 1 }, continuedRound)
  console.log(`continued ${JSON.stringify(continued)}`)
  const found = await inRounds({ count: Number(rounds), atOnce: 1 }, (round) => powerRound(Number(seed), round))
  console.log(`archive ${JSON.stringify(found)}`)
  const { lost, torn, undone, halved, reopened, acknowledged } = found
  const holds =
    inspectedFaults(found.rounds, found) === 0 && continued.lost === 0 && acknowledged > 0 && control.lost > 0
  console.log(
    `${holds ? 'holds' : 'BROKEN'}: ${found.rounds} power cuts, ${acknowledged} calls acknowledged: ${lost} lost, ` +
      `${torn} torn, ${undone} unpinned came back, ${halved} half done, ${found.miscounted} miscounted, ${reopened}/${found.rounds} reopened; ` +
      `pinned again after a kill: ${continued.lost} of ${continued.acknowledged} lost; control blockstore-fs: ${control.lost} of ${control.acknowledged} lost (seed ${seed})`
  )
  return holds ? 0 : 1
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
process.once('exit', removeDisks)
process.exitCode = await main()
