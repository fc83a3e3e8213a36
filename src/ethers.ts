/** Wallets and the writing side of the registry, over ethers. A signer of the application's own works as well. */
export { checkAccount, DEV_KEY, jsonRpcProvider, walletFromKey, walletFromKeystore } from './registry/account.ts'
export {
  type DeployEvent,
  type Deployed,
  type DeploymentPlan,
  type DeploymentPlanOptions,
  type DeploymentStep,
  type DeployOptions,
  deployRegistry,
  planDeployment
} from './registry/deploy.ts'
export { addressOn } from './registry/deployments.ts'
export { type EthersRegistryOptions, ethersRegistry, requestOf } from './registry/ethers.ts'
export type { SenderOptions } from './registry/sender.ts'
export { isSignedBy, isSignedOnChain, signPublish } from './registry/signature.ts'
