import type { HardhatUserConfig } from 'hardhat/config'
import { createHardhatRuntimeEnvironment } from 'hardhat/hre'
import type { GlobalOptions } from 'hardhat/types/global-options'
import type { HardhatRuntimeEnvironment } from 'hardhat/types/hre'
import config from '../hardhat.config.ts'

/**
 * Hardhat with the project's settings, whose artifacts go to `cache/<name>`: what is built there to be measured is never
 * found in `artifacts/`, from where it could be deployed.
 */
export async function openHardhat(
  name: string,
  changes: HardhatUserConfig = {},
  options: Partial<GlobalOptions> = {}
): Promise<HardhatRuntimeEnvironment> {
  const paths = { artifacts: `cache/${name}/artifacts`, cache: `cache/${name}` }
  return await createHardhatRuntimeEnvironment({ ...config, ...changes, paths }, options)
}
