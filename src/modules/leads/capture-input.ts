// The fields of a lead in inputs.
import { z } from 'zod';
import { dateTime, externalRef, input, key, longText, text } from '../../commands/fields.ts';
import { type TeamRef, teamRef, type UserRef, userRef } from '../access/index.ts';
import { consentInput, type GivenConsent } from '../consents/index.ts';
import { type LeadCustomer, leadCustomerInput } from './lead-customer.ts';

export type CaptureInput = {
  customer: LeadCustomer;
  source: string;
  interest?: string | null;
  message?: string | null;
  product?: string | null;
  owner?: UserRef | null;
  team?: TeamRef | null;
  capturedAt?: Date | null;
  consents?: GivenConsent[] | null;
  externalRef?: { system: string; value: string } | null;
};

const fields = {
  customer: leadCustomerInput,
  source: key('Key of the lead source.'),
  interest: text('What the customer is interested in.', 500).nullish(),
  message: longText('What the customer wrote.').nullish(),
  product: key('Key of the product that the customer is interested in.').nullish(),
  owner: userRef('The user who follows it up; by the territory of the customer unless told.').nullish(),
  team: teamRef('The team that follows it up; by the territory of the customer unless told.').nullish(),
  capturedAt: dateTime('When the interest was shown; now unless told. Not in the future.').nullish(),
  consents: z.array(consentInput).max(20, 'At most 20 consents.').nullish().meta({ description: 'What the customer agreed to with it.' }),
  externalRef: externalRef('Its id in the system it comes from: the same one again is the same lead.').nullish(),
};

export const captureInput = input('LeadCaptureInput', 'A lead to capture.', fields) as unknown as z.ZodType<CaptureInput>;
export const captureRow = input('LeadCaptureRow', 'One lead to capture.', fields) as unknown as z.ZodType<CaptureInput>;
