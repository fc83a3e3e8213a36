import { setTimeout as sleep } from 'node:timers/promises'
import { type Moment, startModule } from './child.ts'
import { type Disk, openDisk } from './disk.ts'

export interface Cut {
  readonly moment: Moment
  /** Seconds from the moment to the cut. */
  readonly wait: number
  /** What is on the disk before. */
  readonly prepare?: ((disk: Disk) => Promise<void>) | undefined
}

/** Runs a module on a disk and cuts the power at a moment: what was on the disk, and what the module had said. */
export async function cutPower(
  name: string,
  argsOn: (folder: string) => readonly string[],
  { moment, wait, prepare }: Cut
): Promise<{ readonly disk: Disk; readonly lines: readonly string[] }> {
  const disk = await openDisk()
  await prepare?.(disk)
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
