import type { MutantName } from './mutants.ts'
import { scoreOf, type Verdicts } from './verdicts.ts'

/** For the terminal: the figures, and each survivor. */
export function summaryOf(verdicts: Verdicts): string {
  const { killed, survivors, stale } = verdicts
  return [
    ...survivors.map(
      (one) => `survives, line ${one.line}, ${shown(one)}\n  ${one.reason ?? 'no reason is given for it'}`
    ),
    ...stale.map((one) => `does not survive, ${shown(one)}`),
    uncounted(verdicts),
    `${killed.length} of ${killed.length + survivors.length} mutants killed: ${percent(scoreOf(verdicts))}`
  ].join('\n')
}

/** `docs/mutation.md`. */
export function reportOf(verdicts: Verdicts): string {
  const { killed, survivors } = verdicts
  return [
    '# Mutation testing of the registry',
    '',
    '<!-- written by `npm run test:mutation`: do not edit -->',
    '',
    'Each mutant is `contracts/TrendRegistry.sol` with one mistake in it, made from the AST of the compiler, compiled as',
    'the contract is shipped, and killed if a Solidity test fails on it. A mutant that survives is a line that no test',
    'holds, or a mistake that makes no difference. Decision record 0008 says how this is done.',
    '',
    `**${killed.length} of ${killed.length + survivors.length} killed, ${percent(scoreOf(verdicts))}.** ${uncounted(verdicts)}`,
    '',
    '| mistake | mutants | killed |',
    '|---|---|---|',
    ...rowsOf(verdicts),
    '',
    '## Survivors',
    '',
    ...survivors.flatMap((one) => [
      `- ${one.operator} in \`${one.within}\`, line ${one.line}:`,
      '',
      '  ```diff',
      `  - ${one.before}`,
      `  + ${one.after}`,
      '  ```',
      '',
      `  ${one.reason ?? 'No reason is given for it.'}`,
      ''
    ])
  ].join('\n')
}

function rowsOf({ killed, survivors }: Verdicts): readonly string[] {
  const all = [...killed, ...survivors]
  const count = (mutants: readonly MutantName[], name: string): number =>
    mutants.filter(({ operator }) => operator === name).length
  const names = [...new Set(all.map(({ operator }) => operator))]
  return names
    .sort((a, b) => count(all, b) - count(all, a) || a.localeCompare(b))
    .map((name) => `| ${name} | ${count(all, name)} | ${count(killed, name)} |`)
}

function uncounted({ refused, same, repeated }: Verdicts): string {
  return `Not counted: ${refused.length} that do not compile, ${same.length} that compile to the code of the contract, ${repeated.length} to that of an earlier mutant.`
}

const shown = ({ operator, within, before, after }: MutantName): string =>
  `${operator} in ${within}\n  - ${before}\n  + ${after}`
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
