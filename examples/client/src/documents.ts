// Everything this client ever asks: codegen types it and writes its trusted-document manifest from here.
import { graphql } from './gql/index.ts';

export const CustomersPage = graphql(`
  query CustomersPage($first: Int!, $after: String) {
    customers(first: $first, after: $after, orderBy: [{ field: CREATED_AT, direction: ASC }]) {
      nodes {
        id
        displayName
        stage {
          name
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const RecordInteraction = graphql(`
  mutation RecordInteraction($input: InteractionRecordInput!, $key: String!) {
    interactionRecord(input: $input) @idempotent(key: $key) {
      interaction {
        id
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export const EndOfLog = graphql(`
  subscription EndOfLog {
    events {
      ... on FeedCaughtUp {
        cursor
      }
    }
  }
`);

export const Recorded = graphql(`
  subscription Recorded($after: String) {
    interactionRecorded(after: $after) {
      id
      subject
      customer {
        displayName
      }
    }
  }
`);
