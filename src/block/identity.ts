import { randomUUID } from 'node:crypto'
import { link, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { ArchiveError } from '../errors.ts'
import { makeIdentity } from './libp2p.ts'

/** Bits of a file's mode by which its owner may read and write it, and those of everybody else. */
const OWNER = 0o600
const OTHERS = 0o077

/**
 * The private key that a file keeps for a node, and makes where there is none; only its owner may read it. A node with
 * the same key has the same name.
 * @throws INVALID_OPTION when others may read the file, UNSUPPORTED_RUNTIME when libp2p's packages are not installed
 */
export async function openIdentity(file: string): Promise<Uint8Array> {
  const kept = await read(file)
  if (kept !== undefined) return kept
  const made = await makeIdentity()
  const draft = `${file}.${randomUUID()}`
  try {
    // Whole and on disk before anybody sees it; a link is refused where another process was faster.
    await writeFile(draft, made, { flag: 'wx', mode: OWNER, flush: true })
    await link(draft, file)
    return made
  } catch (cause) {
    const others = codeOf(cause) === 'EEXIST' ? await read(file) : undefined
    if (others === undefined) throw cause
    return others
  } finally {
    await rm(draft, { force: true })
  }
}

async function read(file: string): Promise<Uint8Array | undefined> {
  try {
    const { mode } = await stat(file)
    // Windows has no such bits.
    if (process.platform !== 'win32' && (mode & OTHERS) !== 0) throw exposed(file)
    return new Uint8Array(await readFile(file))
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined
    throw cause
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)

function exposed(file: string): ArchiveError<'INVALID_OPTION'> {
  const rule = 'others may read this private key'
  const hint = `chmod 600 ${file}, or remove it, and the node gets another name`
  return new ArchiveError('INVALID_OPTION', `${file}: ${rule}`, { option: 'identity', rule }, { hint })
}
