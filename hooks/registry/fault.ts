import { entryBounds } from '../../gateway/contract/registry-document.ts';

/** Why a Service cannot be served. Stable: people and alerts match on them. */
export type FaultReason =
  /** `type` is neither tool nor agent. */
  | 'UnknownType'
  /** `protocol` is none that there is, or none that the Service's type speaks. */
  | 'UnknownProtocol'
  /** The Service has no TCP port. */
  | 'NoPort'
  /** `port` names none of the Service's ports. */
  | 'NoSuchPort'
  /** Several ports, and nothing says which one speaks MCP. */
  | 'AmbiguousPort'
  /** `endpoint` is not a path. */
  | 'InvalidEndpoint'
  /** `timeout` is not a duration, or out of range. */
  | 'InvalidTimeout'
  /** `prefix` cannot be part of a tool's name. */
  | 'InvalidPrefix'
  /** `route` is neither endpoints nor service. */
  | 'InvalidRoute'
  /** `tools-digest` is no digest. */
  | 'InvalidToolsDigest'
  /** `gateways` is no list of Gateways. */
  | 'InvalidGateways'
  /** `scheme` is neither http nor https. */
  | 'InvalidScheme'
  /** A field exceeds its bound. */
  | 'FieldTooLong'
  /** The host of an ExternalName Service is not one that the Gateway allows. */
  | 'ExternalNameNotAllowed'
  /** The Service leads to a gateway: registered, calls would go in circles. */
  | 'BelongsToGateway'
  /** The registry is full; the youngest Services are left out. */
  | 'RegistryFull';

/** What is wrong with one Service: a reason for programs and a sentence for people. */
export class Fault {
  readonly reason: FaultReason;
  readonly message: string;
  constructor(reason: FaultReason, message: string) {
    this.reason = reason;
    this.message = cutToBytes(message, entryBounds.message);
  }
}

/** A value of someone else's for a sentence: in quotes, and no longer than a person reads. */
export function quoted(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 79)}…` : value);
}

/** The text, or as much of its beginning as fits, with an ellipsis, into `max` bytes of UTF-8. */
export function cutToBytes(text: string, max: number): string {
  if (Buffer.byteLength(text) <= max) return text;
  const bytes = Buffer.from(text).subarray(0, max - Buffer.byteLength('…'));
  // A character that was cut in two decodes to U+FFFD.
  return `${bytes.toString('utf8').replace(/�+$/, '')}…`;
}
