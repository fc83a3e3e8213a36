import type { Verdict } from './judge.ts'
import type { Subject, VerifyOptions, VerifyPorts } from './verify.ts'
import type { OneOfMany, VerifyAllOptions } from './verify-all.ts'

/*
 * What judges, loaded with the first document that is to be judged: a page that only may come to verify something waits
 * for little, and its network is busy meanwhile.
 */

/** As `verify` of `./verify.ts`. */
export async function verify(ports: VerifyPorts, subject: Subject, options?: VerifyOptions): Promise<Verdict> {
  const module = await import('./verify.ts')
  return await module.verify(ports, subject, options)
}

/** As `verifyAll` of `./verify-all.ts`. */
export async function verifyAll(
  ports: VerifyPorts,
  subjects: readonly OneOfMany[],
  options?: VerifyAllOptions
): Promise<readonly Verdict[]> {
  const module = await import('./verify-all.ts')
  return await module.verifyAll(ports, subjects, options)
}
