import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { askSecret, askYes } from '../../src/cli/prompt.ts'

function terminal(signal?: AbortSignal) {
  const stdin = Object.assign(new PassThrough(), { isTTY: true })
  let shown = ''
  const stderr = {
    isTTY: true,
    write: (chunk: string | Uint8Array) => {
      shown += Buffer.from(chunk).toString()
    }
  }
  return { host: { stdin, stderr, stdout: stderr, env: {}, cwd: '/', signal }, type: stdin, shown: () => shown }
}

test('a password that is typed is not shown', async () => {
  const { host, type, shown } = terminal()
  const asked = askSecret(host, 'password')
  type.write('hunter22')
  type.write('\r')
  expect(await asked).toBe('hunter22')
  expect(shown()).toBe('password: \n')
})

test('giving up ends the question: by Ctrl-C, by the end of input, by an interrupt', async () => {
  const first = terminal()
  const asked = askSecret(first.host, 'password')
  first.type.write('\u0003')
  await expect(asked).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))

  const second = terminal()
  const ended = askSecret(second.host, 'password')
  second.type.end()
  await expect(ended).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))

  const controller = new AbortController()
  const third = terminal(controller.signal)
  const stopped = askSecret(third.host, 'password')
  controller.abort()
  await expect(stopped).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))
})

test.each([
  ['y', true],
  ['YES', true],
  [' y ', true],
  ['', false],
  ['n', false],
  ['yessir', false]
])('to a question %j is %s', async (typed, meant) => {
  const { host, type, shown } = terminal()
  const asked = askYes(host, 'go on?')
  type.write(`${typed}\n`)
  expect(await asked).toBe(meant)
  expect(shown()).toBe('go on? [y/N]: ')
})
