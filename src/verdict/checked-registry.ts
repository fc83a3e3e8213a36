import { orAborted } from '../block/abort.ts'
import { ArchiveError, isArchiveError, type UnavailableReason } from '../errors.ts'
import type { Abortable } from '../options.ts'
import type { ChainBlock, Registry, RegistryRecord, Survey } from '../registry/registry.ts'

const WORD = /^0x[0-9a-f]{64}$/i
const ADDRESS = /^0x[0-9a-f]{40}$/
/** Seconds on chain have 40 bits; any of them is a date. */
const TIME_LIMIT = 2 ** 40

/**
 * A registry whose answers have the shape they should, and which stops when told to: whatever else a node or an adapter
 * does is a chain that did not answer. That is a verdict and no reason to throw.
 */
export function checkedRegistry(registry: Registry): Registry {
  const unavailable = (reason: UnavailableReason, message: string, cause?: unknown): ArchiveError =>
    new ArchiveError('REGISTRY_UNAVAILABLE', message, { registry: registry.address, reason }, { cause })

  const held = async <Answer>(
    ask: () => Promise<Answer>,
    isSound: (answer: Answer) => boolean,
    { signal }: Abortable = {}
  ): Promise<Answer> => {
    const check = async (): Promise<Answer> => {
      const answer = await ask()
      if (isSound(answer)) return answer
      throw unavailable('malformed answer', `${registry.trust}: an answer has another shape than the registry's`)
    }
    return await orAborted(signal, check()).catch((cause: unknown) => {
      signal?.throwIfAborted()
      if (isArchiveError(cause, 'REGISTRY_UNAVAILABLE') || isArchiveError(cause, 'REGISTRY_DISAGREES')) throw cause
      const why = cause instanceof Error ? cause.message : 'no reason given'
      throw unavailable('no answer', `${registry.trust}: ${why}`, cause)
    })
  }

  const { chain, address, trust, mode, readers, given, isCanonical } = registry
  return {
    chain,
    address,
    trust,
    mode,
    readers,
    given,
    block: (at, options) => held(() => registry.block(at, options), isBlock, options),
    isCanonical:
      isCanonical &&
      ((at, options) =>
        held(
          () => isCanonical(at, options),
          (answer) => typeof answer === 'boolean',
          options
        )),
    record: (publisher, digest, proof, at, options) =>
      held(() => registry.record(publisher, digest, proof, at, options), isRecordAt(at), options),
    keyed: (publisher, key, at, options) =>
      held(() => registry.keyed(publisher, key, at, options), isRecordAt(at), options),
    head: (publisher, ref, at, options) =>
      held(() => registry.head(publisher, ref, at, options), isWordOrNone, options),
    notice: (publisher, digest, at, options) =>
      held(() => registry.notice(publisher, digest, at, options), isWordOrNone, options),
    survey: (publisher, questions, at, options) =>
      held(
        () => registry.survey(publisher, questions, at, options),
        (answers) => answers.length === questions.length && answers.every(isSurveyAt(at)),
        options
      ),
    editorUntil: (publisher, editor, at, options) =>
      held(
        () => registry.editorUntil(publisher, editor, at, options),
        (until) => typeof until === 'bigint',
        options
      )
  }
}

const isWord = (value: string): boolean => WORD.test(value)
const isWordOrNone = (answer: string | undefined): boolean => answer === undefined || isWord(answer)
const isTime = (value: number): boolean => Number.isSafeInteger(value) && value >= 0 && value < TIME_LIMIT

const isBlock = ({ number, hash, timestamp }: ChainBlock): boolean =>
  typeof number === 'bigint' && number >= 0n && isWord(hash) && isTime(timestamp)

const isSurveyAt =
  (at: ChainBlock) =>
  ({ record, head, notice }: Survey): boolean =>
    isRecordAt(at)(record) && isWordOrNone(head) && isWordOrNone(notice)

/** Times are those of blocks: none is later than that of the block which is read. */
const isRecordAt =
  ({ timestamp }: ChainBlock) =>
  ({ publishedAt, retractedAt, editor }: RegistryRecord): boolean =>
    [publishedAt, retractedAt].every((time) => isTime(time) && time <= timestamp) && ADDRESS.test(editor)
