import { type Command, type Context, command, type Result } from '../command.ts'
import { completionScript, SHELLS, type Shell } from '../completion.ts'
import { globalOptions } from '../program.ts'
import { UsageError } from '../usage.ts'

export const completion: Command = command({
  name: 'completion',
  arguments: '<shell>',
  summary: 'print a script that teaches bash, zsh or fish to complete commands',
  about: 'The script is made of the commands of this version: print it anew after an update.',
  examples: [
    ['trend-archive completion bash >> ~/.bashrc', 'bash, from the next session on'],
    ['trend-archive completion zsh > "$fpath[1]/_trend-archive"', 'zsh'],
    ['trend-archive completion fish > ~/.config/fish/completions/trend-archive.fish', 'fish']
  ],
  options: {},
  archive: 'none',
  async run({ commands }: Context, [shell = '']): Promise<Result> {
    if (!isShell(shell)) {
      throw new UsageError('the shells are bash, zsh and fish', 'e.g. trend-archive completion bash')
    }
    const script = completionScript(shell, {
      program: 'trend-archive',
      options: globalOptions().map(({ flags, description }) => ({ flags, help: description })),
      commands: commands.map(({ name, summary, options }) => ({
        name,
        summary,
        options: Object.values(options),
        choices: name === 'completion' ? SHELLS : undefined
      }))
    })
    return { json: { shell, script }, lines: script.trimEnd().split('\n') }
  }
})

const isShell = (text: string): text is Shell => (SHELLS as readonly string[]).includes(text)
