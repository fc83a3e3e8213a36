import { type Apart, inOrder, putTogether, renamed, type Section, seamsOf, takeApart } from '../tamper/sections.ts'
import { type Case, REFUSED } from './case.ts'
import { type Recorded, readRecorded } from './recorded.ts'

const REFUTED = 3
const INCONCLUSIVE = 7

interface Judged {
  readonly exit: number
  readonly answer?: Readonly<Record<string, unknown>>
  readonly policy?: object
  /** Other words for the options, `undefined` for none. */
  readonly blockHash?: string | undefined
  readonly registry?: string
  readonly now?: number
}

/** A file, put to the reader with the hash of its block, some minutes later. */
function judged(name: string, about: string, of: Recorded, { exit, answer, policy, ...words }: Judged): Case {
  const { blockHash = of.block, registry = of.registry, now = of.timestamp + 600 } = words
  const isTold = !('blockHash' in words) || words.blockHash !== undefined
  return {
    name,
    about,
    ask: [
      ...['bundle', '@proof.trend.car', '--registry', registry, '--now', String(now)],
      ...(isTold ? ['--block-hash', blockHash] : []),
      ...(policy === undefined ? [] : ['--policy', '@policy.json'])
    ],
    files: {
      'proof.trend.car': of.bytes,
      ...(policy !== undefined && { 'policy.json': Buffer.from(`${JSON.stringify(policy)}\n`) })
    },
    exit,
    ...(answer !== undefined && { answer })
  }
}

/** Bytes that are no bundle, whatever hash they are read with. */
const broken = (name: string, about: string, of: Recorded, bytes: Uint8Array): Case =>
  judged(name, about, { ...of, bytes: new Uint8Array(bytes) }, { exit: REFUSED })

/** A file in order whose proof does not hold. */
const unproven = (name: string, about: string, of: Recorded, apart: Apart): Case =>
  judged(name, about, { ...of, bytes: putTogether(apart) }, { exit: INCONCLUSIVE })

const isOf =
  (codec: number) =>
  ({ cid }: Section): boolean =>
    cid[1] === codec
const [DOCUMENT, STATE, STORAGE] = [isOf(0x80), isOf(0x96), isOf(0x98)]

const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
  const other = Uint8Array.from(bytes)
  other[at]! ^= 1
  return other
}

/** A bundle with one section's content changed, and the section named after what it now is. */
function forged({ roots, sections }: Apart, which: (section: Section) => boolean, at: number): Apart {
  const index = sections.findLastIndex(which)
  const { cid, content } = sections[index]!
  const renewed = renamed({ cid, content: flipped(content, at) })
  return { roots, sections: inOrder(sections.with(index, renewed)) }
}

export async function bundleCases(): Promise<readonly Case[]> {
  const recorded = await readRecorded()
  const alone = recorded('alone')
  const edition = recorded('edition')
  const { publisher } = alone
  const [parts, parted] = [takeApart(alone.bytes), takeApart(edition.bytes)]
  const { roots, sections } = parts
  const seams = seamsOf(parts)
  const [document, header] = [sections[0]!, sections[1]!]
  const other = takeApart(recorded('of-another').bytes)
  const without = (which: (section: Section) => boolean): Apart => {
    const index = sections.findLastIndex(which)
    return { roots, sections: sections.filter((_, i) => i !== index) }
  }
  const withRoots = (first: Uint8Array, second: Uint8Array): Uint8Array =>
    putTogether({ roots: [first, second], sections })
  const verified = (standing: string): Judged => ({
    exit: 0,
    answer: { status: 'verified', standing, publisher, version: 1 }
  })

  const stories: readonly Case[] = [
    judged('recorded alone', 'the publisher recorded it, and names it', alone, verified('current')),
    judged('through an edition', 'an edition lists it, and is recorded', edition, verified('current')),
    judged('through its lineage', 'a later version leads back to it', recorded('lineage'), verified('superseded')),
    judged('superseded', 'a later version is named: a warning', recorded('superseded'), verified('superseded')),
    judged('by an editor', 'an editor recorded it', recorded('editor'), verified('current')),
    judged('unnamed', 'it is recorded, and its ref was deleted', recorded('unnamed'), verified('unnamed')),
    judged('retracted', 'its publisher took it back', recorded('retracted'), {
      exit: REFUTED,
      answer: { status: 'refuted', standing: 'retracted' }
    }),
    judged('retracted, and that is accepted', 'the policy wants to know of it only', recorded('retracted'), {
      exit: 0,
      answer: { status: 'verified', standing: 'retracted' },
      policy: { standings: ['current', 'retracted'] }
    }),
    judged('by a disowned editor', 'who recorded it is disowned', recorded('disowned'), { exit: REFUTED }),
    judged('not recorded', 'that it is nowhere cannot be proved', recorded('absent'), { exit: INCONCLUSIVE }),
    judged('years old', 'an old proof is as good as of its block', alone, {
      ...verified('current'),
      now: alone.timestamp + 100_000_000
    })
  ]

  const policies: readonly Case[] = [
    judged('accepted publisher', 'it is on the list', alone, { exit: 0, policy: { publishers: [publisher] } }),
    judged('publisher of no interest', 'it is not on the list', alone, {
      exit: REFUTED,
      policy: { publishers: [recorded('of-another').publisher] }
    }),
    judged('publisher on another chain', 'one account on two chains is two publishers', alone, {
      exit: REFUTED,
      policy: { publishers: [publisher.replace('31337', '1')] }
    }),
    judged('superseded where only current counts', 'the policy wants the newest', recorded('superseded'), {
      exit: REFUTED,
      policy: { standings: ['current'] }
    }),
    judged('unnamed where only current counts', 'nothing names it', recorded('unnamed'), {
      exit: REFUTED,
      policy: { standings: ['current'] }
    }),
    judged('too old', 'the policy wants a young block', alone, { exit: INCONCLUSIVE, policy: { maxAge: 60 } }),
    judged('young enough', 'the policy wants a block of the last hour', alone, { exit: 0, policy: { maxAge: 3600 } }),
    judged('policy that is none', 'an unknown setting is refused', alone, {
      exit: REFUSED,
      policy: { publisher: [publisher] }
    })
  ]

  const places: readonly Case[] = [
    judged('no block hash', 'nobody but the file vouches for its block', alone, {
      exit: INCONCLUSIVE,
      blockHash: undefined
    }),
    judged('another block hash', 'the reader trusts another block', alone, {
      exit: INCONCLUSIVE,
      blockHash: recorded('later').block
    }),
    judged('hash of a block of another chain', 'the same story, elsewhere', alone, {
      exit: INCONCLUSIVE,
      blockHash: recorded('on-another-chain').block
    }),
    judged('proof of another chain', 'the other way round', recorded('on-another-chain'), {
      exit: INCONCLUSIVE,
      blockHash: alone.block
    }),
    judged('another registry', 'the proof is not of that account', alone, {
      exit: INCONCLUSIVE,
      registry: '0x5fbdb2315678afecb367f032d93f642f64180aa3'
    }),
    judged('retracted, without a block hash', 'a made-up chain could say that too', recorded('retracted'), {
      exit: INCONCLUSIVE,
      blockHash: undefined
    })
  ]

  const proofs: readonly Case[] = [
    unproven('state node left out', 'the way to the account is cut', alone, without(STATE)),
    unproven('storage node left out', 'the way to a slot is cut', alone, without(STORAGE)),
    unproven('forged state node', 'a node that nothing leads to', alone, forged(parts, STATE, 40)),
    unproven('forged storage node', 'a node that nothing leads to', alone, forged(parts, STORAGE, 40)),
    unproven('forged last byte of a storage node', 'the value itself', alone, {
      ...forged(parts, STORAGE, sections.findLast(STORAGE)!.content.byteLength - 1)
    }),
    broken(
      'edition left out',
      'what lists the document is not there, so nothing leads to its nodes',
      edition,
      putTogether({ roots: parted.roots, sections: parted.sections.filter((one, i) => i === 0 || !DOCUMENT(one)) })
    ),
    unproven('header of another block', 'with its root, and the hash of the first', alone, {
      roots: [document.cid, takeApart(recorded('later').bytes).sections[1]!.cid],
      sections: [document, takeApart(recorded('later').bytes).sections[1]!, ...sections.slice(2)]
    }),
    unproven("another publisher's document", 'the proof is about somebody else', alone, {
      roots: [other.sections[0]!.cid, header.cid],
      sections: [other.sections[0]!, header, ...sections.slice(2)]
    }),
    unproven(
      'forged header',
      'its hash is not the one that is trusted',
      alone,
      (() => {
        const forgery = renamed({ cid: header.cid, content: flipped(header.content, 100) })
        return { roots: [document.cid, forgery.cid], sections: [document, forgery, ...sections.slice(2)] }
      })()
    )
  ]

  const stranger = other.sections.find((one) => STORAGE(one) && !sections.some(({ cid }) => equal(cid, one.cid)))!
  const files: readonly Case[] = [
    broken('empty file', 'no bytes', alone, new Uint8Array()),
    broken('JSON', 'a document is no bundle', alone, document.content),
    broken('start of a CAR only', 'roots without blocks', alone, alone.bytes.subarray(0, seams[0])),
    broken('document only', 'the header is missing', alone, alone.bytes.subarray(0, seams[1])),
    broken('cut in a section', 'it ends in the middle', alone, alone.bytes.subarray(0, seams[2]! - 1)),
    broken('one byte more', 'something behind the last section', alone, Buffer.concat([alone.bytes, Buffer.of(0)])),
    broken(
      'zero-length section at the end',
      'shorter than a CID',
      alone,
      Buffer.concat([alone.bytes, Buffer.of(0, 0)])
    ),
    broken(
      'endless section',
      'a length of 2^62',
      alone,
      Buffer.concat([
        alone.bytes.subarray(0, seams[1]),
        Buffer.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40)
      ])
    ),
    broken('length in a longer form', 'a varint is in its shortest form', alone, longerVarint(alone.bytes, seams[0]!)),
    broken('roots in the other order', 'header before document', alone, withRoots(header.cid, document.cid)),
    broken('one root twice', 'the document is both', alone, withRoots(document.cid, document.cid)),
    broken('a root that is not there', 'another document', alone, withRoots(other.sections[0]!.cid, header.cid)),
    broken('flipped bit of the document', 'its digest is another', alone, flipped(alone.bytes, seams[0]! + 80)),
    broken('flipped bit of the header', 'its digest is another', alone, flipped(alone.bytes, seams[1]! + 80)),
    broken('flipped bit of a node', 'its digest is another', alone, flipped(alone.bytes, seams[2]! + 80)),
    broken('flipped bit of a CID', 'its content has another', alone, flipped(alone.bytes, seams[2]! + 10)),
    broken('flipped bit of a codec', 'a kind that a bundle has not', alone, flipped(alone.bytes, seams[2]! + 3)),
    broken('flipped bit of a root', 'another root', alone, flipped(alone.bytes, 30)),
    broken('CAR version 2', 'another version in the header', alone, flipped(alone.bytes, seams[0]! - 1)),
    broken(
      'section twice',
      'each block once',
      alone,
      putTogether({ roots, sections: [...sections, sections.at(-1)!] })
    ),
    broken(
      'sections out of order',
      'the order is that of the CIDs',
      alone,
      putTogether({
        roots,
        sections: [...sections.slice(0, -2), sections.at(-1)!, sections.at(-2)!]
      })
    ),
    broken(
      'header first',
      'the order is that of the roots',
      alone,
      putTogether({
        roots,
        sections: [header, document, ...sections.slice(2)]
      })
    ),
    broken(
      'block of no use',
      'nothing leads to it',
      alone,
      putTogether({
        roots,
        sections: inOrder([...sections, stranger])
      })
    ),
    broken(
      'second header',
      'one block only',
      alone,
      putTogether({
        roots,
        sections: inOrder([...sections, takeApart(recorded('later').bytes).sections[1]!])
      })
    )
  ]
  return [...stories, ...policies, ...places, ...proofs, ...files]
}

const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

/** The length of the first section with a needless byte. */
function longerVarint(bytes: Uint8Array, seam: number): Uint8Array {
  let size = 0
  while ((bytes[seam + size]! & 0x80) !== 0) size++
  const length = Uint8Array.from([...bytes.subarray(seam, seam + size), bytes[seam + size]! | 0x80, 0])
  return Buffer.concat([bytes.subarray(0, seam), length, bytes.subarray(seam + size + 1)])
}
