import type { RegistryDocument } from '../contract/registry-document.ts';
import type { RegistryObserver } from './source.ts';

/** A fault that heals within this time is an update under way. */
const GRACE_MS = 2000;

/** How many messages are remembered, should one differ each time after all. */
const MAX_TOLD = 100;

/** Tells an observer what it must know, and nothing twice. */
export interface Announcer {
  /** A good document is there, new or not: no fault is left. */
  document(document: RegistryDocument): void;
  /** The newest document could not be had or taken this time. */
  fault(error: Error): void;
  close(): void;
}

/**
 * @param graceMs how long a fault must last before it is told. Faults are the same if their messages are: a message
 *   must not hold what differs each time.
 */
export function announcer(observer: RegistryObserver, graceMs = GRACE_MS): Announcer {
  let held: RegistryDocument | undefined;
  let latest: Error | undefined;
  let grace: NodeJS.Timeout | undefined;
  let graceOver = false;
  const told = new Set<string>();

  function tell(): void {
    if (latest === undefined || told.has(latest.message)) return;
    if (told.size >= MAX_TOLD) told.clear();
    told.add(latest.message);
    observer.fault(latest);
  }

  function endFault(): void {
    clearTimeout(grace);
    grace = undefined;
    graceOver = false;
    latest = undefined;
    told.clear();
  }

  function fault(error: Error): void {
    latest = error;
    grace ??= setTimeout(() => {
      graceOver = true;
      tell();
    }, graceMs);
    if (graceOver) tell();
  }

  return {
    document(document) {
      if (document.revision !== held?.revision || told.size > 0) {
        try {
          observer.document(document);
        } catch (error) {
          // A document that its user cannot take must not end the process: all replicas would end at once.
          fault(error as Error);
          return;
        }
        held = document;
      }
      endFault();
    },
    fault,
    close: endFault,
  };
}
