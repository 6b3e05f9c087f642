interface LoggedError {
  readonly message?: string;
  readonly stack?: string;
  readonly cause?: unknown;
}

/**
 * Turns a JSON log line into one that a person reads: `14:03:52.101 INFO  message name=value …`, times in UTC. An
 * error's message and those of its causes stand in the line; its stack follows on indented lines at level `error`.
 *
 * Text of clients and servers may stand in a message: control characters are escaped, so that it can neither forge a
 * line nor drive the terminal.
 */
export function textLine(jsonLine: string): string {
  const { level, time, message, error, ...fields } = JSON.parse(jsonLine) as Record<string, unknown>;
  const parts = [
    String(time).slice(11, 23),
    String(level).toUpperCase().padEnd(5),
    typeof message === 'string' ? message : '',
  ];
  for (const [name, value] of Object.entries(fields)) parts.push(`${name}=${valueText(value)}`);
  if (error !== undefined) parts.push(`error=${valueText(messages(error).join(': '))}`);
  const stack = level === 'error' ? stackLines(error) : '';
  return `${escaped(parts.join(' '))}\n${stack}`;
}

function valueText(value: unknown): string {
  return typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}

function messages(error: unknown): string[] {
  if (!isLoggedError(error)) return [typeof error === 'string' ? error : JSON.stringify(error)];
  return [error.message ?? 'Error', ...(error.cause === undefined ? [] : messages(error.cause))];
}

function stackLines(error: unknown): string {
  if (!isLoggedError(error) || error.stack === undefined) return '';
  // Only the frames: the lines before them repeat the message.
  const frames = error.stack.split('\n').filter((line) => /^\s+at /.test(line));
  return frames.map((frame) => `    ${escaped(frame.trim())}\n`).join('');
}

function isLoggedError(error: unknown): error is LoggedError {
  return typeof error === 'object' && error !== null;
}

function escaped(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
