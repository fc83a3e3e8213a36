import type { Address } from '../document/publisher.ts'
import type { Abortable } from '../options.ts'
import type { ChainBlock, Question, Registry, Survey } from '../registry/registry.ts'

/**
 * A registry for many documents whose questions are known beforehand: at each block those of one publisher are asked
 * together, when the first of them is asked, and whatever else is read at a block is read once. What fails, fails for all
 * who ask the same. It stops for `signal`, whichever of them gives up.
 */
export function gatheredRegistry(
  registry: Registry,
  questions: ReadonlyMap<Address, readonly Question[]>,
  { signal }: Abortable
): Registry {
  const asked = new Map<string, Promise<unknown>>()
  const once = <Answer>(key: readonly unknown[], ask: () => Promise<Answer>): Promise<Answer> => {
    const name = key.join()
    const known = (asked.get(name) as Promise<Answer> | undefined) ?? ask()
    asked.set(name, known)
    return known
  }
  const options = { signal }

  /** What is asked at a block about everything of a publisher's, by the questions. */
  const surveyAll = async (publisher: Address, at: ChainBlock): Promise<ReadonlyMap<string, Survey>> => {
    const all = questions.get(publisher) ?? []
    const surveys = await registry.survey(publisher, all, at, options)
    return new Map(all.map((question, i) => [keyOf(question), surveys[i]!]))
  }

  const surveyOne = async (publisher: Address, question: Question, at: ChainBlock): Promise<Survey> => {
    const known = await once(['survey', publisher, at.hash], () => surveyAll(publisher, at))
    const survey = known.get(keyOf(question))
    if (survey !== undefined) return survey
    const [other] = await registry.survey(publisher, [question], at, options)
    return other!
  }

  return {
    ...registry,
    record: (publisher, digest, proof, at) =>
      once(['record', publisher, digest, at.hash, ...proof], () =>
        registry.record(publisher, digest, proof, at, options)
      ),
    keyed: (publisher, key, at) =>
      once(['keyed', publisher, key, at.hash], () => registry.keyed(publisher, key, at, options)),
    head: (publisher, ref, at) =>
      once(['head', publisher, ref, at.hash], () => registry.head(publisher, ref, at, options)),
    notice: (publisher, digest, at) =>
      once(['notice', publisher, digest, at.hash], () => registry.notice(publisher, digest, at, options)),
    survey: async (publisher, some, at) =>
      await Promise.all(some.map((question) => surveyOne(publisher, question, at))),
    editorUntil: (publisher, editor, at) =>
      once(['editorUntil', publisher, editor, at.hash], () => registry.editorUntil(publisher, editor, at, options))
  }
}

const keyOf = ({ digest, ref }: Question): string => `${digest} ${ref}`
