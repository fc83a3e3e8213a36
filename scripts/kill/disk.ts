import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * An ext4 file system in a file, mounted through a loop device. What a process has not synced is in the kernel's memory
 * and not in the file, so the file is what a disk would hold after a power cut.
 */
export interface Disk {
  readonly folder: string
  /** Brings everything to the disk. */
  readonly sync: () => void
  /**
   * A copy as it is at one instant, without a sync, mounted: the file system replays its journal as after a power cut.
   * Nothing may write meanwhile.
   */
  readonly cut: () => Promise<Disk>
  readonly remove: () => Promise<void>
}

const SIZE = '128M'
/** Copies until two in a row are equal: the kernel may be writing something back. */
const COPIES = 20

const run = (command: string, ...args: readonly string[]): void => {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

const works = (command: string, ...args: readonly string[]): boolean => {
  try {
    run(command, ...args)
    return true
  } catch {
    return false
  }
}

/** What is mounted and made, and must be gone when the process is, however it ends. */
const mounted = new Set<string>()
const made = new Set<string>()

/** A folder that is gone with the disks. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'trend-archive-power-'))
  made.add(folder)
  return folder
}

/** Unmounts and removes all disks at once. */
export function removeDisks(): void {
  for (const folder of mounted) works('umount', '--lazy', folder)
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
  mounted.clear()
  made.clear()
}

/** Why no disk can be made here; `undefined` where one can. */
export async function whyNoDisk(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'needs Linux'
  if (process.getuid?.() !== 0) return 'needs root and loop devices'
  if (!works('mkfs.ext4', '-V')) return 'needs mkfs.ext4'
  try {
    await (await openDisk()).remove()
    return undefined
  } catch {
    return 'needs root and loop devices'
  }
}

/** Makes an empty disk and mounts it. @throws where that is not allowed */
export async function openDisk(): Promise<Disk> {
  const place = scratchFolder()
  const image = join(place, 'image')
  run('truncate', '-s', SIZE, image)
  // Otherwise the kernel goes on making tables, and the file never comes to rest.
  run('mkfs.ext4', '-q', '-F', '-E', 'lazy_itable_init=0,lazy_journal_init=0', image)
  return mount(place)
}

function mount(place: string): Disk {
  const image = join(place, 'image')
  const folder = join(place, 'disk')
  mkdirSync(folder)
  run('mount', '-o', 'loop', image, folder)
  mounted.add(folder)
  return {
    folder,
    sync: () => run('sync', '--file-system', folder),
    async cut() {
      const copy = scratchFolder()
      const [one, two] = [join(copy, 'image'), join(copy, 'second')]
      for (let tries = 1; ; tries++) {
        run('cp', '--sparse=always', image, one)
        run('cp', '--sparse=always', image, two)
        if (works('cmp', one, two)) break
        if (tries === COPIES) throw new Error('the disk does not come to rest')
      }
      rmSync(two)
      return mount(copy)
    },
    async remove() {
      // Whoever was killed a moment ago may still hold it.
      for (let tries = 0; tries < 50 && !works('umount', folder); tries++) await sleep(50)
      mounted.delete(folder)
      rmSync(place, { recursive: true, force: true })
      made.delete(place)
    }
  }
}
