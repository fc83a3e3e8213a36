import { selectors } from './abi.ts'

/** `multicall(bytes[])` of calls, each 0x and hex, as the data of one. */
export function encodeMulticall(calls: readonly string[]): string {
  const offsets: string[] = []
  const bodies: string[] = []
  let offset = 32 * calls.length
  for (const call of calls) {
    const hex = call.slice(2)
    const padded = hex.padEnd(64 * Math.ceil(hex.length / 64), '0')
    offsets.push(word(offset))
    bodies.push(word(hex.length / 2), padded)
    offset += 32 + padded.length / 2
  }
  return [selectors.multicall, word(32), word(calls.length), ...offsets, ...bodies].join('')
}

/**
 * What `multicall` answers where each call answers with so many words. `undefined` where the answer has another shape:
 * with these sizes there is one spelling of it.
 */
export function decodeMulticall(answer: unknown, sizes: readonly number[]): readonly (readonly bigint[])[] | undefined {
  if (typeof answer !== 'string' || !/^0x[0-9a-f]*$/i.test(answer)) return undefined
  const offsets: string[] = []
  let offset = 32 * sizes.length
  for (const size of sizes) {
    offsets.push(word(offset))
    offset += 32 + 32 * size
  }
  const head = `0x${[word(32), word(sizes.length), ...offsets].join('')}`
  if (answer.length !== 2 + 2 * (64 + offset) || answer.slice(0, head.length).toLowerCase() !== head) return undefined
  let at = head.length
  const take = (): bigint => {
    at += 64
    return BigInt(`0x${answer.slice(at - 64, at)}`)
  }
  const results: (readonly bigint[])[] = []
  for (const size of sizes) {
    if (take() !== BigInt(32 * size)) return undefined
    results.push(Array.from({ length: size }, take))
  }
  return results
}

const word = (value: number): string => value.toString(16).padStart(64, '0')
