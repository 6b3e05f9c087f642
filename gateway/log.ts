import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';
import type { LogFormat, LogLevel } from './contract/variables.ts';
import { textLine } from './log-text.ts';

/** What a line carries beside its message. The three names are taken by the line itself; an Error goes under `error`. */
export type LogFields = Readonly<Record<string, unknown>> & {
  readonly level?: never;
  readonly time?: never;
  readonly message?: never;
};

/** A log of lines with a level, a sentence and fields. No method throws. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** Whether `debug` writes anything: ask before building fields on a hot path. */
  readonly debugEnabled: boolean;
  /** A logger that adds `fields` to each of its lines. */
  child(fields: LogFields): Logger;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** `json`: one object a line, for machines; `text`: for a person at a terminal. */
  readonly format: LogFormat;
  /** Where lines go, each with its line feed; standard output if absent. */
  readonly write?: (line: string) => void;
}

/** Whoever holds one of these can act as someone else, so a line never shows it, under whatever object it stands. */
const secretFields = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'mcp-session-id',
  'sessionId',
  'token',
  'password',
];

/** Makes the process's logger. Lines are written at once, so that none is lost when the process exits. */
export function createLogger(options: LogOptions): Logger {
  const target = pino(
    {
      level: options.level,
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      serializers: { error: pino.stdSerializers.errWithCause },
      redact: { paths: secretFields.flatMap((name) => [`["${name}"]`, `*["${name}"]`]), censor: '[redacted]' },
    },
    destination(options),
  );
  return wrap(target, target.isLevelEnabled('debug'));
}

function destination(options: LogOptions): DestinationStream {
  const stdout = options.write === undefined ? pino.destination({ fd: 1, sync: true }) : undefined;
  const write = options.write ?? ((line: string) => stdout?.write(line));
  return options.format === 'json' ? { write } : { write: (line) => write(textLine(line)) };
}

/** A child adds its fields to each line itself: pino's own compiles what it redacts anew, which a thousand servers would pay for. */
function wrap(target: PinoLogger, debugEnabled: boolean, own?: LogFields): Logger {
  const all = (fields: LogFields | undefined): LogFields | undefined =>
    own === undefined ? fields : { ...own, ...fields };
  return {
    debug: (message, fields) => target.debug(all(fields), message),
    info: (message, fields) => target.info(all(fields), message),
    warn: (message, fields) => target.warn(all(fields), message),
    error: (message, fields) => target.error(all(fields), message),
    debugEnabled,
    child: (fields) => wrap(target, debugEnabled, { ...own, ...fields }),
  };
}
