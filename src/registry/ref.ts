import type { Bytes32 } from '../block/cid.ts'
import { SLUG } from '../document/slug.ts'
import { ArchiveError } from '../errors.ts'

/** The ref of a slug: its ASCII, zero-padded to 32 bytes. @throws INVALID_NAME when it is not a slug */
export function refOf(slug: string): Bytes32 {
  if (!SLUG.test(slug)) {
    const rule = 'a slug is 1 to 31 of a-z, 0-9 and -, and does not start with -'
    throw new ArchiveError('INVALID_NAME', `${slug}: ${rule}`, { name: slug, rule })
  }
  const hex = Array.from(slug, (letter) => letter.charCodeAt(0).toString(16)).join('')
  return `0x${hex.padEnd(64, '0')}`
}
