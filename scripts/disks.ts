/**
 * `npm run test:disks`: the command line on a disk that is full, and on one that may not be written, as real processes
 * on real filesystems. They are mounted in a namespace of their own, for which Linux asks no rights on most machines;
 * where that cannot be done, it says so.
 */
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { toBlock } from '../src/block/block.ts'
import { writeCar } from '../src/block/car.ts'

const SELF = fileURLToPath(import.meta.url)
const CLI = fileURLToPath(new URL('../src/cli.ts', import.meta.url))

const SMALL = { documents: 20, size: 1_000 }
/** More than the full disk has room for. */
const LARGE = { documents: 150, size: 30_000 }
const TIGHT = '3m'
const ROOMY = '64m'

interface Ran {
  readonly code: number | null
  readonly json: { readonly error?: { readonly code: string; readonly hint: string | null } } & Readonly<
    Record<string, unknown>
  >
}

function cli(home: string, ...argv: readonly string[]): Ran {
  const env = { ...process.env, NO_COLOR: '1' }
  const { status, stdout } = spawnSync(process.execPath, [CLI, ...argv, '--archive', home, '--json'], { env })
  return { code: status, json: JSON.parse(String(stdout) || '{}') as Ran['json'] }
}

function mount(...argv: readonly string[]): void {
  const { status, stderr } = spawnSync('mount', argv)
  if (status !== 0) throw new Error(String(stderr))
}

/** Leaves no room on the disk of a file. */
function fill(file: string): void {
  for (const piece of [2 ** 20, 2 ** 12]) {
    try {
      for (;;) appendFileSync(file, Buffer.alloc(piece))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }
}

async function carOf(file: string, { documents, size }: typeof SMALL): Promise<void> {
  const blocks = await Promise.all(
    Array.from({ length: documents }, (_, number) => toBlock({ number, size, text: 'x'.repeat(size) }))
  )
  writeFileSync(file, Buffer.concat(await Array.fromAsync(writeCar([blocks[0]!.cid], blocks))))
}

/** What the command line must do, by what it is about; each true or false. */
async function look(folder: string): Promise<Readonly<Record<string, readonly (readonly [string, boolean])[]>>> {
  const [disk, small, large] = [join(folder, 'disk'), join(folder, 'small.car'), join(folder, 'large.car')]
  await Promise.all([carOf(small, SMALL), carOf(large, LARGE)])
  mkdirSync(disk)
  mount('-t', 'tmpfs', '-o', `size=${TIGHT}`, 'tmpfs', disk)
  const home = join(disk, 'archive')
  const file = join(home, 'archive.db')
  const told = ({ code, json }: Ran, ...codes: readonly string[]): boolean =>
    code === 1 && codes.includes(json.error?.code ?? '') && typeof json.error?.hint === 'string'
  const holds = (least: number): boolean => {
    const { code, json } = cli(home, 'audit')
    return code === 0 && json.sound === true && (json.documents as { pinned: number }).pinned >= least
  }
  const everything = SMALL.documents + LARGE.documents

  const full: (readonly [string, boolean])[] = [
    ['takes what there is room for', cli(home, 'import', small).code === 0],
    ['says that it is full, with a way out', told(cli(home, 'import', large), 'PIN_FAILED', 'STORE_UNAVAILABLE')],
    ['has everything that it acknowledged', holds(SMALL.documents)]
  ]
  fill(join(disk, 'ballast'))
  const [read, write] = [cli(home, 'list'), cli(home, 'import', large)]
  full.push(['reads, or says why not, without a byte of room', read.code === 0 || told(read, 'STORE_UNAVAILABLE')])
  full.push(['says so when it would write then', told(write, 'PIN_FAILED', 'STORE_UNAVAILABLE')])
  rmSync(join(disk, 'ballast'))
  mount('-o', `remount,size=${ROOMY}`, disk)
  full.push(['goes on once there is room', cli(home, 'import', large).code === 0 && holds(everything)])

  const before = readFileSync(file)
  mount('-o', 'remount,ro', disk)
  const closed: (readonly [string, boolean])[] = [
    ['refuses to write, with a way out', told(cli(home, 'import', small), 'PIN_FAILED', 'STORE_UNAVAILABLE')],
    ['refuses to read, with a way out', told(cli(home, 'audit'), 'STORE_UNAVAILABLE')],
    ['refuses to be made there, with a way out', told(cli(join(disk, 'another'), 'init'), 'STORE_UNAVAILABLE')],
    ['is as it was', readFileSync(file).equals(before)]
  ]
  mount('-o', `remount,rw,size=${ROOMY}`, disk)
  closed.push(['has everything afterwards', holds(everything)])
  return { full, 'read-only': closed }
}

async function inside(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'trend-archive-disks-'))
  try {
    const found = await look(folder)
    const missed = Object.entries(found).flatMap(([disk, rows]) =>
      rows.filter(([, holds]) => !holds).map(([what]) => `${disk}: ${what}`)
    )
    for (const what of missed) console.error(`missed: ${what}`)
    const parts = Object.entries(found).map(
      ([disk, rows]) => `${disk} ${rows.filter(([, holds]) => holds).length}/${rows.length}`
    )
    console.log(`disks: ${parts.join(', ')}`)
    return missed.length === 0 ? 0 : 1
  } finally {
    spawnSync('umount', [join(folder, 'disk')])
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Runs this file where it may mount, or says why that cannot be. */
function outside(): number {
  const rights = process.getuid?.() === 0 ? ['-m'] : ['-Urm']
  if (spawnSync('unshare', [...rights, 'true']).status !== 0) {
    console.log('disks: not run, because this machine lets nobody mount in a namespace (unshare -Urm)')
    return 0
  }
  return spawnSync('unshare', [...rights, process.execPath, SELF, 'inside'], { stdio: 'inherit' }).status ?? 1
}

process.exitCode = process.argv[2] === 'inside' ? await inside() : outside()
