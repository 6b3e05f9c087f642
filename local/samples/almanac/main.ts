/**
 * A sample MCP server on the second generation of the TypeScript SDK (2026-07-28, no sessions): moon, sun and calendar.
 *   node local/samples/almanac/main.ts --port PORT
 */
import { toNodeHandler, type NodeIncomingMessageLike } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod/v4';
import { listen } from '../listen.ts';
import { daysBetween, moonAt, sunTimes } from './sky.ts';

const date = z.iso.date().optional().describe('A day as YYYY-MM-DD; today if absent');
const quiet = { readOnlyHint: true, openWorldHint: false } as const;

/** Noon of a day, or this moment. */
function moment(day: string | undefined): Date {
  return day === undefined ? new Date() : new Date(`${day}T12:00:00Z`);
}

const dayOf = (time: Date): string => time.toISOString().slice(0, 10);
const timeOf = (time: Date): string => `${time.toISOString().slice(11, 16)} UTC`;

function said(text: string): { content: { type: 'text'; text: string }[] } {
  return { content: [{ type: 'text', text }] };
}

function describeMoon(day: string | undefined): string {
  const { symbol, phase, illumination, nextFull, nextNew } = moonAt(moment(day));
  return `${symbol} ${phase}, ${Math.round(illumination * 100)} % lit. Next full moon ${dayOf(nextFull)}, next new moon ${dayOf(nextNew)}.`;
}

function build(): McpServer {
  const server = new McpServer(
    { name: 'almanac', title: 'Almanac', version: '1.0.0' },
    { instructions: 'Moon, sun and calendar for any day and place, calculated, without the network.' },
  );
  server.registerTool(
    'moon_phase',
    {
      title: 'Phase of the moon',
      description: 'Tells how much of the moon is lit, and when it will be full and new.',
      inputSchema: z.object({ date }),
      annotations: quiet,
    },
    ({ date: day }) => said(describeMoon(day)),
  );
  server.registerTool(
    'sun_times',
    {
      title: 'Sunrise and sunset',
      description: 'Tells when the sun rises and sets at a place, to a few minutes.',
      inputSchema: z.object({
        latitude: z.number().min(-90).max(90).describe('Degrees, north positive'),
        longitude: z.number().min(-180).max(180).describe('Degrees, east positive'),
        date,
      }),
      annotations: quiet,
    },
    ({ latitude, longitude, date: day }) => {
      const sun = sunTimes(moment(day), latitude, longitude);
      if ('always' in sun) return said(`☀️ The sun stays ${sun.always} all day.`);
      return said(
        `☀️ Rises ${timeOf(sun.rise)}, highest ${timeOf(sun.noon)}, sets ${timeOf(sun.set)}: ${sun.daylightHours.toFixed(1)} hours of daylight.`,
      );
    },
  );
  server.registerTool(
    'days_until',
    {
      title: 'Days until a day',
      description: 'Counts the days from today, or from another day, until a day.',
      inputSchema: z.object({ date: z.iso.date().describe('The day as YYYY-MM-DD'), from: date }),
      outputSchema: z.object({ days: z.number().int(), weekday: z.string() }),
      annotations: quiet,
    },
    ({ date: day, from }) => {
      const days = daysBetween(moment(from), moment(day));
      const weekday = moment(day).toLocaleDateString('en', { weekday: 'long', timeZone: 'UTC' });
      return { ...said(`${days} days; ${day} is a ${weekday}.`), structuredContent: { days, weekday } };
    },
  );
  server.registerPrompt(
    'plan_evening',
    {
      title: 'An evening under the sky',
      description: 'Lets the model plan an evening outdoors by sun and moon.',
      argsSchema: z.object({ place: z.string().describe('A town, or a latitude and longitude') }),
    },
    ({ place }) => ({
      messages: [
        {
          role: 'user',
          content: {
            type: 'text',
            text: `Plan an evening outdoors for me near ${place}. Ask the almanac for sunset and the moon, and say when it will be dark enough for stars.`,
          },
        },
      ],
    }),
  );
  server.registerResource(
    'today',
    'almanac://today',
    { title: 'Today', description: 'The moon today', mimeType: 'text/plain' },
    (uri) => ({
      contents: [{ uri: uri.href, mimeType: 'text/plain', text: `${dayOf(new Date())}: ${describeMoon(undefined)}` }],
    }),
  );
  return server;
}

const handle = toNodeHandler(createMcpHandler(build));
// The adapter's type does not know exactOptionalPropertyTypes.
await listen({ '/mcp': (request, response) => void handle(request as NodeIncomingMessageLike, response) });
