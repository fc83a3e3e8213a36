/**
 * `npm run test:contracts [files]` and `npm run test:deep [files]`: the Solidity tests. Everything is compiled from
 * scratch, because a measuring run may have left instrumented code behind. `FUZZ_SEED=0x1` draws other numbers.
 */
import { parseArgs } from 'node:util'
import hre from 'hardhat'

const { values, positionals } = parseArgs({
  options: { profile: { type: 'string', default: 'default' } },
  allowPositionals: true
})

await hre.tasks.getTask('build').run({ force: true, quiet: true })
const result = (await hre.tasks
  .getTask(['test', 'solidity'])
  .run({ testFiles: positionals, testProfile: values.profile, noCompile: true })) as { readonly success: boolean }
if (!result.success) process.exitCode = 1
