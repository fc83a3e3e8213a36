import { ArchiveError } from '../errors.ts'

/** What is wrong with a CAR, and at which byte of it. */
export function invalidCar(offset: number, rule: string, cid?: string): ArchiveError<'INVALID_CAR'> {
  const hint = 'get the file again from where it came from; of what was imported, what comes before that byte is kept'
  return new ArchiveError(
    'INVALID_CAR',
    `byte ${offset} of the CAR: ${rule}`,
    { offset, rule, ...(cid !== undefined && { cid }) },
    { hint }
  )
}
