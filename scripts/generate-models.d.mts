/** Types of `generate-models.mjs`, which stays plain JavaScript because it also runs on Node 20. */
export function generateModels(options?: {
  quiet?: boolean;
  schemaDirectory?: string;
  target?: string;
  runtime?: string;
}): Promise<{ changed: boolean }>;
