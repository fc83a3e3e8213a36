import { cidOf } from '../../block/cid.ts'
import { encode as encodeBytes } from '../../document/canonical.ts'
import { parseJson } from '../../document/json.ts'
import { type Command, command, flag } from '../command.ts'
import { readDocument } from '../drafts.ts'
import { readInput } from '../files.ts'

export const encode: Command = command({
  name: 'encode',
  arguments: '<file>',
  summary: 'print the canonical bytes of a document, or its CID',
  about:
    'Reads a complete document in any spelling and prints the one spelling that is hashed. No chain, no store, no ' +
    'network. A draft is not complete yet: publish --dry-run tells the CID it gets, and what is filled in.',
  examples: [
    ['trend-archive encode document.json > canonical.json', 'the bytes that the CID names'],
    ['trend-archive encode --cid document.json', 'its CID'],
    ['echo \'{"b":1,"a":2}\' | trend-archive encode --any -', 'any JSON: {"a":2,"b":1}']
  ],
  options: {
    cid: flag('--cid', 'print the CID instead'),
    any: flag('--any', 'take any JSON value, not only documents')
  },
  archive: 'none',
  async run({ host }, [file = '-'], { cid: wantsCid, any }) {
    const document = any ? parseJson(await readInput(host, file)) : await readDocument(host, file)
    const bytes = encodeBytes(document)
    const cid = await cidOf(bytes)
    return wantsCid ? { json: { cid }, lines: [String(cid)] } : { json: { cid, document }, bytes }
  }
})
