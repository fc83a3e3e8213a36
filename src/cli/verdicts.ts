import type { Verdict } from '../verdict/judge.ts'
import type { Policy } from '../verdict/policy.ts'
import { reportJson, reportText } from '../verdict/report.ts'
import type { VerifyPorts } from '../verdict/verify.ts'
import { type OneOfMany, type VerifyAdvance, type VerifyAllOptions, verifyAll } from '../verdict/verify-all.ts'
import type { Context, Result } from './command.ts'
import { exitOfVerdict, OK } from './exit.ts'
import type { Line } from './output.ts'

/** A verdict as what a command says. */
export function resultOf(verdict: Verdict, policy: Policy, { out }: Context): Result {
  if (policy.publishers === undefined && verdict.status === 'verified') {
    out.note(`any publisher would do: to accept this one only, add --publisher ${verdict.publisher}`)
  }
  return { json: reportJson(verdict), lines: reportText(verdict).map(coloured), exit: exitOfVerdict(verdict) }
}

/** Several documents in one reading of their chains; the worst of their verdicts is the exit code. */
export async function judgeMany(
  context: Context,
  ports: VerifyPorts,
  subjects: readonly OneOfMany[],
  options: Pick<VerifyAllOptions, 'policy' | 'timeout'>
): Promise<Result> {
  const { out, signal } = context
  const onProgress = (event: VerifyAdvance): void =>
    out.progress(event, event.part === 'bytes' ? 'reading documents' : 'asking their chains')
  const verdicts = await verifyAll(ports, subjects, { ...options, signal, onProgress })
  noteUnpinned(verdicts, context)
  const exits = verdicts.map(exitOfVerdict)
  const counts = (['verified', 'refuted', 'inconclusive'] as const).flatMap((status) => {
    const count = verdicts.filter((verdict) => verdict.status === status).length
    return count === 0 ? [] : [`${count} ${status}`]
  })
  return {
    json: { verdicts: verdicts.map(reportJson) },
    lines: [...verdicts.flatMap((verdict) => [...reportText(verdict).map(coloured), '']), counts.join(', ')],
    exit: WORST_FIRST.find((exit) => exits.includes(exit)) ?? OK
  }
}

/** What is false weighs more than what is not known. */
const WORST_FIRST = [exitOfVerdict({ status: 'refuted' }), exitOfVerdict({ status: 'inconclusive' })]

/** Says why nothing is relied on where the registry of a document's chain is known from nowhere. */
export function noteUnpinned(verdicts: readonly Verdict[], { settings, out }: Context): void {
  const { chain, isPinned, registry } = settings.network
  if (!isPinned && verdicts.some(({ publisher }) => publisher?.startsWith(`${chain}:`))) {
    out.note(`the address book does not know ${chain}: to rely on the registry there, add --registry ${registry}`)
  }
}

function coloured(text: string, index: number): Line {
  if (index === 0) {
    const [status = '', ...rest] = text.split(/(?=:)/)
    return [
      { text: status, style: status === 'verified' ? 'green' : status === 'refuted' ? 'red' : 'yellow' },
      rest.join('')
    ]
  }
  const mark = text[2]
  if (mark === '✗') return { text, style: 'red' }
  return mark === '?' || text.startsWith('  warning:') ? { text, style: 'yellow' } : text
}
