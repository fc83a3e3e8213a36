import { type Command, command } from '../command.ts'
import { checkAccount } from '../doctor/account.ts'
import { checkArchive, checkProgram } from '../doctor/archive.ts'
import { checkChain } from '../doctor/chain.ts'
import type { Finding } from '../doctor/finding.ts'
import { checkGateways } from '../doctor/gateways.ts'
import { checkMemory } from '../doctor/memory.ts'
import { type ExitCode, OK } from '../exit.ts'
import type { Line } from '../output.ts'

export const doctor: Command = command({
  name: 'doctor',
  arguments: '',
  summary: 'look whether everything is there that the other commands need',
  about:
    'The archive and its database, what verdicts remember, the disk, the gateways, the node and what it can do, the registry and its code, the ' +
    'account and the clock. Nothing is changed and nothing is unlocked. What is not well comes with a way out; where ' +
    'there is no network it says what it could not look at. Exit code: 0 where nothing is broken.',
  examples: [
    ['trend-archive doctor', 'before the first publish, or when something does not work'],
    ['trend-archive doctor --network eip155:84532 --rpc-url https://rpc.example', 'is that a node to work with?']
  ],
  options: {},
  async run(context) {
    const [archive, memory, gateways, chain] = await Promise.all([
      checkArchive(context),
      checkMemory(context),
      checkGateways(context),
      checkChain(context)
    ])
    const account = await checkAccount(context, chain.reached)
    context.signal.throwIfAborted()
    const findings = [checkProgram(), ...archive, ...memory, ...gateways, ...chain.findings, account]
    const checks = findings.map(({ exit: _, ...told }) => told)
    const exit = exitOf(findings)
    return { json: { healthy: exit === OK, checks }, lines: findings.flatMap(linesOf), exit }
  }
})

/** That of the problems where they are of one kind, else that of a failure. */
function exitOf(findings: readonly Finding[]): ExitCode {
  const exits = new Set(findings.filter(({ state }) => state === 'problem').map(({ exit = 1 }) => exit))
  const [first = OK, ...others] = exits
  return others.length === 0 ? first : 1
}

const STYLES = { ok: 'green', warning: 'yellow', problem: 'red', unchecked: 'dim' } as const

function linesOf({ check, state, says, hint }: Finding): readonly Line[] {
  const line: Line = [{ text: state.padEnd(9), style: STYLES[state] }, `  ${check.padEnd(8)}  ${says}`]
  return hint === undefined ? [line] : [line, `  hint: ${hint}`]
}
