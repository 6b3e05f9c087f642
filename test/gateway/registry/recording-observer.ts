import type { RegistryDocument } from '../../../gateway/contract/registry-document.ts';
import type { RegistryObserver } from '../../../gateway/registry/source.ts';

/** An observer that keeps what it is told, in order. */
export interface RecordingObserver extends RegistryObserver {
  readonly documents: RegistryDocument[];
  readonly faults: Error[];
  /** The names of the last document's services. */
  readonly services: () => string[];
  /** For a failed test's message. */
  readonly summary: () => unknown;
}

export function recordingObserver(): RecordingObserver {
  const documents: RegistryDocument[] = [];
  const faults: Error[] = [];
  const services = (): string[] => documents.at(-1)?.services.map((service) => service.name) ?? [];
  return {
    documents,
    faults,
    document: (document) => documents.push(document),
    fault: (error) => faults.push(error),
    services,
    summary: () => ({ documents: documents.length, services: services(), faults: faults.map((f) => f.message) }),
  };
}
