import type { Bytes32 } from '../block/cid.ts'
import { ArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { selectors } from './abi.ts'
import { creationCode } from './bytecode.ts'
import type { Request } from './request.ts'
import { leafOf } from './tree.ts'

/** What is asked of the registry that is tried out. Its answer needs no state. */
const DIGEST: Bytes32 = `0x${'d1'.repeat(32)}`

/**
 * Init code that makes a registry, calls it once, and answers what it answered. As an `eth_call` without a recipient it
 * leaves nothing behind. Zeros by PUSH1: it must run on chains that the registry does not run on.
 */
function trialCode(): string {
  const creation = creationCode.slice(2)
  const data = `${selectors.leafOf.slice(2)}${DIGEST.slice(2)}`
  const [creationSize, dataSize, bothSize] = [creation, data, creation + data].map((code) => word16(code.length / 2))
  const program = (size: string): string =>
    [
      `61${bothSize}60${size}600039`, // CODECOPY what follows the program to memory
      `61${creationSize}60006000f0`, // CREATE
      `6000600061${dataSize}61${creationSize}6000855af1`, // CALL, with all gas and no value
      '3d600060003e3d6000f3' // RETURN what it returned: nothing where it failed
    ].join('')
  const size = (program('00').length / 2).toString(16)
  return `0x${program(size)}${creation}${data}`
}

const word16 = (size: number): string => size.toString(16).padStart(4, '0')

/**
 * Tries the registry out on a chain, before anything is spent on it. On a chain older than Shanghai its creation succeeds,
 * the code is the right one, and no call ever does: PUSH0 (EIP-3855) is missing.
 * @throws UNSUPPORTED_RUNTIME where the chain cannot run it
 */
export async function tryOut(request: Request, options: Abortable): Promise<void> {
  const answer = await request({ method: 'eth_call', params: [{ data: trialCode() }, 'latest'] }, options)
  if (answer === leafOf(DIGEST)) return
  const needs = 'an EVM of Shanghai or newer'
  const hint = 'nothing was spent; ask when the chain takes up Shanghai, or use another chain'
  throw new ArchiveError(
    'UNSUPPORTED_RUNTIME',
    `the chain cannot run the registry: it needs ${needs}`,
    { needs },
    { hint }
  )
}
