import { expect, test } from 'vitest'
import { allCommands, commandsFor } from '../../src/cli/commands.ts'
import { packageVersion } from '../../src/cli/files.ts'
import { requireNode } from '../../src/cli/runtime.ts'
import { folder, json, run } from './shell.ts'

const COMMANDS = await allCommands()
const names = COMMANDS.map(({ name }) => name)
const CID = 'bagaaierasords4njcts6vs7qvdjfcvgnume4hqohf65zsfguprqphs3icwea'
const KEY = 'c0ffee'.repeat(10).padEnd(64, '1')

test('a command that a line begins with is loaded alone, under its own name', async () => {
  for (const name of names.filter((name) => name !== 'completion')) {
    expect((await commandsFor([name])).map((command) => command.name)).toEqual([name])
  }
  for (const line of [[], ['--json', 'status'], ['nothing'], ['completion', 'bash'], ['toString']]) {
    expect(await commandsFor(line)).toHaveLength(names.length)
  }
})

test('the commands are those that were promised', () => {
  expect(names.toSorted().join(' ')).toBe(
    'audit completion deploy diff doctor edition editors encode export history import init list networks pin point prove publish relay resolve retract serve sign status unpin verify'
  )
})

test('the name alone prints help, with three commands to start with', async () => {
  const { code, stdout, stderr } = await run([], { cwd: folder() })
  expect([code, stderr]).toEqual([0, ''])
  for (const start of ['init', 'publish report.md', 'verify <cid>'])
    expect(stdout).toContain(`  trend-archive ${start}`)
  for (const name of names) expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, 'm'))
})

test.each(names)('%s explains itself, with an example', async (name) => {
  for (const argv of [
    [name, '--help'],
    ['help', name]
  ]) {
    const { code, stdout, stderr } = await run(argv, { cwd: folder() })
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(new RegExp(`Examples?:\\n  .*trend-archive ${name}`))
  }
})

test.each(names)('%s refuses an option that is misspelled, and says which was meant', async (name) => {
  const { code, stdout, stderr } = await run([name, '--jsn', 'x', 'y'].slice(0, 2), { cwd: folder() })
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(/unknown option '--jsn'\nhint: Did you mean --json\?/)
})

/** Any number of arguments will do for some. */
const counting = COMMANDS.filter(({ arguments: declared }) => !declared.startsWith('[') || !declared.endsWith('...]'))

test.each(counting)('$name refuses the wrong number of arguments, and shows a right one', async (command) => {
  const { name, arguments: declared } = command
  const wrong = declared.startsWith('<') ? [name] : [name, 'too', 'many', 'arguments']
  const { code, stderr } = await run(wrong, { cwd: folder() })
  expect(code).toBe(2)
  expect(stderr).toMatch(new RegExp(`hint: e\\.g\\. .*trend-archive ${name}.*· read trend-archive ${name} --help`))
})

test.each([
  [['verfy', 'x'], /Did you mean verify\?/],
  [['help', 'verfy'], /unknown command 'verfy'\n.*Did you mean verify\?/],
  [['help', '--jsn'], /Did you mean --json\?/],
  [['verify', 'x', '--require', 'maybe'], /Allowed choices are final, safe, unsafe/],
  [['verify', 'x', '--publisher', 'nobody'], /CAIP-10/],
  [['verify', 'x.json', '--cid', 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG'], /CIDv1/],
  [['retract', 'x', '--reason', 'boredom'], /Allowed choices are error, fraud/],
  [['retract', 'x', '--reason', 'error'], /add --note/],
  [['retract', 'x', '--concern'], /add --note/],
  [['list', '--network', 'atlantis'], /eip155:31337/],
  [['list', '--registry', 'here'], /an address is 0x/],
  [['list', '--registry', `0x${'1'.repeat(40)}`], /one registry a chain/],
  [['list', '--rpc-url', 'ftp://example.org'], /must begin with https/],
  [['resolve', CID, '--gateway', 'http://example.org'], /https URL/],
  [['resolve', CID, '--gateway', 'nonsense'], /not a URL/],
  [['status', '-', '--network', 'eip155:1', '--registry', `0x${'1'.repeat(40)}`], /--rpc-url or RPC_URL/],
  [['publish', '-', '--network', 'eip155:1'], /--rpc-url or RPC_URL/],
  [['deploy', '--dry-run', '--network', 'eip155:1'], /--rpc-url or RPC_URL/]
])('%j is refused with a way to mend it', async (argv, hint) => {
  const env = { PRIVATE_KEY: `0x${'11'.repeat(32)}` }
  const { code, stdout, stderr } = await run(argv, { cwd: folder(), env, stdin: '# A draft\n\nIt says something.\n' })
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(hint)
})

test('in JSON a wrong command line is one document on stdout', async () => {
  const { code, stdout, stderr } = await run(['verfy', '--json'], { cwd: folder() })
  expect([code, stderr]).toEqual([2, ''])
  expect(json(stdout)).toEqual({
    error: {
      code: 'USAGE',
      message: "unknown command 'verfy'",
      hint: 'Did you mean verify? · read trend-archive --help'
    }
  })
  expect(json((await run(['--help', '--json'], { cwd: folder() })).stdout).help).toMatch(/Start with/)
})

test.each([
  [['publish', `--private-key=${KEY}`, 'x.md']],
  [['publish', '--account', KEY, 'x.md']],
  [['publish', '--account', `0x${KEY}`, 'x.md']],
  [['list', '--network', `0x${KEY}`]],
  [['verify', 'x', '--publisher', KEY]],
  [[KEY]]
])('a key that is typed in the wrong place is not repeated: %#', async (argv) => {
  for (const more of [[], ['--json']]) {
    const { code, stdout, stderr } = await run([...argv, ...more], { cwd: folder({ 'x.md': '# T\n\nx\n' }) })
    expect(code).toBeGreaterThan(1)
    expect(stdout + stderr).not.toContain(KEY)
  }
})

test('the version is that of the package', async () => {
  expect((await run(['--version'], { cwd: folder() })).stdout).toBe(`${packageVersion()}\n`)
  const { stdout } = await run(['--version', '--json'], { cwd: folder() })
  expect(json(stdout)).toEqual({ version: packageVersion() })
})

test('help about a command that there is not is refused, in JSON too', async () => {
  const { code, stdout } = await run(['help', 'nosuch', '--json'], { cwd: folder() })
  expect([code, json(stdout).error?.message]).toEqual([2, "unknown command 'nosuch'"])
  expect((await run(['help', 'help'], { cwd: folder() })).code).toBe(0)
})

test.each([
  [undefined, 80],
  [60, 60],
  [118, 118]
])('help on a terminal of %s columns takes at most %s, but for what is to be copied', async (columns, widest) => {
  for (const argv of [['--help'], ...names.map((name) => [name, '--help'])]) {
    const { stdout } = await run(argv, { cwd: folder(), tty: columns !== undefined, columns })
    const prose = stdout.split('\n').filter((line) => !/trend-archive \S|^\s*-/.test(line))
    for (const line of prose) expect(line.length, line).toBeLessThanOrEqual(widest)
  }
})

test('an older Node is told what it lacks, before anything is loaded', () => {
  const told: unknown[] = []
  const runtime = (version: string) => ({
    version,
    stderr: { write: (text: string) => told.push(text) },
    exit: (code: number): never => {
      throw new Error(`exit ${code}`)
    }
  })
  expect(() => requireNode(runtime('v20.20.2'))).toThrow('exit 1')
  expect(told).toEqual(['trend-archive needs Node 24 or newer, and this is Node v20.20.2: see https://nodejs.org\n'])
  for (const version of ['v24.0.0', 'v25.1.0', 'v100.0.0']) requireNode(runtime(version))
  expect(told).toHaveLength(1)
})
