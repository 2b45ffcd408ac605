// Every code that a UserError can carry, and what it means. Top-level errors have their own catalogue: graphql/errors.ts.

/** Code -> meaning, for people who write clients. A test holds this list and the code together. */
export const userErrorCodes = {
  // Any input
  REQUIRED: 'A field that cannot be cleared is null.',
  WRONG_TYPE: 'A value has the wrong type.',
  TOO_SHORT: 'A text, number or list is below what is allowed; an empty text is.',
  TOO_LONG: 'A text, number or list is above what is allowed.',
  UNKNOWN_FIELD: 'The input has a field that there is not.',
  INVALID_VALUE: 'A value is none of those allowed.',
  INVALID_TEXT: 'A text holds a character that cannot be kept.',
  INVALID: 'A value has the wrong form.',
  ONE_OF_INVALID: 'Not exactly one of several fields is given.',
  ID_INVALID: 'An id is malformed or of another type.',
  NOT_FOUND: 'What is named is not there, or out of the caller’s sight.',
  NOT_VISIBLE: 'What is named by a reference or identity is known, but not in the rows of the caller’s role.',
  DUPLICATE: 'There is such a record already; `existing` is the one, as far as the caller sees it.',
  VERSION_CONFLICT: 'The record is at another version than `expectedVersion`; `current` is the record as it is.',
  NOT_CONFIRMED: 'A change that cannot be undone lacks its confirmation.',
  IN_FUTURE: 'A moment lies in the future.',
  IN_THE_PAST: 'A moment lies in the past.',
  PERIOD_INVALID: 'A period ends before it begins.',
  CURRENCY_INVALID: 'There is no such currency.',
  COUNTRY_INVALID: 'There is no such country.',
  LANGUAGE_INVALID: 'Not a language tag.',
  TIME_ZONE_INVALID: 'Not an IANA time zone.',
  // Customers
  NAME_REQUIRED: 'A customer has neither a name nor an identity to build one from.',
  IDENTITY_REQUIRED: 'A bulk row names its customer in no way.',
  IDENTITY_SYSTEM: 'An identity lacks its system, or has one where there is none.',
  IDENTITY_CONFLICT: 'The identities of one row belong to different customers.',
  EMAIL_INVALID: 'Not an e-mail address.',
  PHONE_INVALID: 'Not a phone number.',
  HANDLE_INVALID: 'Not a handle of a social network.',
  // Interactions
  CHANNEL_REQUIRED: 'An interaction names neither a channel nor a touch point that has one.',
  CONVERSATION_MISMATCH: 'There is no such conversation with this customer.',
  PARTICIPANT_INVALID: 'A participant is neither or both of customer and user.',
  // Lifecycle
  STAGE_HISTORY_ORDER: 'A move lies before the customer’s last one.',
  // Relationships
  RELATIONSHIP_TO_ITSELF: 'A tie leads from a customer to itself.',
  RELATIONSHIP_EXCLUSIVE: 'The kind allows one active tie of a customer, and there is another.',
  RELATIONSHIP_CYCLE: 'The kind forbids circles, and the tie would close one.',
  KIND_IN_USE: 'The rules of a kind cannot change while ties speak against it.',
  // Custom attributes
  ATTRIBUTE_UNKNOWN: 'There is no such attribute.',
  ATTRIBUTE_REQUIRED: 'A required attribute is missing.',
  ATTRIBUTE_TYPE: 'A value does not fit the type of its attribute.',
  ATTRIBUTE_OPTION: 'A value is none of the options of its attribute.',
  ATTRIBUTE_OPTIONS: 'A definition lacks options, or has some where its type takes none.',
  ATTRIBUTE_IN_USE: 'The type cannot change: records have values.',
  ATTRIBUTE_INDEX_TYPE: 'An attribute of this type needs no index of its own.',
  ATTRIBUTE_INDEX_LIMIT: 'As many attributes are indexed as can be.',
  ATTRIBUTE_INDEX_LENGTH: 'A record has a text that is too long for an index.',
  ATTRIBUTE_INDEX_BUSY: 'The table was too busy to be indexed; try again.',
  // Users, teams, roles and keys
  KEY_MISSING: 'A bulk row names its user by neither external reference nor e-mail address.',
  OUT_OF_REACH: 'The role’s row scope does not reach the record.',
  TEAM_CYCLE: 'A team would be a part of itself.',
  ROLE_PROTECTED: 'The administrator role cannot be changed.',
  ROLE_EXCEEDS_CALLER: 'A role allows what the caller is not allowed.',
  LAST_ADMINISTRATOR: 'Nobody with all permissions would be left.',
  PERMISSION_MALFORMED: 'Not a permission such as customers:read.',
  SUBJECT_UNKNOWN: 'A permission names a subject that there is not.',
  FIELD_UNKNOWN: 'Not a field that can be hidden.',
} as const satisfies Record<string, string>;

export type UserErrorCode = keyof typeof userErrorCodes;
