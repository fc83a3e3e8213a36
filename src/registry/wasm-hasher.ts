import { plainHasher, type TreeHasher, WORD_SIZE } from './tree-hasher.ts'
import { TREE_WASM } from './tree-wasm.ts'

interface Exports {
  readonly memory: WebAssembly.Memory
  /** Makes `count` leaves of words (size 32) or nodes of pairs (size 64) that lie at `from`, and puts them at `to`. */
  readonly hash: (from: number, to: number, count: number, size: number) => void
}

/** How many leaves or nodes are made in one call: what goes in and comes out fits in a page beside the constants. */
const AT_ONCE = 512
/** The round constants lie below. */
const FROM = 192
const TO: number = FROM + AT_ONCE * 2 * WORD_SIZE
/** Below this many words, JavaScript is done before WebAssembly has started. */
const MANY = 256

/** Unknown until the first long list; `plainHasher` where WebAssembly is refused. */
let chosen: TreeHasher | undefined

/** The fastest hasher for so many words. It is never worth an error: JavaScript gives the same bytes. */
export function hasherFor(count: number): TreeHasher {
  if (chosen === undefined && count >= MANY) chosen = startHasher() ?? plainHasher
  return chosen ?? plainHasher
}

/**
 * A hasher in WebAssembly; undefined where there is none or the page's policy forbids it (a Content-Security-Policy
 * without `wasm-unsafe-eval`). The module is small enough to be compiled at once, so that trees need not be awaited.
 */
export function startHasher(): TreeHasher | undefined {
  try {
    const hasher = wasmHasher()
    return agrees(hasher) ? hasher : undefined
  } catch {
    return undefined
  }
}

function wasmHasher(): TreeHasher {
  const module = new WebAssembly.Module(Uint8Array.from(atob(TREE_WASM), (letter) => letter.charCodeAt(0)))
  const { memory, hash } = new WebAssembly.Instance(module).exports as unknown as Exports
  const page = new Uint8Array(memory.buffer)
  const hashEach = (bytes: Uint8Array, size: number): Uint8Array => {
    const count = Math.floor(bytes.length / size)
    const digests = new Uint8Array(count * WORD_SIZE)
    for (let done = 0; done < count; done += AT_ONCE) {
      const now = Math.min(AT_ONCE, count - done)
      page.set(bytes.subarray(done * size, (done + now) * size), FROM)
      hash(FROM, TO, now, size)
      digests.set(page.subarray(TO, TO + now * WORD_SIZE), done * WORD_SIZE)
    }
    return digests
  }
  return {
    leavesOf: (digests) => hashEach(digests, WORD_SIZE),
    nodesOf: (words) => hashEach(words, 2 * WORD_SIZE)
  }
}

/** What is written on chain cannot be mended, so an engine that computes otherwise is not used. */
function agrees(hasher: TreeHasher): boolean {
  const words = Uint8Array.from({ length: 4 * WORD_SIZE }, (_, i) => (i * 89) & 0xff)
  const isSame = (a: Uint8Array, b: Uint8Array): boolean => a.every((byte, i) => byte === b[i])
  return (
    isSame(plainHasher.leavesOf(words), hasher.leavesOf(words)) &&
    isSame(plainHasher.nodesOf(words), hasher.nodesOf(words))
  )
}
