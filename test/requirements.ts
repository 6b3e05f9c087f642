/** What the MCP specification requires of the gateway, as rows, each with the tests that show it. */

import { legacyClientFeatures } from './requirements/legacy-client-features.ts';
import { legacyElicitation } from './requirements/legacy-elicitation.ts';
import { legacyLifecycle } from './requirements/legacy-lifecycle.ts';
import { legacyMessages } from './requirements/legacy-messages.ts';
import { legacySections } from './requirements/legacy-sections.ts';
import { legacyServerFeatures } from './requirements/legacy-server-features.ts';
import { legacyServerUtilities } from './requirements/legacy-server-utilities.ts';
import { legacyTasks } from './requirements/legacy-tasks.ts';
import { legacyTransport } from './requirements/legacy-transport.ts';
import { legacyUtilities } from './requirements/legacy-utilities.ts';
import { modernCaching } from './requirements/modern-caching.ts';
import { modernClientFeatures } from './requirements/modern-client-features.ts';
import { modernMessages } from './requirements/modern-messages.ts';
import { modernMrtr } from './requirements/modern-mrtr.ts';
import { modernParameterHeaders } from './requirements/modern-parameter-headers.ts';
import { modernPatterns } from './requirements/modern-patterns.ts';
import { modernSections } from './requirements/modern-sections.ts';
import { modernServerFeatures } from './requirements/modern-server-features.ts';
import { modernServerUtilities } from './requirements/modern-server-utilities.ts';
import { modernTasks } from './requirements/modern-tasks.ts';
import { modernTransport } from './requirements/modern-transport.ts';
import { modernVersioning } from './requirements/modern-versioning.ts';
import { olderRevisions } from './requirements/older-revisions.ts';
import type { Requirement, Sections } from './requirements/requirement.ts';

export { exclusions } from './requirements/exclusions.ts';
export type { Exclusion, Requirement, Sections, TestReference } from './requirements/requirement.ts';

/** All sections that have a MUST, a MUST NOT or a SHOULD in them. */
export const sections: Sections = { ...legacySections, ...modernSections };

export const requirements: readonly Requirement[] = [
  ...legacyMessages,
  ...legacyLifecycle,
  ...legacyTransport,
  ...legacyUtilities,
  ...legacyTasks,
  ...legacyClientFeatures,
  ...legacyElicitation,
  ...legacyServerFeatures,
  ...legacyServerUtilities,
  ...olderRevisions,
  ...modernMessages,
  ...modernVersioning,
  ...modernTransport,
  ...modernParameterHeaders,
  ...modernPatterns,
  ...modernMrtr,
  ...modernClientFeatures,
  ...modernServerFeatures,
  ...modernServerUtilities,
  ...modernCaching,
  ...modernTasks,
];
