// Every module's part of the schema.
import './vocabularies/vocabularies.schema.ts';
