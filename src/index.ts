/**
 * Pulls WebAssembly images from OCI registries and runs them in-process as containers that can do nothing
 * until they are granted something.
 *
 * @packageDocumentation
 */
export {
  isSafedockError,
  SafedockError,
  type ErrorCode,
  type EarlyEndData,
  type ErrorDataByCode,
  type RegistryErrorData,
  type SafedockErrorOptions,
} from "./base/errors.js";
export type { BuildOptions, ImageConfigOptions, ImageFile } from "./engine/build-options.js";
export type { CommitOptions, ContainerChange, ExportOptions } from "./engine/commit-options.js";
export {
  Container,
  type ContainerState,
  type RemoveOptions,
  type StopOptions,
} from "./engine/container.js";
export { ComponentResource } from "./engine/component-resource.js";
export type { HostFunction, HostImports } from "./engine/check-imports.js";
export type {
  AuditedDenial,
  ContainerAudit,
  DenialKind,
  HttpUse,
  MountUse,
  RefusedCall,
  SocketUse,
} from "./engine/container-audit.js";
export { ContainerFiles, type FileStat } from "./engine/container-files.js";
export type { CheckedBind, CheckedMount, CheckedQuota } from "./engine/check-fs-grants.js";
export type {
  ClockSpec,
  ContainerGrants,
  ContainerInfo,
  ContainerStats,
  RandomSpec,
  ShownHttpGrant,
  StdioSpec,
} from "./engine/container-info.js";
export type {
  ContainerOptions,
  ExecOptions,
  ProcessOptions,
  Rootfs,
  RunOptions,
  StdinData,
} from "./engine/container-options.js";
export { Containers } from "./engine/containers.js";
export {
  createContainer,
  defaultEngine,
  loadImage,
  pullImage,
  run,
} from "./engine/default-engine.js";
export { Engine, openEngine, type EngineInfo } from "./engine/engine.js";
export type { DeniedEvent, EngineEvents, LogEvent, ProgressEvent } from "./engine/engine-events.js";
export type {
  EngineOptions,
  LoadAllOptions,
  LoadOptions,
  LockOptions,
  PullOptions,
} from "./engine/engine-options.js";
export type { ExitStatus, RunResult, Usage } from "./engine/exit-status.js";
export type {
  ArgsGrant,
  BindGrant,
  ClockGrant,
  EnvValue,
  FsGrant,
  Grants,
  HttpGrant,
  LoggingGrant,
  LogLevel,
  MemoryGrant,
  ProtocolGrant,
  RandomGrant,
  SocketsGrant,
  StdioGrant,
  StdioMode,
} from "./engine/grants.js";
export { Image } from "./engine/image.js";
export {
  approveGrants,
  type ApprovedHttp,
  type ApprovedSource,
  type GrantApproval,
} from "./engine/approve-grants.js";
export { diffGrants, type GrantChange, type GrantDiff } from "./engine/diff-grants.js";
export { suggestGrants } from "./engine/suggest-grants.js";
export type {
  BindRequest,
  EnvRequest,
  FsRequest,
  GrantRequest,
  HttpGrantRequest,
  MemoryRequest,
  SocketsRequest,
} from "./engine/grant-request.js";
export { parseGrants } from "./engine/parse-grants.js";
export type { ImageInfo } from "./engine/image-info.js";
export { ImageVerbs } from "./engine/image-verbs.js";
export { Images, type ImageUsers } from "./engine/images.js";
export type { LimitName } from "./guest/guest-spec.js";
export type { Limits } from "./engine/limits.js";
export { Process } from "./engine/process.js";
export type { PushedImage, PushEvent, PushOptions } from "./engine/push-options.js";
export type { GrantUse } from "./engine/import-grants.js";
export type {
  ImportedNames,
  MemoryRequirement,
  ProgramRequirements,
  Requirements,
  TableRequirement,
} from "./engine/requirements.js";
export type { SavedImages, SaveOptions } from "./engine/save-options.js";
export type { PullPolicy } from "./engine/pull-policy.js";
export { GuestInput } from "./guest/guest-input.js";
export { GuestReadable } from "./guest/guest-readable.js";
export type { ExitReason, GuestUsage } from "./guest/guest-spec.js";
export type { HostCall, HostCallListener } from "./guest/host-call.js";
export type { ImageEntry } from "./image/describe-program.js";
export type {
  ComponentTrigger,
  ImageComponent,
  PlannedComponent,
} from "./image/image-component.js";
export type {
  ImageUsage,
  PruneOptions,
  PruneReport,
  RemovedImage,
  RemoveImageOptions,
  StoreUsage,
} from "./image/housekeeping-options.js";
export type { ImageFormat } from "./image/image-format.js";
export type { ImageLimits } from "./image/image-limits.js";
export type { ImageLayer, ImageModule, WasmKind } from "./image/image-record.js";
export type { ImageWorld } from "./image/image-world.js";
export { readImageLock, writeImageLock, type ImageLock } from "./image/image-lock.js";
export type { LoadSource } from "./image/load-source.js";
export type { MovedImage } from "./image/lock-images.js";
export type { PullProgress } from "./image/pull-progress.js";
export type { PushProgress } from "./image/push-progress.js";
export type { SaveFormat, SaveProgress } from "./image/save-image.js";
export type { StoredKind } from "./image/stored-files.js";
export type {
  DamagedFile,
  VerifyOptions,
  VerifyProgress,
  VerifyReport,
} from "./image/verify-report.js";
export type { ArchiveCompression, ArchiveTarget } from "./image/write-target.js";
export type { Access, BindMount, MemoryMount, MountQuota } from "./mount.js";
export type { Digest, DigestAlgorithm } from "./oci/digest.js";
export type { ContainerHttpOptions } from "./engine/container-http-options.js";
export type { HttpOptions } from "./http/http-options.js";
export type { Fetchable, FetchOptions } from "./http/incoming-exchange.js";
export { toNodeHandler, type NodeHandler, type NodeHandlerOptions } from "./http/node-handler.js";
export { createRouter, type Router } from "./http/router.js";
export type { ImageExecution } from "./oci/image-config.js";
export {
  storedCredentials,
  type Credentials,
  type CredentialsAnswer,
  type CredentialsContext,
  type CredentialsSource,
} from "./registry/credentials.js";
export type { RegistryMirror, RegistryOptions } from "./registry/registry-options.js";
export type { StoredCredentialsOptions } from "./registry/stored-credentials.js";
export type { Policy, PolicyAction, PolicyRule } from "./trust/policy.js";
export type {
  KeylessOptions,
  SignatureOptions,
  SignerIdentity,
  TrustEvidence,
} from "./trust/signature-options.js";
export type { ExternKind } from "./wasm/module-info.js";
export type { SocketOptions } from "./engine/socket-options.js";
export type { Awaitable, KeyPage, KeyValueStore } from "./services/key-value-store.js";
export type { LogRecord } from "./services/logging-service.js";
export { memoryStore, type MemoryStoreOptions } from "./services/memory-store.js";
export { redisStore, type RedisCommands, type RedisStoreOptions } from "./services/redis-store.js";
export type { UsedServices } from "./engine/used-services.js";
export type { SocketGrantName } from "./services/socket-uses.js";
