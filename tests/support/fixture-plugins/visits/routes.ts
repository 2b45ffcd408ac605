import { type HttpHost, verifyStandardWebhook, z } from 'trato/plugin';
import type { Config } from './index.ts';

const report = z.object({ customer: z.string(), note: z.string().max(10_000) });

export function addRoutes(http: HttpHost, { reporters }: Config): void {
  // POST /plugins/visits/reports/<workspace>
  http.route('POST', 'reports/:workspace', {
    bodyLimit: 20_000,
    async verify({ params, headers, body }, ctx) {
      const reporter = reporters.find(({ workspace }) => workspace === params.workspace);
      if (!reporter || !verifyStandardWebhook({ secret: reporter.secret, headers, body })) return null;
      const found = (await ctx.workspaces()).find(({ key }) => key === reporter.workspace);
      return found ? { workspaceId: found.id } : null;
    },
    async handle(ctx, { headers, body }) {
      const parsed = report.safeParse(JSON.parse(body.toString()));
      if (!parsed.success) return { status: 400, body: { error: 'no report' } };
      const { customer, note } = parsed.data;
      const { id } = await ctx.inWorkspace(ctx.workspaceId, (write) =>
        write.command('interactionRecord', {
          customer: { id: customer },
          kind: 'visit',
          channel: 'in_person',
          direction: 'OUTBOUND',
          body: note,
          // The same report again changes nothing.
          externalRef: { system: 'visits', value: headers['webhook-id'] },
        }),
      );
      return { status: 201, body: { interaction: id } };
    },
  });
}
