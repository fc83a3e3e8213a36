/**
 * Wallets and the writing side of the registry, over ethers: sending, signing for others to send, and relaying what they
 * signed. A signer of the application's own works as well.
 */
export { createDelegation, type Delegation, type DelegationPorts } from './archive/delegation.ts'
export type {
  AddEditorOptions,
  EditorHistory,
  EditorRight,
  EditorRights,
  EditorSetting
} from './archive/editors.ts'
export { type Envelope, type OpenedEnvelope, openEnvelope, sealEnvelope, withSignature } from './archive/envelope.ts'
export type { CheckSignature, RelayPorts, SignDocument, SignMessage, SignPorts, StatePorts } from './archive/ports.ts'
export type { Relayed, Relaying, RelayOptions } from './archive/relay.ts'
export type { EditionSigning, SignEditionOptions, Signing, SignOptions } from './archive/sign.ts'
export { type Stated, type StateOptions, type Stating, type Subjects, state } from './archive/state.ts'
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
export {
  type EditorChange,
  type EditorChanges,
  type EditorLog,
  type EditorLogOptions,
  editorLog
} from './registry/editor-log.ts'
export { type EnsNaming, resolveEns } from './registry/ens.ts'
export { type EthersRegistryOptions, ethersRegistry, requestOf } from './registry/ethers.ts'
export type { SenderOptions } from './registry/sender.ts'
export { isSignedBy, isSignedOnChain, signDocument, signPublish } from './registry/signature.ts'
