import { type Command, command } from '../command.ts'
import { kindOf, pathIn, writeWhole } from '../files.ts'
import { STORE_NAME } from '../session.ts'
import { CONFIG_NAME, type Config } from '../settings.ts'

export const init: Command = command({
  name: 'init',
  arguments: '',
  summary: 'make an archive here: a folder with its settings and its store',
  about:
    'Makes .trend-archive in this folder, or the folder that --archive names, and keeps --network, --rpc-url, ' +
    '--registry, --gateway and --peer in it for later commands. Running it again changes only what you name.',
  examples: [
    ['trend-archive init', 'an archive for the local dev chain'],
    ['trend-archive init --network eip155:11155111 --rpc-url https://rpc.example --registry 0x…', 'for another one']
  ],
  options: {},
  archive: 'here',
  async run({ settings, session, typed }) {
    const { home, network } = settings
    const file = pathIn(home, CONFIG_NAME)
    // Publishing makes a store where there is none, so an archive may be there without settings.
    const kinds = await Promise.all([kindOf(file), kindOf(pathIn(home, STORE_NAME))])
    const existed = kinds.includes('file')
    await session.makeStore()
    const config: Config = {
      network: network.chain,
      // What the environment says is not kept: it may be a secret, and it is not this archive's alone.
      ...keep('rpcUrl', typed.rpcUrl ?? settings.kept.rpcUrl),
      ...keep('registry', typed.registry === undefined ? settings.kept.registry : network.registry),
      ...keep('gateways', settings.gateways.length === 0 ? undefined : settings.gateways),
      ...keep('peers', settings.peers.length === 0 ? undefined : settings.peers)
    }
    await writeWhole(file, `${JSON.stringify(config, undefined, 2)}\n`)
    return {
      json: { archive: home, network: network.chain, created: !existed },
      lines: [`${existed ? 'there is an archive already in' : 'made an archive in'} ${home}, for ${network.chain}`]
    }
  }
})

const keep = <Name extends keyof Config>(
  name: Name,
  value: Config[Name]
): Pick<Config, Name> | Record<string, never> =>
  value === undefined ? {} : ({ [name]: value } as unknown as Pick<Config, Name>)
