/**
 * What tests of an application need: a registry in the same process, images to put into it, servers of HTTP
 * without a network, and a way to ask what a guest was refused.
 *
 * @packageDocumentation
 */
export {
  expectDenied,
  type Audited,
  type ExpectedDenial,
  type FoundDenial,
} from "./expect-denied.js";
export {
  fakeHttp,
  type FakeHandler,
  type FakeHttp,
  type FakeRequest,
  type FakeRoutes,
} from "./fake-http.js";
export {
  startRegistry,
  type RecordedRequest,
  type TestRegistry,
  type TestRegistryOptions,
} from "./start-registry.js";
export { tarLayer, type FixtureFile, type FixtureFiles } from "./tar-layer.js";
export { imageIndex, wasmImage, type ImageFixture, type WasmImageOptions } from "./wasm-image.js";
export type { Compression } from "../oci/media-types.js";
export type { Descriptor, Platform } from "../oci/descriptor.js";
export type { Digest, DigestAlgorithm } from "../oci/digest.js";
