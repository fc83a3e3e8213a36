/**
 * `npm run test:power`: cuts the power of a disk while an archive on it is written, over and over, and opens what was on
 * the disk at that instant. The disk is a file system in a file whose bytes are copied without a sync. As a control the
 * same is done to blockstore-fs, which acknowledges before anything is on the disk: where it loses nothing, the method
 * would show nothing.
 *
 * Needs Linux, root and loop devices; where it cannot run it says so and ends well. `--rounds 20`, `--seed`.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { FsBlockstore } from 'blockstore-fs'
import { documentBlock } from './kill/calls.ts'
import { type Moment, startModule } from './kill/child.ts'
import { type Disk, openDisk, removeDisks, whyNoDisk } from './kill/disk.ts'
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
/** Seconds from the last acknowledgement to the cut: before the file system's journal is written, and after. */
const WAITS = [0, 0, 0, 7]

/** Writes on a disk and cuts its power: what was on it, and what had been acknowledged. */
async function cutPower(
  name: string,
  argsOn: (folder: string) => readonly string[],
  { moment, wait }: { readonly moment: Moment; readonly wait: number }
): Promise<{ readonly disk: Disk; readonly lines: readonly string[] }> {
  const disk = await openDisk()
  const writer = startModule(name, argsOn(disk.folder))
  try {
    await writer.said(moment.lines)
    await sleep(moment.delay)
    // Stopped, not killed: a process that ends closes its files, and might write something on the way.
    writer.process.kill('SIGSTOP')
    // What it said before is still in the pipe.
    await sleep(50 + wait * 1_000)
    const lines = writer.soFar()
    return { disk: await disk.cut(), lines }
  } finally {
    writer.process.kill('SIGKILL')
    await writer.ended
    await disk.remove()
  }
}

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

interface Control {
  readonly acknowledged: number
  readonly lost: number
}

/** The same cut for a store that does not sync. */
async function controlRound(seed: number, round: number): Promise<Control> {
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
  const found = await inRounds({ count: Number(rounds), atOnce: 1 }, (round) => powerRound(Number(seed), round))
  console.log(`archive ${JSON.stringify(found)}`)
  const { lost, torn, undone, halved, reopened, acknowledged } = found
  const holds = inspectedFaults(found.rounds, found) === 0 && acknowledged > 0 && control.lost > 0
  console.log(
    `${holds ? 'holds' : 'BROKEN'}: ${found.rounds} power cuts, ${acknowledged} calls acknowledged: ${lost} lost, ` +
      `${torn} torn, ${undone} unpinned came back, ${halved} half done, ${found.miscounted} miscounted, ${reopened}/${found.rounds} reopened; ` +
      `control blockstore-fs: ${control.lost} of ${control.acknowledged} lost (seed ${seed})`
  )
  return holds ? 0 : 1
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
process.once('exit', removeDisks)
process.exitCode = await main()
