import type { World } from './world.ts'

/** Somewhere a program can run. */
export interface Runtime {
  readonly name: string
  /** Runs the program of the consumer's folder; absent where the runtime is not on this machine. */
  readonly run: ((world: World, consumer: string) => Promise<Told>) | undefined
}

/** What the program tells: the statuses of its verdicts. */
export interface Told {
  readonly good: string
  readonly forged: string
  readonly retracted: string
  readonly proof: string
  /** One for each byte that was flipped. */
  readonly flipped: readonly string[]
}

/** What is wrong with it, in words; nothing where all is as it must be. */
export function faultsOf(told: Told, { proof }: World): readonly string[] {
  const faults: string[] = []
  const expect = (what: string, is: string, ok: boolean): void => {
    if (!ok) faults.push(`${what} is ${is}`)
  }
  expect('a good document', told.good, told.good === 'verified')
  expect('a document with a bit changed', told.forged, told.forged !== 'verified')
  expect('a retracted document', told.retracted, told.retracted === 'refuted')
  expect('a proof', told.proof, told.proof === 'verified')
  const accepted = told.flipped.filter((status) => status === 'verified').length
  expect('a number of changed proofs verified', `${accepted}`, accepted === 0)
  expect('the number of changed proofs', `${told.flipped.length}`, told.flipped.length === proof.flips.length)
  return faults
}
