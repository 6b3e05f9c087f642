import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import type { TestClient } from '../../support/clients.ts';

/**
 * Tells of every announcement that the list of tools has changed: by the session's own stream in the legacy era, by a
 * subscription in the modern one.
 */
export async function onToolsChanged(client: TestClient, tell: () => void): Promise<void> {
  if (client instanceof LegacyClient) {
    client.setNotificationHandler(ToolListChangedNotificationSchema, tell);
    return;
  }
  client.setNotificationHandler('notifications/tools/list_changed', tell);
  await client.listen({ toolsListChanged: true });
}
