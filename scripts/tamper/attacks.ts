import { type Apart, inOrder, putTogether, renamed, seamsOf, takeApart } from './sections.ts'

/** One way to change a file, and whether what comes of it may be a bundle at all. */
export interface Attack {
  readonly kind: Kind
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Nothing but a refusal will do: the bytes are not those of any bundle. */
  readonly mustBeRefused: boolean
}

export type Kind = 'flip' | 'forgery' | 'cut' | 'drop' | 'double' | 'swap' | 'mix'

/** Each byte changed in one bit, and in all of them. */
export function* flipsOf(bytes: Uint8Array, random: () => number): Generator<Attack> {
  for (let at = 0; at < bytes.byteLength; at++) {
    for (const mask of [1 << Math.floor(random() * 8), 0xff]) {
      const flipped = Uint8Array.from(bytes)
      flipped[at]! ^= mask
      yield { kind: 'flip', bytes: flipped, mustBeRefused: true }
    }
  }
}

/**
 * Each byte of each block changed in one bit, and the block then named anew, so that the file is in order: it is for the
 * trie, the header and the hash of the block to tell.
 */
export function* forgeriesOf(bytes: Uint8Array, random: () => number, stride: number): Generator<Attack> {
  const { sections } = takeApart(bytes)
  for (const [i, { cid, content }] of sections.entries()) {
    for (let at = Math.floor(random() * stride); at < content.byteLength; at += stride) {
      const forged = Uint8Array.from(content)
      forged[at]! ^= 1 << Math.floor(random() * 8)
      const others = inOrder(sections.map((one, j) => (i === j ? renamed({ cid, content: forged }) : one)))
      yield { kind: 'forgery', bytes: putTogether(withRoots(others)), mustBeRefused: false }
    }
  }
}

const withRoots = (sections: Apart['sections']): Apart => ({
  roots: [sections[0]!.cid, sections[1]!.cid],
  sections
})

/** Cut at each seam, before, behind and between them; and with something left over. */
export function* cutsOf(bytes: Uint8Array): Generator<Attack> {
  const seams = seamsOf(takeApart(bytes))
  const middles = seams.slice(1).map((end, i) => Math.floor((seams[i]! + end) / 2))
  const sizes = new Set([0, 1, 50, ...middles, ...seams.flatMap((seam) => [seam - 1, seam, seam + 1])])
  for (const size of sizes) {
    if (size >= bytes.byteLength) continue
    yield {
      kind: 'cut',
      bytes: Uint8Array.from(bytes.subarray(0, size)),
      mustBeRefused: !seams.slice(2).includes(size)
    }
  }
  yield { kind: 'cut', bytes: Uint8Array.from([...bytes, 0]), mustBeRefused: true }
}

/** Sections left out, given twice, and in other places. */
export function* rearranged(bytes: Uint8Array): Generator<Attack> {
  const { roots, sections } = takeApart(bytes)
  for (const [i, section] of sections.entries()) {
    const without = sections.filter((_, j) => j !== i)
    yield { kind: 'drop', bytes: putTogether({ roots, sections: without }), mustBeRefused: i < 2 }
    const twice = sections.flatMap((one, j) => (i === j ? [one, one] : [one]))
    yield { kind: 'double', bytes: putTogether({ roots, sections: twice }), mustBeRefused: true }
    yield { kind: 'double', bytes: putTogether({ roots, sections: [...sections, section] }), mustBeRefused: true }
    for (let j = i + 1; j < sections.length; j++) {
      const swapped = sections.with(i, sections[j]!).with(j, section)
      yield { kind: 'swap', bytes: putTogether({ roots, sections: swapped }), mustBeRefused: true }
    }
  }
}

/**
 * Sections of another bundle put in where they belong, in addition or in place of each own one, and its roots with the own
 * rest.
 */
export function* mixedWith(bytes: Uint8Array, other: Uint8Array): Generator<Attack> {
  const { roots, sections } = takeApart(bytes)
  const foreign = takeApart(other)
  const known = new Set(sections.map(({ cid }) => Buffer.from(cid).toString('hex')))
  const strangers = foreign.sections.filter(({ cid }) => !known.has(Buffer.from(cid).toString('hex')))
  for (const stranger of strangers) {
    const isHeader = stranger.cid[1] === 0x90
    const more = inOrder([...sections, stranger])
    yield { kind: 'mix', bytes: putTogether({ roots, sections: more }), mustBeRefused: true }
    for (let i = isHeader ? 1 : 2; i < sections.length; i++) {
      const replaced = inOrder(sections.with(i, stranger))
      yield { kind: 'mix', bytes: putTogether({ roots, sections: replaced }), mustBeRefused: isHeader }
    }
  }
  const [document, header] = [foreign.sections[0]!, foreign.sections[1]!]
  const all = [...sections, ...strangers].filter((one, i, list) => list.indexOf(one) === i)
  const rest = (...not: readonly Uint8Array[]) =>
    all.slice(2).filter(({ cid }) => !not.includes(cid) && cid[1] !== 0x90)
  for (const [first, second] of [
    [document, sections[1]!],
    [sections[0]!, header]
  ] as const) {
    const own = inOrder([first, second, ...sections.slice(2).filter(({ cid }) => !same(cid, first.cid))])
    yield { kind: 'mix', bytes: putTogether({ roots: [first.cid, second.cid], sections: own }), mustBeRefused: false }
    const both = inOrder([first, second, ...rest(first.cid, second.cid).filter(({ cid }) => !same(cid, first.cid))])
    yield { kind: 'mix', bytes: putTogether({ roots: [first.cid, second.cid], sections: both }), mustBeRefused: false }
  }
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
