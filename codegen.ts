// Types and trusted documents of the example client, from the committed schema: `npm run codegen`.
import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  schema: 'schema/schema.graphql',
  documents: ['examples/client/src/**/*.ts', '!examples/client/src/gql/**'],
  generates: {
    'examples/client/src/gql/': {
      preset: 'client',
      presetConfig: {
        fragmentMasking: false,
        // The hash is what the client sends; persisted-documents.json is what the server is given.
        persistedDocuments: { mode: 'replaceDocumentWithHash', hashAlgorithm: 'sha256' },
      },
      config: {
        useTypeImports: true,
        enumsAsTypes: true,
        strictScalars: true,
        scalars: {
          BigInt: 'string',
          CountryCode: 'string',
          CurrencyCode: 'string',
          Date: 'string',
          DateTime: 'string',
          Decimal: 'string',
          JSON: 'unknown',
        },
      },
    },
  },
  importExtension: '.ts',
  silent: true,
};

export default config;
