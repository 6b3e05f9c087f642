/** The lists whose changes clients hear of, by the word in the notification. */
export const changeTopics = ['tools', 'prompts', 'resources'] as const;
export type ChangeTopic = (typeof changeTopics)[number];

const legacy = Object.fromEntries(
  changeTopics.map((topic) => [topic, Buffer.from(`{"jsonrpc":"2.0","method":"notifications/${topic}/list_changed"}`)]),
) as Readonly<Record<ChangeTopic, Buffer>>;

/** The notification that a list has changed, for a legacy client. */
export function listChanged(topic: ChangeTopic): Buffer {
  return legacy[topic];
}

const LIST_CHANGED = /^notifications\/(?:tools|prompts|resources)\/list_changed$/;

/** Whether a method is the news of a server that a list of its has changed. */
export function isListChanged(method: string): boolean {
  return LIST_CHANGED.test(method);
}

/** The notification that a resource was updated, for a legacy client. */
export function resourceUpdated(uri: string): Buffer {
  return Buffer.from(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri } }));
}
