import { readFile, writeFile } from 'node:fs/promises'
import type { RegistryCosts } from './registry.ts'

/** Gas, or bytes of code, by what it is spent on. */
export type Snapshot = Readonly<Record<string, number>>

/** The snapshot under version control. */
export const SNAPSHOT = new URL('../../test/contract/gas.json', import.meta.url)

/** How much of a figure may go unsaid. */
const TOLERANCE = 0.01

export function snapshotOf({ registry, spent, read }: RegistryCosts): Snapshot {
  const gas = Object.entries(spent).map(([name, one]) => [name, one.gas] as const)
  return { 'deployment, bytes of code': registry.size, deployment: registry.gas, ...Object.fromEntries(gas), ...read }
}

export const readSnapshot = async (file: URL | string): Promise<Snapshot> => JSON.parse(await readFile(file, 'utf8'))

export async function writeSnapshot(file: URL | string, snapshot: Snapshot): Promise<void> {
  await writeFile(file, `${JSON.stringify(snapshot, undefined, 2)}\n`)
}

/**
 * What is wrong with a snapshot, in a sentence each: figures that grew by more than a hundredth, figures that shrank by
 * as much and would hide a later growth, and rows that only one side has.
 */
export function faultsOf(snapshot: Snapshot, measured: Snapshot): readonly string[] {
  const names = [...new Set([...Object.keys(snapshot), ...Object.keys(measured)])]
  return names.flatMap((name) => {
    const [before, after] = [snapshot[name], measured[name]]
    if (before === undefined) return [`${name}: ${after}, and the snapshot has no such row: ${UPDATE}`]
    if (after === undefined) return [`${name}: not measured any more: ${UPDATE}`]
    if (Math.abs(after - before) <= before * TOLERANCE) return []
    const change = `${name}: ${after}, it was ${before}`
    return [after > before ? `${change}: it grew by more than 1 %` : `${change}: ${UPDATE}`]
  })
}

const UPDATE = 'run npm run gas and commit the result'
