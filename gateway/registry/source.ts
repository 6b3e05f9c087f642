import type { RegistryDocument } from '../contract/registry-document.ts';

/** Who wants the registry. */
export interface RegistryObserver {
  /**
   * A document whose every part is there and belongs together. Called for each new revision, and once more with the
   * revision that is held when a fault that was told has healed: whatever was told before is then over.
   */
  document(document: RegistryDocument): void;
  /**
   * A newer document cannot be had or taken; the last one stays good. Called once for each distinct fault until the
   * next `document`. What heals within moments (parts that arrive one after another) is not told.
   */
  fault(error: Error): void;
}

/** Where the registry document comes from. */
export interface RegistrySource {
  /** Begins to observe; called once. */
  start(observer: RegistryObserver): void;
  /** Ends everything that was begun; the observer is not called again. */
  close(): Promise<void>;
}
