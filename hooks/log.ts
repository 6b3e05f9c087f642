import { logLevels, type LogFormat, type LogLevel } from '../gateway/contract/variables.ts';

/** What a line carries beside its message. */
export type LogFields = Readonly<Record<string, unknown>>;

/** A log of lines with a level, a sentence and fields. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** A logger that writes nothing. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** Makes the process's logger: a JSON object, or a line for a person, per message, with the time in UTC. */
export function createLogger(options: {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly write?: (line: string) => void;
}): Logger {
  const write = options.write ?? ((line: string) => process.stdout.write(line));
  const format = options.format === 'json' ? jsonLine : textLine;
  const least = logLevels.indexOf(options.level);
  const at = (level: LogLevel) => (message: string, fields?: LogFields) => {
    if (logLevels.indexOf(level) >= least) write(format(new Date(), level, message, fields ?? {}));
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function jsonLine(time: Date, level: string, message: string, fields: LogFields): string {
  return `${JSON.stringify({ level, time: time.toISOString(), message, ...plain(fields) })}\n`;
}

function textLine(time: Date, level: string, message: string, fields: LogFields): string {
  const rest = Object.entries(plain(fields)).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const line = [time.toISOString().slice(11, 23), level.toUpperCase().padEnd(5), message, ...rest].join(' ');
  // Text from the cluster may stand in a message: it must neither forge a line nor drive the terminal.
  return `${line.replaceAll(/\p{Cc}/gu, ' ')}\n`;
}

/** Errors as their stack, with causes: JSON would make them empty objects. */
function plain(fields: LogFields): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? errorText(value) : value]),
  );
}

function errorText(error: Error): string {
  const text = error.stack ?? error.message;
  return error.cause instanceof Error ? `${text}\ncaused by: ${errorText(error.cause)}` : text;
}
