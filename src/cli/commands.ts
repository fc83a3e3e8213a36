import type { Command } from './command.ts'
import { audit } from './commands/audit.ts'
import { completion } from './commands/completion.ts'
import { deploy } from './commands/deploy.ts'
import { diff } from './commands/diff.ts'
import { doctor } from './commands/doctor.ts'
import { edition } from './commands/edition.ts'
import { editors } from './commands/editors.ts'
import { encode } from './commands/encode.ts'
import { exportCommand } from './commands/export.ts'
import { history } from './commands/history.ts'
import { importCommand } from './commands/import.ts'
import { init } from './commands/init.ts'
import { list } from './commands/list.ts'
import { networks } from './commands/networks.ts'
import { pin } from './commands/pin.ts'
import { point } from './commands/point.ts'
import { prove } from './commands/prove.ts'
import { publish } from './commands/publish.ts'
import { relay } from './commands/relay.ts'
import { resolve } from './commands/resolve.ts'
import { retract } from './commands/retract.ts'
import { serve } from './commands/serve.ts'
import { sign } from './commands/sign.ts'
import { status } from './commands/status.ts'
import { unpin } from './commands/unpin.ts'
import { verify } from './commands/verify.ts'

/** Every command, in the order in which they are met. */
export const COMMANDS: readonly Command[] = [
  init,
  status,
  publish,
  edition,
  resolve,
  verify,
  prove,
  history,
  list,
  pin,
  unpin,
  diff,
  point,
  retract,
  editors,
  sign,
  relay,
  exportCommand,
  importCommand,
  serve,
  encode,
  audit,
  deploy,
  doctor,
  networks,
  completion
]
