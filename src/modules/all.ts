// Every module's part of the schema.
import './workspace/workspace.schema.ts';
import './access/access.schema.ts';
import './access/viewer.schema.ts';
import './vocabularies/vocabularies.schema.ts';
import './customers/customers.schema.ts';
import './interactions/interactions.schema.ts';
import './events/events.schema.ts';
import './events/feeds.schema.ts';
import './attributes/attributes.schema.ts';
import './lifecycle/lifecycle.schema.ts';
import './touchpoints/touchpoints.schema.ts';
import './relationships/relationships.schema.ts';
