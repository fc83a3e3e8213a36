import { constants } from 'node:fs'
import { access, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { lastAudit } from '../../archive/last-audit.ts'
import type { Context } from '../command.ts'
import { kindOf, packageVersion } from '../files.ts'
import { type Finding, fault, ok, problem, unchecked, warning } from './finding.ts'

/** Room for less than a hundred documents of the largest size is soon full. */
const LITTLE_ROOM = 100 * 2 ** 20

export function checkProgram(): Finding {
  const { platform, arch, versions } = process
  const parts = [`Node ${versions.node}`, `SQLite ${versions.sqlite}`, `${platform} ${arch}`]
  return ok('program', `trend-archive ${packageVersion()}, ${parts.join(', ')}`)
}

/** The archive's folder, the database in it, and the room there is. */
export async function checkArchive(context: Context): Promise<readonly Finding[]> {
  const { home } = context.settings
  return await Promise.all([
    checkFolder(home),
    checkDatabase(context),
    checkAudit(context),
    checkRoom(await existing(home))
  ])
}

async function checkFolder(home: string): Promise<Finding> {
  const kind = await kindOf(home)
  if (kind === 'file') return fault('archive', `${home} is a file`, 'name a folder with --archive')
  if (kind === undefined) return unchecked('archive', `there is none at ${home}`, 'make one with: trend-archive init')
  try {
    await access(home, constants.W_OK)
    return ok('archive', home)
  } catch {
    return fault('archive', `${home} may not be written`, 'check who may write it')
  }
}

async function checkDatabase({ session }: Context): Promise<Finding> {
  try {
    const store = await session.store()
    if (store === undefined) return unchecked('database', 'there is none yet', 'publishing makes it')
    const [firstFault] = store.faults()
    if (firstFault !== undefined) {
      const hint = 'move it away and pin or fetch its documents again'
      return fault('database', `${store.file} is damaged: ${firstFault}`, hint)
    }
    const damaged = store.quarantine().length
    if (damaged === 0) return ok('database', `${store.file} is sound`)
    const says = `${store.file} is sound; blocks that were damaged before and are kept apart: ${damaged}`
    return warning('database', says, 'check the disk; publish or fetch those documents again')
  } catch (error) {
    return problem('database', error)
  }
}

/** Milliseconds after which an audit says little about today: 90 days. */
const OLD = 7_776_000_000

/** When everything was last looked over, and what came of it. */
async function checkAudit({ session }: Context): Promise<Finding> {
  try {
    const store = await session.store()
    const last = store && lastAudit(store)
    if (last === undefined) return unchecked('audit', 'never audited', AUDIT)
    const { finished, damaged, lost, faults } = last
    const told = `last audited ${finished.toISOString().slice(0, 10)}`
    if (lost + faults > 0) return fault('audit', `${told}: ${lost} lost, ${faults} faults of the file`, AUDIT)
    const says = `${told}: ${damaged === 0 ? 'all was sound' : `${damaged} damaged, and healed`}`
    return Date.now() - finished.getTime() > OLD ? warning('audit', says, AUDIT) : ok('audit', says)
  } catch {
    return unchecked('audit', 'needs the database')
  }
}

const AUDIT = 'look over everything with: trend-archive audit'

async function checkRoom(folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder)
  const room = bavail * bsize
  const says = `${Math.floor(room / 2 ** 20)} MiB free`
  return room < LITTLE_ROOM ? warning('disk', says, 'make room before publishing') : ok('disk', says)
}

/** The folder, or the nearest one above it that is there. */
async function existing(folder: string): Promise<string> {
  return (await kindOf(folder)) === 'folder' || dirname(folder) === folder ? folder : await existing(dirname(folder))
}
