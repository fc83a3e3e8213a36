import type { Command } from './command.ts'

/** Every command, in the order in which they are met. What is not asked for is not loaded: that takes half of a start. */
const LOADERS: Readonly<Record<string, () => Promise<Command>>> = {
  init: async () => (await import('./commands/init.ts')).init,
  status: async () => (await import('./commands/status.ts')).status,
  publish: async () => (await import('./commands/publish.ts')).publish,
  edition: async () => (await import('./commands/edition.ts')).edition,
  resolve: async () => (await import('./commands/resolve.ts')).resolve,
  verify: async () => (await import('./commands/verify.ts')).verify,
  prove: async () => (await import('./commands/prove.ts')).prove,
  history: async () => (await import('./commands/history.ts')).history,
  list: async () => (await import('./commands/list.ts')).list,
  pin: async () => (await import('./commands/pin.ts')).pin,
  unpin: async () => (await import('./commands/unpin.ts')).unpin,
  diff: async () => (await import('./commands/diff.ts')).diff,
  point: async () => (await import('./commands/point.ts')).point,
  retract: async () => (await import('./commands/retract.ts')).retract,
  editors: async () => (await import('./commands/editors.ts')).editors,
  sign: async () => (await import('./commands/sign.ts')).sign,
  relay: async () => (await import('./commands/relay.ts')).relay,
  export: async () => (await import('./commands/export.ts')).exportCommand,
  import: async () => (await import('./commands/import.ts')).importCommand,
  serve: async () => (await import('./commands/serve.ts')).serve,
  encode: async () => (await import('./commands/encode.ts')).encode,
  audit: async () => (await import('./commands/audit.ts')).audit,
  deploy: async () => (await import('./commands/deploy.ts')).deploy,
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
  networks: async () => (await import('./commands/networks.ts')).networks,
  completion: async () => (await import('./commands/completion.ts')).completion
}

/** Those that a command line may be about: the one that it begins with, else all of them. */
export const commandsFor = async ([first = '']: readonly string[]): Promise<readonly Command[]> =>
  Object.hasOwn(LOADERS, first) && first !== 'completion' ? [await LOADERS[first]!()] : await allCommands()

/** Every command. */
export const allCommands = async (): Promise<readonly Command[]> =>
  await Promise.all(Object.values(LOADERS).map((load) => load()))
