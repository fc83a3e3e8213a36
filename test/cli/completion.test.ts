import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { allCommands } from '../../src/cli/commands.ts'
import { SHELLS } from '../../src/cli/completion.ts'
import { folder, json, run } from './shell.ts'

const COMMANDS = await allCommands()

const scriptFor = async (shell: string): Promise<string> => (await run(['completion', shell], { cwd: folder() })).stdout

/** A shell of this machine on a line of its language; `undefined` where it is not installed. */
function ask(shell: string, script: string, line: string): readonly string[] | undefined {
  const cwd = folder({ script, 'draft.md': '' })
  const { error, stdout, stderr } = spawnSync(shell, ['-c', `source ${join(cwd, 'script')}; ${line}`], { cwd })
  if (error !== undefined) return undefined
  expect(String(stderr)).toBe('')
  return String(stdout).split('\n').filter(Boolean)
}

/** What bash offers for a command line whose last word is being typed. */
async function inBash(...typed: readonly string[]): Promise<readonly string[] | undefined> {
  const words = ['trend-archive', ...typed].map((word) => `'${word}'`).join(' ')
  const line = `COMP_WORDS=(${words}); COMP_CWORD=${typed.length}; _trend_archive; printf '%s\\n' "\${COMPREPLY[@]}"`
  return ask('bash', await scriptFor('bash'), line)
}

test.each(SHELLS)('the script for %s has every command and every option', async (shell) => {
  const script = await scriptFor(shell)
  for (const { name, options } of COMMANDS) {
    expect(script).toContain(name)
    for (const { flags } of Object.values(options)) {
      const [, flag = ''] = /--([a-z-]+)/.exec(flags) ?? []
      expect(script).toMatch(new RegExp(`(?:--|-l )${flag}\\b`))
    }
  }
})

describe('bash completes', () => {
  test.each<[string[], string[]]>([
    [['pub'], ['publish']],
    [['re'], ['resolve', 'retract', 'relay']],
    [['publish', '--dr'], ['--dry-run']],
    [['publish', '--js'], ['--json']],
    [['--network', 'publish', 'sta'], ['status']],
    [['--rpc'], ['--rpc-url']],
    [['retract', 'x', '--reason', 'du'], ['duplicate']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish']
    ],
    [['encode', '--cid', '--an'], ['--any']],
    // A file, which is what bash offers by itself.
    [['publish', 'dra'], []],
    [['verify', 'x', '--policy', ''], []]
  ])('%j to %j', async (typed, offered) => {
    const found = await inBash(...typed)
    expect(found ?? offered).toEqual(offered)
  })
})

test('fish completes, with what each does', async () => {
  const script = await scriptFor('fish')
  const offered = (line: string): string => ask('fish', script, `complete -C '${line}'`)?.join('\n') ?? ''
  if (ask('fish', script, 'true') === undefined) return
  expect(offered('trend-archive pub')).toBe('publish\tpin drafts and record them on the registry')
  expect(offered('trend-archive retract x --reason du')).toContain('duplicate')
  expect(offered('trend-archive publish --dr')).toMatch(/^--dry-run\t/)
})

test('zsh can read its script', async () => {
  const script = await scriptFor('zsh')
  const said = ask('zsh', 'true', 'true')
  if (said === undefined) return
  expect(ask('zsh', `compdef() { print $1 $2 }\n${script}`, 'true')).toEqual(['_trend_archive trend-archive'])
})

test('another shell is refused, and in JSON the script is a text', async () => {
  expect((await run(['completion', 'tcsh'], { cwd: folder() })).code).toBe(2)
  const { stdout } = await run(['completion', 'fish', '--json'], { cwd: folder() })
  expect(json(stdout)).toEqual({ shell: 'fish', script: await scriptFor('fish') })
})
