import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Whether this machine has the `script` of util-linux, which lends a program a terminal. */
export const hasTerminal = (): boolean => String(spawnSync('script', ['--version']).stdout).includes('util-linux')

export interface OnTerminal {
  readonly columns: number
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>> | undefined
  /** What is typed once so much is on the screen. */
  readonly type?: { readonly after: RegExp; readonly text: string } | undefined
}

/** Runs a module on a real terminal; everything that the terminal was sent, and the exit code. */
export async function onTerminal(
  module: URL,
  argv: readonly string[],
  { columns, cwd, env = {}, type }: OnTerminal
): Promise<{ readonly sent: string; readonly code: number | null }> {
  const words = [process.execPath, fileURLToPath(module), ...argv]
    .map((word) => `'${word.replaceAll("'", "'\\''")}'`)
    .join(' ')
  const command = `stty cols ${columns} rows 24; exec ${words}`
  const child = spawn('script', ['-qefc', command, '/dev/null'], {
    cwd,
    env: { ...env, PATH: process.env.PATH, TERM: 'xterm', SHELL: '/bin/sh' }
  })
  let sent = ''
  let hasTyped = false
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    sent += text
    if (type === undefined || hasTyped || !type.after.test(sent)) return
    hasTyped = true
    child.stdin.write(type.text)
  })
  const [code] = await once(child, 'close')
  return { sent, code: code as number | null }
}
