// Every module's part of the schema.
import './vocabularies/vocabularies.schema.ts';
import './customers/customers.schema.ts';
import './interactions/interactions.schema.ts';
import './events/events.schema.ts';
import './events/feeds.schema.ts';
