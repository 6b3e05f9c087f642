import { statfs } from 'node:fs/promises';

// Of linux/magic.h.
const overlay = 0x794c7630;

/** Whether an overlay can have its upper side at the path: not on an overlay itself, such as a container's own root. */
export async function canHoldOverlay(path: string): Promise<boolean> {
  return (await statfs(path)).type !== overlay;
}
