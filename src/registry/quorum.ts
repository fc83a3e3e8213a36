import { eitherOf, orAborted } from '../block/abort.ts'
import { ArchiveError, isArchiveError, type UnavailableReason } from '../errors.ts'
import type { Abortable } from '../options.ts'
import {
  type BlockTag,
  type ChainBlock,
  FINALITY,
  type Finality,
  type Registry,
  type RegistryRecord,
  type Survey
} from './registry.ts'

export interface QuorumOptions {
  /** How many readers have to give the same answer, and nobody another one. */
  readonly agree: number
  /**
   * Milliseconds that the rest is waited for once enough have answered; whoever was not done by then is waited for a
   * tenth of it, until it is in time again. @default 1_000
   */
  readonly grace?: number | undefined
}

/** What one reader said: an answer in words, or why there is none. */
type Voice<Answer> =
  | { readonly reader: Registry; readonly lines: readonly string[]; readonly answer: Answer }
  /** That there is no registry is an answer too, but not one to go on with. */
  | { readonly reader: Registry; readonly lines: readonly string[]; readonly error: unknown }
  | { readonly reader: Registry; readonly lines: undefined; readonly error: unknown }

type Confirmed = Extract<Voice<ChainBlock>, { readonly answer: ChainBlock }>

/** One question, and how its parts and the answers to them are told. */
interface Asked<Answer> {
  readonly question: (part: number) => string
  readonly ask: (reader: Registry, options: Abortable) => Promise<Answer>
  readonly words: (answer: Answer) => readonly string[]
}

/** How far below the tips a block is looked for on which readers agree whose tips differ. */
const MAX_DEPTH = 8
const RANK: readonly Finality[] = ['final', 'safe', 'unsafe']

/**
 * Several readers of one registry as one: an answer is what `agree` of them say and nobody denies. A different answer
 * from anyone is REGISTRY_DISAGREES and never outvoted; a reader that does not answer denies nothing.
 *
 * @throws INVALID_OPTION for readers of different registries, for two of one name – they are one voice – and for a number
 * that they cannot reach
 */
export function quorumRegistry(readers: readonly Registry[], { agree, grace = 1_000 }: QuorumOptions): Registry {
  const { chain, address } = checkReaders(readers, agree)
  const trust = trustOf(readers, agree)
  const slow = new Set<Registry>()

  const unavailable = (voices: readonly Voice<unknown>[], question: string): ArchiveError => {
    const mute = voices.filter(({ lines }) => lines === undefined)
    const reasons = new Set(mute.map((voice) => reasonOf('error' in voice ? voice.error : undefined)))
    reasons.delete('no answer')
    // What those that did answer agree on is the reason.
    const [reason = 'no answer'] = reasons.size === 1 ? reasons : []
    const said = mute.map((voice) => `${nameOf(voice.reader)}: ${toldBy(voice)}`)
    const message = `${trust}: ${voices.length - mute.length} of ${agree} answered to ${question}; ${said.join('; ')}`
    return new ArchiveError('REGISTRY_UNAVAILABLE', message, { registry: address, reason })
  }

  const disagrees = (voices: readonly Voice<unknown>[], question: (part: number) => string): ArchiveError => {
    const spoken = voices.filter(({ lines }) => lines !== undefined)
    const part = partApart(spoken)
    const answers = spoken.map(({ reader, lines = [] }) => ({
      reader: nameOf(reader),
      answer: lines[part] ?? 'nothing'
    }))
    const told = answers.map(({ reader, answer }) => `${reader} says ${answer}`).join(', ')
    const message = `readers of ${chain} disagree about ${question(part)}: ${told}`
    return new ArchiveError('REGISTRY_DISAGREES', message, { registry: address, question: question(part), answers })
  }

  /** Asks everybody at once, until all have spoken or those that have are enough and a grace is over. */
  const poll = async <Answer>(
    { ask, words }: Pick<Asked<Answer>, 'ask' | 'words'>,
    isEnough: (voices: readonly Voice<Answer>[]) => boolean,
    { signal }: Abortable
  ): Promise<readonly Voice<Answer>[]> => {
    signal?.throwIfAborted()
    const stop = new AbortController()
    const options = { signal: eitherOf(signal, stop.signal) }
    const heard = new Map<Registry, Voice<Answer>>()
    let timer: ReturnType<typeof setTimeout> | undefined

    const listen = async (reader: Registry): Promise<Voice<Answer>> => {
      try {
        const answer = await ask(reader, options)
        return { reader, answer, lines: words(answer) }
      } catch (error) {
        const reason = reasonOf(error)
        if (reason === 'no code' || reason === 'other code') return { reader, error, lines: [`no registry: ${reason}`] }
        return { reader, error, lines: undefined }
      }
    }
    const all = new Promise<void>((resolve) => {
      for (const reader of readers) {
        listen(reader).then((voice) => {
          if (stop.signal.aborted) return
          heard.set(reader, voice)
          slow.delete(reader)
          if (heard.size === readers.length) resolve()
          if (timer !== undefined || !isEnough([...heard.values()])) return
          const isInTime = readers.some((other) => !heard.has(other) && !slow.has(other))
          timer = setTimeout(resolve, isInTime ? grace : grace / 10)
        })
      }
    })
    try {
      await orAborted(signal, all)
    } finally {
      clearTimeout(timer)
      stop.abort()
    }
    return readers.map((reader) => {
      const voice = heard.get(reader)
      if (voice !== undefined) return voice
      slow.add(reader)
      return { reader, lines: undefined, error: undefined }
    })
  }

  /** Everybody's answer, of which `agree` are the same and none is another. */
  const agreed = async <Answer>(asked: Asked<Answer>, options: Abortable): Promise<readonly Voice<Answer>[]> => {
    const voices = await poll(asked, (heard) => isSettled(heard, readers.length, agree), options)
    const spoken = voices.filter(({ lines }) => lines !== undefined)
    if (partApart(spoken) !== -1) throw disagrees(voices, asked.question)
    if (spoken.length < agree) throw unavailable(voices, asked.question(0))
    const failed = spoken.find((voice) => 'error' in voice)
    if (failed !== undefined && 'error' in failed) throw failed.error
    return spoken
  }

  const answerOf = async <Answer>(asked: Asked<Answer>, options: Abortable): Promise<Answer> => {
    const [first] = await agreed(asked, options)
    return (first as Extract<Voice<Answer>, { readonly answer: Answer }>).answer
  }

  const blockOf = async (height: bigint, options: Abortable): Promise<ChainBlock> => {
    const asked = { question: () => `block ${height}`, ask: askFor(height), words: wordsOfBlock }
    const voices = (await agreed(asked, options)) as readonly Confirmed[]
    const finality = voices.map(({ answer }) => answer.finality).sort((a, b) => RANK.indexOf(a) - RANK.indexOf(b))
    return { ...voices[0]!.answer, finality: finality[agree - 1]! }
  }

  /**
   * The highest block that `agree` readers have reached under a tag, and whose hash nobody who knows it denies. What is
   * final or safe is so for everybody, so another hash at one height is a disagreement; tips may differ for a while.
   */
  const tagged = async (tag: BlockTag, options: Abortable): Promise<ChainBlock> => {
    const ask = { ask: askFor(tag), words: wordsOfBlock }
    const tips = await poll(ask, (heard) => heard.filter((voice) => 'answer' in voice).length >= agree, options)
    const reached = tips.filter((voice) => 'answer' in voice)
    const heights = reached.map(({ answer }) => answer.number).sort((a, b) => (a < b ? 1 : -1))
    const top = heights[agree - 1]
    if (top === undefined) throw unavailable(tips, `the ${tag} block`)
    let denied: ArchiveError | undefined
    let last: readonly Voice<ChainBlock>[] = tips
    for (const height of candidates(heights, top, tag)) {
      const voices = await atHeight(height, reached, options)
      const known = voices.filter(({ lines }) => lines !== undefined)
      const question = (): string => `the ${tag} block, at height ${height}`
      if (partApart(known) !== -1) {
        denied = disagrees(voices, question)
        if (tag !== 'latest') throw denied
        continue
      }
      const confirmed = known.filter(({ reader }) =>
        reached.some((tip) => tip.reader === reader && tip.answer.number >= height)
      )
      if (confirmed.length >= agree) {
        if (tag !== 'latest') await compareLower(reached, known, tag, options)
        return { ...(confirmed[0] as Confirmed).answer, finality: FINALITY[tag] }
      }
      last = voices
    }
    throw denied ?? unavailable(last, `the ${tag} block`)
  }

  /** What each says of a height; whose tip it is has said so already. */
  const atHeight = async (height: bigint, tips: readonly Confirmed[], options: Abortable) => {
    const ask = async (reader: Registry, more: Abortable): Promise<ChainBlock> => {
      const tip = tips.find((one) => one.reader === reader)
      return tip?.answer.number === height ? tip.answer : await reader.block(height, more)
    }
    const isEnough = (heard: readonly Voice<ChainBlock>[]): boolean => isSettled(heard, readers.length, agree)
    return await poll({ ask, words: wordsOfBlock }, isEnough, options)
  }

  /** Whoever did not know the block that was chosen is at least on the same chain, as far as it has come. */
  const compareLower = async (
    tips: readonly Confirmed[],
    known: readonly Voice<ChainBlock>[],
    tag: BlockTag,
    options: Abortable
  ): Promise<void> => {
    const behind = tips.filter(({ reader }) => !known.some((voice) => voice.reader === reader))
    for (const { answer } of behind) {
      const voices = await atHeight(answer.number, tips, options)
      const spoken = voices.filter(({ lines }) => lines !== undefined)
      if (partApart(spoken) !== -1) throw disagrees(voices, () => `the ${tag} block, at height ${answer.number}`)
    }
  }

  return {
    chain,
    address,
    trust,
    mode: agree > 1 ? 'quorum' : 'rpc',
    readers: agree,
    block: (at, options = {}) => (typeof at === 'bigint' ? blockOf(at, options) : tagged(at, options)),
    record: (publisher, digest, proof, at, options = {}) => {
      const question = (): string => `the record of ${digest} under ${publisher}`
      return answerOf(
        { question, ask: (reader, more) => reader.record(publisher, digest, proof, at, more), words: wordsOfRecord },
        options
      )
    },
    keyed: (publisher, key, at, options = {}) => {
      const question = (): string => `what is recorded at ${key} under ${publisher}`
      return answerOf(
        { question, ask: (reader, more) => reader.keyed(publisher, key, at, more), words: wordsOfRecord },
        options
      )
    },
    head: (publisher, ref, at, options = {}) => {
      const question = (): string => `what the ref ${ref} of ${publisher} names`
      return answerOf(
        { question, ask: (reader, more) => reader.head(publisher, ref, at, more), words: wordsOfHead },
        options
      )
    },
    notice: (publisher, digest, at, options = {}) => {
      const question = (): string => `the notice of ${publisher} about ${digest}`
      return answerOf(
        { question, ask: (reader, more) => reader.notice(publisher, digest, at, more), words: wordsOfHead },
        options
      )
    },
    survey: (publisher, questions, at, options = {}) => {
      const parts = ['the record of', 'what is named beside', 'the notice about']
      const question = (part: number): string =>
        `${parts[part % 3]} ${questions[Math.floor(part / 3)]?.digest ?? 'nothing'} under ${publisher}`
      const words = (answers: readonly Survey[]): readonly string[] =>
        answers.flatMap(({ record, head, notice }) =>
          [wordsOfRecord(record), wordsOfHead(head), wordsOfHead(notice)].flat()
        )
      return answerOf(
        { question, ask: (reader, more) => reader.survey(publisher, questions, at, more), words },
        options
      )
    },
    editorUntil: (publisher, editor, at, options = {}) => {
      const question = (): string => `until when ${editor} may publish for ${publisher}`
      const words = (until: bigint): readonly string[] => [String(until)]
      return answerOf(
        { question, ask: (reader, more) => reader.editorUntil(publisher, editor, at, more), words },
        options
      )
    }
  }
}

/** How many have to agree where nobody says: all but one, and both of two. */
export const usualQuorum = (readers: number): number => (readers < 3 ? readers : readers - 1)

function checkReaders(readers: readonly Registry[], agree: number): Registry {
  const [first, ...others] = readers
  if (first === undefined) throw invalid('readers', 'at least one reader')
  if (others.some(({ chain, address }) => chain !== first.chain || address !== first.address)) {
    throw invalid('readers', 'readers of one registry on one chain')
  }
  const names = readers.map(nameOf)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw invalid('readers', `each another voice, and ${twice} is there twice`)
  if (!Number.isSafeInteger(agree) || agree < 1 || agree > readers.length) {
    throw invalid('agree', `a whole number from 1 to ${readers.length}`)
  }
  return first
}

function invalid(option: string, rule: string): ArchiveError<'INVALID_OPTION'> {
  return new ArchiveError('INVALID_OPTION', `${option} of a quorum must be ${rule}`, { option, rule })
}

function trustOf(readers: readonly Registry[], agree: number): string {
  const kind = readers.every(({ mode = 'rpc' }) => mode === 'rpc') ? ' rpc' : ''
  return `${agree}-of-${readers.length}${kind} (${readers.map(nameOf).join(', ')})`
}

/** Whom a reader trusts; a host with a dot at its end is the same host. */
const nameOf = ({ trust }: Registry): string => trust.replace(/^rpc:/, '').replace(/\.(?=:\d+$|$)/, '')

/** The first part of the answers that is not the same in all of them; -1 where all is. */
function partApart(voices: readonly Voice<unknown>[]): number {
  const [first, ...others] = voices.map(({ lines = [] }) => lines)
  if (first === undefined) return -1
  const parts = Math.max(first.length, ...others.map((lines) => lines.length))
  for (let part = 0; part < parts; part++) {
    if (others.some((lines) => lines[part] !== first[part])) return part
  }
  return -1
}

/** Whether the rest can change nothing but to deny: enough agree, some differ, or too few are left. */
function isSettled(voices: readonly Voice<unknown>[], all: number, agree: number): boolean {
  const spoken = voices.filter(({ lines }) => lines !== undefined)
  return spoken.length >= agree || partApart(spoken) !== -1 || spoken.length + all - voices.length < agree
}

/** Heights to try, the highest first. */
function candidates(heights: readonly bigint[], top: bigint, tag: BlockTag): readonly bigint[] {
  const tips = heights.filter((height) => height <= top)
  const below = Array.from({ length: tag === 'latest' ? MAX_DEPTH + 1 : 0 }, (_, i) => top - BigInt(i))
  return [...new Set([...tips, ...below])].filter((height) => height >= 0n).sort((a, b) => (a < b ? 1 : -1))
}

const askFor =
  (at: BlockTag | bigint) =>
  (reader: Registry, options: Abortable): Promise<ChainBlock> =>
    reader.block(at, options)

const wordsOfBlock = ({ number, hash, timestamp }: ChainBlock): readonly string[] => [
  `block ${number} ${hash} of second ${timestamp}`
]

const wordsOfRecord = ({ publishedAt, retractedAt, editor }: RegistryRecord): readonly string[] => [
  `published in second ${publishedAt} by ${editor.toLowerCase()}, retracted in second ${retractedAt}`
]

const wordsOfHead = (digest: string | undefined): readonly string[] => [digest?.toLowerCase() ?? 'nothing']

const reasonOf = (error: unknown): UnavailableReason =>
  isArchiveError(error, 'REGISTRY_UNAVAILABLE') ? error.details.reason : 'no answer'

function toldBy(voice: Voice<unknown>): string {
  if (!('error' in voice) || voice.error === undefined) return 'no answer in time'
  return voice.error instanceof Error ? voice.error.message : 'no reason given'
}
