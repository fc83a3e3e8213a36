import { type Command, command, value, values } from '../command.ts'
import { parseCopies } from '../copies.ts'
import { kindOf, pathIn, writeWhole } from '../files.ts'
import { parseRemote, REMOTE_FLAGS, type TypedRemote } from '../remote-option.ts'
import type { Remotes } from '../remotes.ts'
import { STORE_NAME } from '../session.ts'
import { CONFIG_NAME, type Config } from '../settings.ts'

export const init: Command = command({
  name: 'init',
  arguments: '',
  summary: 'make an archive here: a folder with its settings and its store',
  about:
    'Makes .trend-archive in this folder, or the folder that --archive names, and keeps --network, --rpc-url, ' +
    '--registry, --gateway, --peer, --remote and --copies in it for later commands. Running it again changes only ' +
    'what you name.',
  examples: [
    ['trend-archive init', 'an archive for the local dev chain'],
    ['trend-archive init --network eip155:11155111 --rpc-url https://rpc.example --registry 0x…', 'for another one'],
    [
      'trend-archive init --remote pinata=https://api.pinata.cloud/psa,token=PINATA_JWT,gateway=https://…',
      'a pinning service to keep documents as well; PINATA_JWT is a variable of the environment'
    ],
    [
      'trend-archive init --remote backup=s3://trends/docs,endpoint=https://s3.eu-central-1.amazonaws.com,region=eu-central-1',
      'a bucket, with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the environment'
    ]
  ],
  options: {
    remote: values(REMOTE_FLAGS, 'a place to keep documents besides here; <name>= forgets it; repeatable', parseRemote),
    copies: value('--copies <n>', 'how many of the remotes must hold a document (default: all)', parseCopies)
  },
  archive: 'here',
  async run({ settings, session, typed }, _, { remote: named, copies = settings.copies }) {
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
      ...keep('quorum', typed.quorum === undefined ? settings.kept.quorum : network.quorum),
      ...keep('registry', typed.registry === undefined ? settings.kept.registry : network.registry),
      ...keep('gateways', settings.gateways.length === 0 ? undefined : settings.gateways),
      ...keep('remotes', remotesAfter(settings.remotes, named)),
      ...keep('copies', copies),
      ...keep('peers', settings.peers.length === 0 ? undefined : settings.peers)
    }
    await writeWhole(file, `${JSON.stringify(config, undefined, 2)}\n`)
    return {
      json: { archive: home, network: network.chain, created: !existed, remotes: config.remotes },
      lines: [`${existed ? 'there is an archive already in' : 'made an archive in'} ${home}, for ${network.chain}`]
    }
  }
})

/** A remote that is named anew is changed, and one that is named without anything is forgotten. */
function remotesAfter(before: Remotes, named: readonly TypedRemote[]): Remotes | undefined {
  const after = new Map(Object.entries(before))
  for (const { name, remote } of named) {
    if (remote === undefined) after.delete(name)
    else after.set(name, remote)
  }
  return after.size === 0 ? undefined : Object.fromEntries(after)
}

const keep = <Name extends keyof Config>(
  name: Name,
  value: Config[Name]
): Pick<Config, Name> | Record<string, never> =>
  value === undefined ? {} : ({ [name]: value } as unknown as Pick<Config, Name>)
