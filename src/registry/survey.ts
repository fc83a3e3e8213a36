import type { Bytes32 } from '../block/cid.ts'
import type { Address } from '../document/publisher.ts'
import { NONE, type Question, type Survey } from './registry.ts'
import { SURVEY_PROGRAM } from './survey-program.ts'

/** Hex digits that init code may have (EIP-3860). */
const MOST = 2 * 49_152
const HEADER = /^0x[0-9a-f]{128}/i

/** Some of the questions, as one call without recipient. */
export interface SurveyCall {
  readonly data: string
  /** How many questions are in it, of those that were given. */
  readonly count: number
}

/** What a node answers to a {@link SurveyCall}: what the account and the chain are, and each question in order. */
export interface SurveyAnswer {
  readonly codeDigest: string
  readonly chainId: bigint
  /** Hex digits; {@link readSurveys} reads them. */
  readonly told: string
}

/** The questions from one on, as many as fit into one call: about 1,000 with refs of 15 letters. */
export function surveyCall(
  registry: Address,
  publisher: Address,
  questions: readonly Question[],
  from: number
): SurveyCall {
  const parts = [`0x${SURVEY_PROGRAM}`, registry.slice(2), publisher.slice(2)]
  let size = parts.join('').length - 2
  let next = from
  for (; next < questions.length; next++) {
    const { digest, ref } = questions[next]!
    const letters = ref === NONE ? '' : withoutZeros(ref)
    size += 66 + letters.length
    if (size > MOST) break
    parts.push((letters.length / 2).toString(16).padStart(2, '0'), letters, digest.slice(2))
  }
  return { data: parts.join(''), count: next - from }
}

/** A word without the zero bytes at its end. */
function withoutZeros(word: Bytes32): string {
  let end = word.length
  while (end > 2 && word.endsWith('00', end)) end -= 2
  return word.slice(2, end)
}

/** An answer's header; `undefined` where it is not what the program answers, so that the node has not run it. */
export function readAnswer(answer: unknown): SurveyAnswer | undefined {
  if (typeof answer !== 'string' || !HEADER.test(answer)) return undefined
  return {
    codeDigest: answer.slice(0, 66).toLowerCase(),
    chainId: BigInt(`0x${answer.slice(66, 130)}`),
    told: answer.slice(130)
  }
}

/** The bits of an answer's first byte, as scripts/survey/program.yul has them. */
const PUBLISHED = 0x01
const RETRACTED = 0x02
const BY_PUBLISHER = 0x04
const BY_EDITOR = 0x08
const HEAD_IS_DIGEST = 0x10
const HEAD = 0x20
const NOTICE = 0x40

/**
 * What an answer tells of the questions that were in the call: of the first at least, and not always of all. `undefined`
 * where it has another shape: there is one spelling of every answer.
 */
export function readSurveys(
  told: string,
  publisher: Address,
  questions: readonly Question[]
): readonly Survey[] | undefined {
  if (!/^(?:[0-9a-f]{2})*$/i.test(told)) return undefined
  const text = told.toLowerCase()
  const surveys: Survey[] = []
  let at = 0
  let isSound = text.length > 0
  /** The next so many hex digits: never zero, which is said by a flag. */
  const take = (digits: number): string => {
    const part = text.slice(at, at + digits)
    at += digits
    isSound &&= part.length === digits && /[^0]/.test(part)
    return part
  }
  while (isSound && at < text.length) {
    const question = questions[surveys.length]
    const flags = Number.parseInt(text.slice(at, at + 2), 16)
    const has = (flag: number): boolean => (flags & flag) !== 0
    const both = (has(BY_PUBLISHER) && has(BY_EDITOR)) || (has(HEAD_IS_DIGEST) && has(HEAD))
    if (question === undefined || flags > 0x7f || both) return undefined
    at += 2
    const publishedAt = has(PUBLISHED) ? Number.parseInt(take(10), 16) : 0
    const retractedAt = has(RETRACTED) ? Number.parseInt(take(10), 16) : 0
    const editor: Address = has(BY_EDITOR) ? `0x${take(40)}` : has(BY_PUBLISHER) ? publisher : NOBODY
    const digest = question.digest.toLowerCase() as Bytes32
    const head: Bytes32 | undefined = has(HEAD) ? `0x${take(64)}` : has(HEAD_IS_DIGEST) ? digest : undefined
    const notice: Bytes32 | undefined = has(NOTICE) ? `0x${take(64)}` : undefined
    isSound &&= !(has(BY_EDITOR) && editor === publisher) && !(has(HEAD) && head === digest)
    surveys.push({ record: { publishedAt, retractedAt, editor }, head, notice })
  }
  return isSound ? surveys : undefined
}

const NOBODY: Address = `0x${'0'.repeat(40)}`
