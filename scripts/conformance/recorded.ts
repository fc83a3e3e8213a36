import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Proofs of real chains, which the cases are made of. */
export const RECORDED: string = fileURLToPath(new URL('../../conformance/recorded/', import.meta.url))

/** A proof bundle, and what whoever made it knows. */
export interface Recorded {
  readonly name: string
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly cid: string
  readonly publisher: string
  readonly registry: string
  readonly block: string
  readonly timestamp: number
}

export async function readRecorded(): Promise<(name: string) => Recorded> {
  const list = JSON.parse(await readFile(join(RECORDED, 'recorded.json'), 'utf8')) as readonly Omit<Recorded, 'bytes'>[]
  const read = await Promise.all(
    list.map(async (one) => {
      const bytes = new Uint8Array(await readFile(join(RECORDED, `${one.name}.trend.car`)))
      return [one.name, { ...one, bytes }] as const
    })
  )
  const byName = new Map(read)
  return (name) => {
    const found = byName.get(name)
    if (found === undefined) throw new Error(`no bundle '${name}' is recorded`)
    return found
  }
}
