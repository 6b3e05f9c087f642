import { AgentError } from './agent-error.ts';

const LINE_FEED = 0x0a;

/** An answer for no more bytes than this; a larger one ends with ERR_AGENT_OVERSIZE. */
export function atMost(maxBytes: number): TransformStream<Uint8Array, Uint8Array> {
  let size = 0;
  return new TransformStream({
    transform(chunk, controller) {
      size += chunk.byteLength;
      if (size > maxBytes) controller.error(new AgentError('ERR_AGENT_OVERSIZE', oversize(maxBytes, 'answer')));
      else controller.enqueue(chunk);
    },
  });
}

/**
 * A stream of events none of which is larger than this; at one that is it ends with ERR_AGENT_EVENT_OVERSIZE. What counts is
 * the line: an event of A2A is one line of data.
 */
export function eventsAtMost(maxBytes: number): TransformStream<Uint8Array, Uint8Array> {
  let size = 0;
  return new TransformStream({
    transform(chunk, controller) {
      let largest = 0;
      let from = 0;
      for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
        largest = Math.max(largest, size + end - from);
        size = 0;
        from = end + 1;
      }
      size += chunk.byteLength - from;
      if (Math.max(largest, size) <= maxBytes) controller.enqueue(chunk);
      else controller.error(new AgentError('ERR_AGENT_EVENT_OVERSIZE', oversize(maxBytes, 'event of a stream')));
    },
  });
}

function oversize(maxBytes: number, what: string): string {
  return `It gave more than ${maxBytes} bytes, the most that is read of one ${what}.`;
}
