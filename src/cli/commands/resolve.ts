import { resolve as resolveName } from '../../archive/resolve.ts'
import { glanceJson } from '../../verdict/beside-report.ts'
import { describeGlance, lookAt } from '../../verdict/cited.ts'
import { type Command, command, flag } from '../command.ts'
import { nameOf } from '../naming.ts'

export const resolve: Command = command({
  name: 'resolve',
  arguments: '<name>',
  summary: 'print the document that a name means, byte for byte',
  about:
    'A name is a CID, ipfs://CID, publisher/slug or publisher/slug@version; a slug alone is yours. The bytes hash to ' +
    'the CID, whoever they came from. Who stands by them is another question: ask verify.',
  examples: [
    ['trend-archive resolve edge-computing --pretty', 'your newest version, to read'],
    ['trend-archive resolve eip155:1:0xab16…/edge-computing@3 > v3.json', "somebody's third version"],
    ['trend-archive resolve bagaaiera… --gateway https://trustless-gateway.link', 'from a gateway']
  ],
  options: { pretty: flag('--pretty', 'lay the document out for reading; these are not its bytes') },
  async run({ session, out, signal }, [text = ''], { pretty }) {
    const name = await nameOf(text, session)
    const ports = { sources: await session.sources(), registries: name.by === 'cid' ? [] : await session.registries() }
    const { cid, document, bytes, trusted } = await resolveName(ports, name, { signal })
    // A name asks its publisher, who may have more to say; a CID asks nobody.
    const [seen] = name.by === 'cid' ? [] : await lookAt(ports, [String(cid)], { signal })
    const said = seen?.standing === 'superseded' ? undefined : seen && describeGlance(seen)
    if (said !== undefined) out.note(`this is a document ${said}`)
    const standing = seen && glanceJson(seen)
    const json = { cid, ...(trusted !== undefined && { trusted }), ...(standing && { standing }), document }
    return pretty ? { json, lines: JSON.stringify(document, undefined, 2).split('\n') } : { json, bytes }
  }
})
