import type { RegistryPolicy, ServiceEntry } from '../contract/registry-document.ts';
import type { Catalogue } from './catalogue.ts';
import { shown } from './hidden-text.ts';
import type { JsonObject } from './json.ts';
import type { LegacyAbility } from './legacy-ability.ts';
import { pinnedText } from './tools-digest.ts';
import type { ToolTraits } from './tool-traits.ts';

/** What a person has approved of a Service, and what becomes of anything else. */
export interface ToolPin {
  /** `<namespace>` and `<name>` of the Service that bears the annotation. */
  readonly namespace: string;
  readonly name: string;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  /** Whether what is not approved is kept from clients; else it is told only. */
  readonly isEnforced: boolean;
}

/** The pin of a Service; undefined: it has none. */
export function pinOf(
  { namespace, name, toolsDigest }: ServiceEntry,
  toolPolicy: RegistryPolicy['toolPolicy'],
): ToolPin | undefined {
  if (toolsDigest === undefined) return undefined;
  return { namespace, name, digest: toolsDigest, isEnforced: toolPolicy === 'Enforce' };
}

/** How many tools a sentence names. */
const NAMED = 5;
const none: readonly JsonObject[] = [];
const noTraits: ReadonlyMap<string, ToolTraits> = new Map();

/**
 * What of a server's catalogue is offered. The pin is about the tools that the server lists to a client that declares
 * nothing, since a digest is of one list. Where it is enforced
 *
 * | the server's tools are | clients get |
 * |---|---|
 * | those that were approved | these tools; what is listed to clients that declare more only as far as it is one of them |
 * | others | nothing of the server: no tools, prompts, resources, instructions |
 *
 * All that gives something out takes it from here, so that nothing can forget the pin. It remembers nothing: it is made
 * anew of what is listed and of what is pinned.
 */
export class Offer {
  readonly pin: ToolPin | undefined;
  /** As the server lists it to clients that declare nothing. */
  readonly listed: Catalogue;
  /** The same as it is offered. */
  readonly main: Catalogue;
  /** Whether its tools are not those that were approved. */
  readonly isChanged: boolean;
  /** Whether nothing of the server is offered. */
  readonly isWithheld: boolean;
  /** By name; none without a pin. */
  readonly #approved: ReadonlyMap<unknown, JsonObject>;
  readonly #variants = new WeakMap<Catalogue, OfferedVariant>();
  #catalogues: { readonly of: readonly Catalogue[]; readonly offered: readonly Catalogue[] } = { of: [], offered: [] };

  constructor(listed: Catalogue, pin: ToolPin | undefined) {
    this.listed = listed;
    this.pin = pin;
    this.isChanged = pin !== undefined && pin.digest !== listed.toolsDigest;
    this.isWithheld = this.isChanged && pin?.isEnforced === true;
    this.main = this.isWithheld ? withheld(listed) : listed;
    const approved = pin === undefined || this.isChanged ? none : listed.tools;
    this.#approved = new Map(approved.map((tool) => [tool['name'], tool]));
  }

  /** Whether anything may be kept from clients. */
  get isEnforced(): boolean {
    return this.pin?.isEnforced === true;
  }

  /** Whether a tool may be called; without a pin that is the server's to say. */
  has(tool: string): boolean {
    return !this.isEnforced || this.#approved.has(tool);
  }

  /** A catalogue that the server lists to clients that declare something, as it is offered. */
  of(listed: Catalogue): Catalogue {
    if (listed === this.listed || this.isWithheld) return this.main;
    return this.isEnforced ? this.#variant(listed).offered : listed;
  }

  /** The same for several; the very same array as long as it is asked for the same one. */
  ofAll(listed: readonly Catalogue[]): readonly Catalogue[] {
    if (!this.isEnforced) return listed;
    if (this.#catalogues.of !== listed) {
      this.#catalogues = { of: listed, offered: listed.map((each) => this.of(each)) };
    }
    return this.#catalogues.offered;
  }

  /** What a person should know of the pin, a sentence each. @param variants what the server lists to some clients */
  problems(variants: readonly Catalogue[]): readonly string[] {
    if (this.pin === undefined) return [];
    if (this.isChanged) return [changed(this.pin, this.listed.toolsDigest)];
    const others = new Set(variants.flatMap((variant) => this.#variant(variant).others));
    return others.size === 0 ? [] : [uncovered([...others], this.pin)];
  }

  #variant(listed: Catalogue): OfferedVariant {
    let variant = this.#variants.get(listed);
    if (variant === undefined) this.#variants.set(listed, (variant = this.#looked(listed)));
    return variant;
  }

  #looked(listed: Catalogue): OfferedVariant {
    const tools = listed.tools.filter((tool) => this.#isApproved(tool));
    if (tools.length === listed.tools.length) return { offered: listed, others: [] };
    const others = listed.tools.filter((tool) => !this.#isApproved(tool)).map(nameOf);
    const { main } = this;
    // Most servers list the same to all but for tools: clients share one list then.
    const isMain = tools.length === main.tools.length && otherKinds.every((kind) => listed[kind] === main[kind]);
    return { offered: isMain ? main : { ...listed, tools, toolTraits: this.listed.toolTraits }, others };
  }

  #isApproved(tool: JsonObject): boolean {
    const approved = this.#approved.get(tool['name']);
    return approved === tool || (approved !== undefined && pinnedText(approved) === pinnedText(tool));
  }
}

interface OfferedVariant {
  /** Under an enforced pin. */
  readonly offered: Catalogue;
  /** The tools that the pin does not cover, in words. */
  readonly others: readonly string[];
}

const otherKinds = ['prompts', 'resources', 'resourceTemplates'] as const;

function withheld(listed: Catalogue): Catalogue {
  const { instructions: _instructions, legacy, ...rest } = listed;
  return {
    ...rest,
    ...(legacy !== undefined && { legacy: withoutInstructions(legacy) }),
    tools: none,
    prompts: none,
    resources: none,
    resourceTemplates: none,
    toolTraits: noTraits,
  };
}

function withoutInstructions({ instructions: _instructions, ...ability }: LegacyAbility): LegacyAbility {
  return ability;
}

function changed({ namespace, name, digest, isEnforced }: ToolPin, found: string): string {
  const what = isEnforced ? 'nothing of it is offered until they are approved' : 'they are offered all the same';
  const command = `kubectl -n ${namespace} annotate service ${name} mcp.fetchfy.ai/tools-digest=${found} --overwrite`;
  return `Its tools are not those that were approved (${digest}): ${what}. Look at them; to approve: \`${command}\`.`;
}

function uncovered(names: readonly string[], { isEnforced }: ToolPin): string {
  const more = names.length > NAMED ? ` and ${names.length - NAMED} others` : '';
  const named = `${names.slice(0, NAMED).join(', ')}${more}`;
  const what = isEnforced ? 'they are not offered' : 'they are offered all the same';
  return `To clients that can be asked for something it lists tools that the approved digest does not cover: ${named}; ${what}.`;
}

function nameOf({ name }: JsonObject): string {
  return JSON.stringify(shown(String(name).slice(0, 64)));
}
